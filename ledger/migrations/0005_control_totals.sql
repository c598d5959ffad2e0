-- The Danish date of an event's `time`, as its sender has signed it: the day whose control total it is counted in.
ALTER TABLE receipts ADD COLUMN registered_on date;
CREATE INDEX receipts_by_day ON receipts (sender, registered_on) WHERE registered_on IS NOT NULL;
