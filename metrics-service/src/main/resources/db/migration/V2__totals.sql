-- What counts is worked out anew at the next start, and the totals with it.
UPDATE epoch SET on_chain = false WHERE on_chain;

CREATE UNIQUE INDEX epoch_on_chain ON epoch (epoch) WHERE on_chain;
CREATE INDEX epoch_weight ON epoch (generation, total_samples, record_id COLLATE "C");
CREATE INDEX epoch_state ON epoch (state_after);

CREATE TABLE account_total (
    account_id   text PRIMARY KEY,
    account_name text   NOT NULL,
    samples      bigint NOT NULL,
    epochs       bigint NOT NULL
);

COMMENT ON TABLE account_total IS 'sums of contribution over the epochs that are on the chain';

CREATE INDEX account_total_samples ON account_total (samples);

CREATE TABLE peer_total (
    peer_id text PRIMARY KEY,
    samples bigint NOT NULL
);

CREATE TABLE training_mean (
    generation bigint           NOT NULL,
    epoch      bigint           NOT NULL,
    loss       double precision NOT NULL,
    PRIMARY KEY (generation, epoch)
);

COMMENT ON TABLE training_mean IS 'mean of training_loss, whose rows are dropped when an epoch is old';

DROP INDEX contribution_account;
