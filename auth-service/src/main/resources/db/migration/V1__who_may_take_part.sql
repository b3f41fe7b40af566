CREATE TABLE account (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hub_id     text        NOT NULL UNIQUE,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE run (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text        NOT NULL UNIQUE,
    description   text        NOT NULL,
    configuration text        NOT NULL,
    created_at    timestamptz NOT NULL
);

CREATE TABLE run_entry_point (
    run_id   bigint NOT NULL REFERENCES run,
    position int    NOT NULL,
    address  text   NOT NULL,
    PRIMARY KEY (run_id, position)
);

-- People are named as in the configuration: by account name, or by the hub's id, which survives a change of name.
CREATE TABLE run_official (
    run_id  bigint NOT NULL REFERENCES run,
    office  text   NOT NULL CHECK (office IN ('MODERATOR', 'OPERATOR', 'AUXILIARY')),
    account text   NOT NULL,
    PRIMARY KEY (run_id, office, account)
);

CREATE TABLE join_request (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id       bigint      NOT NULL REFERENCES run,
    account_id   bigint      NOT NULL REFERENCES account,
    state        text        NOT NULL CHECK (state IN ('PENDING', 'APPROVED', 'REFUSED')),
    reason       text,
    requested_at timestamptz NOT NULL,
    decided_at   timestamptz,
    decided_by   bigint REFERENCES account,
    version      int         NOT NULL,
    UNIQUE (run_id, account_id),
    CHECK ((state = 'PENDING') = (decided_at IS NULL)),
    CHECK (state <> 'REFUSED' OR reason IS NOT NULL)
);

CREATE INDEX join_request_by_state ON join_request (run_id, state, requested_at);

CREATE TABLE peer_key (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id             bigint      NOT NULL REFERENCES account,
    peer                   text        NOT NULL UNIQUE,
    public_key             bytea       NOT NULL CHECK (length(public_key) = 32),
    certificate_thumbprint text        NOT NULL,
    created_at             timestamptz NOT NULL
);

CREATE TABLE issued_token (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_id               text        NOT NULL UNIQUE,
    run_id                 bigint      NOT NULL REFERENCES run,
    peer_key_id            bigint      NOT NULL REFERENCES peer_key,
    certificate_thumbprint text        NOT NULL,
    roles                  text        NOT NULL,
    issued_at              timestamptz NOT NULL,
    expires_at             timestamptz NOT NULL
);

CREATE INDEX issued_token_by_peer ON issued_token (peer_key_id, expires_at);

CREATE TABLE issued_order (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id     bigint      NOT NULL REFERENCES run,
    number     bigint      NOT NULL CHECK (number > 0),
    type       text        NOT NULL,
    generation bigint      NOT NULL,
    message    bytea       NOT NULL,
    issued_by  bigint      NOT NULL REFERENCES account,
    issued_at  timestamptz NOT NULL,
    UNIQUE (run_id, number)
);

CREATE TABLE authority_key (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_id     text        NOT NULL UNIQUE,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE audit_event (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    actor   text        NOT NULL,
    action  text        NOT NULL,
    subject text        NOT NULL,
    detail  text        NOT NULL
);

-- What was written down stays written down.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER audit_event_is_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER issued_order_is_append_only BEFORE UPDATE OR DELETE ON issued_order
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
