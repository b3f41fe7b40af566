-- How many codes of machines an account has got wrong lately, so that all instances count together.
CREATE TABLE code_guesses (
    hub_id text        NOT NULL PRIMARY KEY,
    wrong  int         NOT NULL,
    since  timestamptz NOT NULL
);

CREATE INDEX code_guesses_by_age ON code_guesses (since);
