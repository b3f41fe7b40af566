-- Where a run's dashboard and its checkpoints are found; null or empty if they are nowhere.
ALTER TABLE run
    ADD COLUMN metrics     text,
    ADD COLUMN checkpoints text;
