-- What the hub told of a person, for moderators. JSON; null as long as it was not told.
ALTER TABLE account
    ADD COLUMN organizations  text,
    ADD COLUMN hub_created_at timestamptz,
    ADD COLUMN hardware       text,
    ADD COLUMN profile_at     timestamptz;

CREATE INDEX account_by_name ON account (name);

-- Members of an organization who need no moderator.
CREATE TABLE admission_rule (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id       bigint      NOT NULL REFERENCES run,
    organization text        NOT NULL,
    minimum_role text        NOT NULL CHECK (minimum_role IN ('READ', 'CONTRIBUTOR', 'WRITE', 'ADMIN')),
    made_by      bigint      NOT NULL REFERENCES account,
    made_at      timestamptz NOT NULL,
    UNIQUE (run_id, organization)
);

ALTER TABLE join_request ADD COLUMN rule text;

CREATE TABLE ban (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      bigint      NOT NULL REFERENCES run,
    account_id  bigint REFERENCES account,
    peer        text CHECK (peer ~ '^[0-9a-f]{64}$'),
    reason      text        NOT NULL,
    banned_by   bigint      NOT NULL REFERENCES account,
    banned_at   timestamptz NOT NULL,
    ban_order   bigint      NOT NULL,
    lifted_by   bigint REFERENCES account,
    lifted_at   timestamptz,
    lift_reason text,
    lift_order  bigint,
    FOREIGN KEY (run_id, ban_order) REFERENCES issued_order (run_id, number),
    FOREIGN KEY (run_id, lift_order) REFERENCES issued_order (run_id, number),
    CHECK ((account_id IS NULL) <> (peer IS NULL)),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    CHECK ((lifted_at IS NULL) = (lift_order IS NULL))
);

CREATE UNIQUE INDEX ban_in_force_of_account ON ban (run_id, account_id) WHERE lifted_at IS NULL;
CREATE UNIQUE INDEX ban_in_force_of_peer ON ban (run_id, peer) WHERE lifted_at IS NULL;

CREATE INDEX peer_key_by_account ON peer_key (account_id);
