-- Who made a run over HTTP; null for the runs of the service's settings.
ALTER TABLE run
    ADD COLUMN created_by    bigint REFERENCES account,
    ADD COLUMN paused        text,
    ADD COLUMN live_settings text;

-- Offices given by an operator, besides those of the service's settings.
ALTER TABLE run_official ADD COLUMN appointed boolean NOT NULL DEFAULT false;

ALTER TABLE authority_key
    ADD COLUMN retired_at    timestamptz,
    ADD COLUMN revoked_at    timestamptz,
    ADD COLUMN revoke_reason text,
    ADD CHECK (revoked_at IS NULL OR retired_at IS NOT NULL);

-- One key signs at a time.
CREATE UNIQUE INDEX authority_key_that_signs ON authority_key ((true)) WHERE retired_at IS NULL;

ALTER TABLE audit_event ADD COLUMN run text;
CREATE INDEX audit_event_by_run ON audit_event (run, id);

CREATE TRIGGER audit_event_is_not_emptied BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER issued_order_is_not_emptied BEFORE TRUNCATE ON issued_order
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
