-- A mail that came back may be about another recipient, or not be understood: then a person looks at it.

ALTER TABLE bounces DROP CONSTRAINT bounces_action_check;
ALTER TABLE bounces ADD CONSTRAINT bounces_action_check
    CHECK (action IN ('failed', 'delayed', 'other', 'unread')) NOT VALID;
CREATE INDEX bounces_unread ON bounces (at) WHERE action = 'unread';

ALTER TABLE quarantine DROP CONSTRAINT quarantine_kind_check;
ALTER TABLE quarantine ADD CONSTRAINT quarantine_kind_check
    CHECK (kind IN ('input', 'conflict', 'delivery', 'left_out', 'bounce')) NOT VALID;
