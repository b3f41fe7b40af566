-- Logins of machines without a browser (RFC 8628), while they wait for a person and until they expire.
CREATE TABLE device_grant (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_code_hash text        NOT NULL UNIQUE,
    user_code        text        NOT NULL UNIQUE,
    run_id           bigint      NOT NULL REFERENCES run,
    peer             text        NOT NULL,
    device_name      text        NOT NULL,
    address          text        NOT NULL,
    state            text        NOT NULL CHECK (state IN ('PENDING', 'ALLOWED', 'DENIED', 'REDEEMED')),
    account_id       bigint REFERENCES account,
    interval_seconds int         NOT NULL CHECK (interval_seconds > 0),
    polled_at        timestamptz,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    CHECK ((state = 'PENDING') = (account_id IS NULL))
);

CREATE INDEX device_grant_by_address ON device_grant (address);
CREATE INDEX device_grant_by_expiry ON device_grant (expires_at);

-- What a machine shows instead of its owner's login. Only the hash is kept, and only the peer's own key makes it useful.
CREATE TABLE peer_credential (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash text        NOT NULL UNIQUE,
    account_id bigint      NOT NULL REFERENCES account,
    peer       text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE (account_id, peer)
);
