-- What went to a unit lately, the latest first: a unit sees its own mails and webhooks.
CREATE INDEX deliveries_of_unit ON deliveries (unit_id, created_at);
