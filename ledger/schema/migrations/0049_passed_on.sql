-- When the brokers had an event that came late to partitions of before a growth, and was passed on (docs/decisions/0069):
-- an erasure that the ledger reads afterwards finds by it what came before. Entries of before this version have none.
ALTER TABLE applied ADD COLUMN passed_on timestamptz;
