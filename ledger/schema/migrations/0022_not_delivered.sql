-- The mails about a unit's tasks that reached nobody: few, and asked for with every list.
CREATE INDEX deliveries_not_delivered_of_unit ON deliveries (unit_id, task_id)
    WHERE channel = 'email' AND status IN ('refused', 'exhausted');
