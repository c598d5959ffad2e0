-- Made-up rows for tests/integration/frafaldsvarsel/commands/test_json_output.py.
INSERT INTO receipts (topic, partition, "offset", appended_at, status, reason, detail, sender, event_id, type) VALUES
  ('dropout-risks', 0, 7, '2026-10-01 08:00+00', 'accepted', NULL, NULL, '900101', 'first', 'dk.dropout-risk.raised.v1'),
  ('dropout-risks', 0, 8, '2026-10-01 08:00:01.5+00', 'accepted', NULL, NULL, '900101', 'first',
   'dk.dropout-risk.raised.v1'),
  ('enrolments', 3, 1, '2026-10-02 08:00+00', 'rejected', 'not_json', NULL, NULL, NULL, NULL);
INSERT INTO repeats (topic, partition, "offset", sender, event_id, kind) VALUES
  ('dropout-risks', 0, 8, '900101', 'first', 'conflict');
INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at, opened_at, ending,
                   closed_at, follows, owner_name, acknowledged_at, attempts, reached_at, mentor_until, version) VALUES
  ('22222222-2222-5222-8222-222222222222', 'FV-2222-2222-2222', 'person', 'enrolment', 'jc-0101', 'closed', '2026-09-08', '2026-09-01 08:00+00',
   '2026-09-01 08:00:02+00', 'contact_made', '2026-09-05 08:00+00', NULL, NULL, NULL, 1, '2026-09-04 08:00+00', NULL,
   4),
  ('11111111-1111-5111-8111-111111111111', 'FV-1111-1111-1111', 'person', 'enrolment', 'jc-0101', 'open', '2026-10-08', '2026-10-01 08:00+00',
   '2026-10-01 08:00:02+00', NULL, NULL, '22222222-2222-5222-8222-222222222222', 'Åse Ørsted', '2026-10-02 08:00+00', 0, NULL, '2027-02-01', 2);
INSERT INTO messages (sender, message_id, person_id, revision, outcome, reason, unit_id, enrolment_id, law_version,
                      review_on, registered_at, appended_at, origin_topic, origin_partition, origin_offset, decision,
                      task_id) VALUES
  ('900101', 'first', 'person', 2, 'obliged', 'obliged', 'jc-0101', 'enrolment', 'lab-2026-02-01', NULL,
   '2026-10-01 08:00+00', '2026-10-01 08:00+00', 'dropout-risks', 0, 7,
   '{"verdict": {"evidence": {"message_date": "2026-10-01", "look_back_days": 62}, "mentor_last_day": "2027-02-01"}}',
   '11111111-1111-5111-8111-111111111111'),
  ('900102', 'second', 'other', 1, 'undecided', 'no_enrolment', NULL, NULL, 'lab-2026-02-01', '2026-10-15',
   '2026-10-01 09:00+00', '2026-10-01 09:00+00', 'dropout-risks', 1, 3, '{"verdict": {}}', NULL);
INSERT INTO acts (id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, after_offset) VALUES
  ('44444444-4444-5444-8444-444444444444', '11111111-1111-5111-8111-111111111111', 1, 'acknowledge', '{}', 'aase', 'Åse Ørsted', 'page',
   '2026-10-02 08:00+00', 'person', 0, 1),
  ('55555555-5555-5555-8555-555555555555', '11111111-1111-5111-8111-111111111111', 2, 'attempt',
   '{"at": "2026-10-03T08:00:00Z", "form": "phone", "reached": false}', 'aase', 'Åse Ørsted', 'page',
   '2026-10-03 08:05+00', 'person', 0, 1);
INSERT INTO audit (at, kind, task_id, detail) VALUES
  ('2026-10-01 08:00:02+00', 'task_opened', '11111111-1111-5111-8111-111111111111', '{"unit": "jc-0101"}'),
  ('2026-10-04 08:00+00', 'delivery_hurried', '11111111-1111-5111-8111-111111111111', '{"by": "operator", "because": "asked for"}');
INSERT INTO deliveries (id, task_id, occasion, cause_kind, cause_ref, channel, unit_id, recipient, status, due_at, deadline, attempts,
                        created_at, ended_at) VALUES
  ('33333333-3333-5333-8333-333333333333', '11111111-1111-5111-8111-111111111111', 'new', 'event', '0:1', 'email', 'jc-0101', 'opgaver@jc-0101.example', 'refused',
   '2026-10-01 08:00:02+00', '2026-10-09 00:00+00', 1, '2026-10-01 08:00:02+00', '2026-10-01 08:00:09+00'),
  ('66666666-6666-5666-8666-666666666666', '11111111-1111-5111-8111-111111111111', 'reminder', 'event', '0:1', 'webhook', 'jc-0101', 'https://b.example/hook',
   'due', '2026-10-06 06:00+00', '2026-10-09 00:00+00', 0, '2026-10-06 06:00+00', NULL);
INSERT INTO attempts (delivery_id, attempt, at, outcome, code, detail) VALUES
  ('33333333-3333-5333-8333-333333333333', 1, '2026-10-01 08:00:09+00', 'refused', 550, 'rcpt: 550');
INSERT INTO endpoints VALUES ('jc-0101', 'https://b.example/hook', '2026-10-05 08:00+00', '2026-10-07 08:00+00', 'gone'),
  ('jc-0147', 'https://c.example/hook', '2026-10-05 08:00+00', NULL, NULL);
INSERT INTO dismissed VALUES ('gap/900101/4-5', 'operator', 'never sent', '2026-10-05 08:00+00');
