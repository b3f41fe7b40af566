-- Run once by the PostgreSQL image, when its data folder is empty.
CREATE DATABASE auth;
CREATE DATABASE metrics;
CREATE DATABASE checkpoint;
