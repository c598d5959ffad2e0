-- The audit trail only grows, and a chain of hashes over its rows shows whether it did (docs/decisions/0052).

-- With it nobody can guess an erased row from its hash. A volatile default fills the rows that are there.
ALTER TABLE audit ADD COLUMN salt uuid DEFAULT gen_random_uuid();

-- The row that says why this one was emptied; then all that is personal in it is gone, its salt among it.
ALTER TABLE audit ADD COLUMN erased_by bigint REFERENCES audit (id);

CREATE TABLE trail (
    n         bigint NOT NULL PRIMARY KEY,       -- from 1, without a gap
    audit_id  bigint NOT NULL UNIQUE REFERENCES audit (id),
    leaf      bytea  NOT NULL,
    root      bytea  NOT NULL                    -- over the root before it and the leaf
);

CREATE FUNCTION audit_only_grows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit' THEN
        IF OLD.erased_by IS NULL AND NEW.erased_by > NEW.id
            AND (NEW.id, NEW.at, NEW.kind) = (OLD.id, OLD.at, OLD.kind)
            AND num_nonnulls(NEW.task_id, NEW.sender, NEW.message_id, NEW.salt) = 0 AND NEW.detail = '{}'
            AND EXISTS (SELECT FROM audit e WHERE e.id = NEW.erased_by AND e.kind = 'person_erased')
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail only grows' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER trail_only_grows BEFORE UPDATE OR DELETE ON trail
    FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER trail_is_never_emptied BEFORE TRUNCATE ON trail
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();

-- Who opened or looked up how many people lately, and how many log-ins were refused.
CREATE INDEX audit_looks ON audit (kind, at)
    WHERE kind IN ('opened', 'found_by_cpr', 'log_in_refused');

-- What is looked at each second for rows without a link. Rows come almost in the order of their time.
CREATE INDEX audit_by_time ON audit USING brin (at);
