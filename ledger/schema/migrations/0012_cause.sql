-- What made a notice due, as a kind and a reference in place of one text ("3:17", "step:…", "act:…", "digest:…",
-- "endpoint:…"), which no statement has to take apart any more.
-- The version before writes and reads `cause`, this one writes and reads the two others, and both run side by side:
-- the trigger gives each row what its writer does not know. `cause` goes a release later (docs/decisions/0026).

ALTER TABLE deliveries
    ADD COLUMN cause_kind text,
    ADD COLUMN cause_ref  text,              -- "partition:offset", a step's or an act's id, a date, or "reason:time"
    ADD CONSTRAINT deliveries_cause_check CHECK (
        cause_kind IN ('event', 'step', 'act', 'digest', 'endpoint') AND cause_kind IS NOT NULL
        AND cause_ref IS NOT NULL) NOT VALID;

CREATE FUNCTION deliveries_both_causes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.cause_kind IS NOT NULL AND (NEW.cause IS NULL OR TG_OP = 'UPDATE' AND NEW.cause = OLD.cause) THEN
        NEW.cause := CASE NEW.cause_kind WHEN 'event' THEN NEW.cause_ref
                     ELSE NEW.cause_kind || ':' || NEW.cause_ref END;
    ELSE
        NEW.cause_kind := coalesce(substring(NEW.cause FROM '^(step|act|digest|endpoint):'), 'event');
        NEW.cause_ref := regexp_replace(NEW.cause, '^(step|act|digest|endpoint):', '');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER both_causes_of_a_new_one BEFORE INSERT ON deliveries
    FOR EACH ROW EXECUTE FUNCTION deliveries_both_causes();
CREATE TRIGGER both_causes_of_a_changed_one BEFORE UPDATE ON deliveries
    FOR EACH ROW WHEN (NEW.cause_kind IS NULL
                       OR (NEW.cause, NEW.cause_kind, NEW.cause_ref)
                          IS DISTINCT FROM (OLD.cause, OLD.cause_kind, OLD.cause_ref))
    EXECUTE FUNCTION deliveries_both_causes();
