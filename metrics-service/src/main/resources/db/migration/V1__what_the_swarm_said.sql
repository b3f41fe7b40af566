CREATE TABLE epoch (
    record_id     text PRIMARY KEY,
    generation    bigint      NOT NULL,
    epoch         bigint      NOT NULL,
    parent        text        NOT NULL,
    samples       bigint      NOT NULL,
    total_samples bigint      NOT NULL,
    state_before  text        NOT NULL,
    state_after   text        NOT NULL,
    started_at    timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL,
    on_chain      boolean     NOT NULL
);

COMMENT ON COLUMN epoch.on_chain IS 'false for records of a lighter fork and for those that a rollback has undone';

CREATE INDEX epoch_order ON epoch (generation, epoch);

CREATE TABLE contribution (
    record_id    text   NOT NULL REFERENCES epoch ON DELETE CASCADE,
    peer_id      text   NOT NULL,
    account_id   text   NOT NULL,
    account_name text   NOT NULL,
    samples      bigint NOT NULL,
    PRIMARY KEY (record_id, peer_id)
);

CREATE INDEX contribution_account ON contribution (account_id);

CREATE TABLE training_loss (
    generation bigint           NOT NULL,
    epoch      bigint           NOT NULL,
    peer_id    text             NOT NULL,
    loss       double precision NOT NULL,
    PRIMARY KEY (generation, epoch, peer_id)
);

CREATE TABLE evaluation (
    generation bigint           NOT NULL,
    epoch      bigint           NOT NULL,
    loss       double precision NOT NULL,
    samples    bigint           NOT NULL,
    PRIMARY KEY (generation, epoch)
);

CREATE TABLE baseline (
    name text PRIMARY KEY,
    loss double precision NOT NULL
);

CREATE TABLE peer (
    peer_id       text PRIMARY KEY,
    account_id    text        NOT NULL,
    account_name  text        NOT NULL,
    roles         text        NOT NULL,
    agent         text        NOT NULL,
    device        text        NOT NULL,
    samples_total bigint      NOT NULL,
    samples_lost  bigint      NOT NULL,
    first_seen    timestamptz NOT NULL,
    last_seen     timestamptz NOT NULL
);

CREATE TABLE rollback (
    order_number bigint PRIMARY KEY,
    generation   bigint      NOT NULL,
    epoch        bigint      NOT NULL,
    samples      bigint      NOT NULL,
    state_digest text        NOT NULL,
    ordered_at   timestamptz NOT NULL
);

CREATE TABLE picture (
    number     integer PRIMARY KEY,
    generation bigint NOT NULL,
    epoch      bigint NOT NULL,
    prompt     text   NOT NULL,
    png        bytea  NOT NULL
);
