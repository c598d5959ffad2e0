-- Rows of the version before have both by now: `ledger.schema.backfill` has filled them, before this file.

ALTER TABLE deliveries VALIDATE CONSTRAINT deliveries_cause_check;
CREATE INDEX deliveries_of_digests ON deliveries (cause_ref) WHERE cause_kind = 'digest' AND occasion = 'digest';
