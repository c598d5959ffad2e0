"""What the lists of a unit ask the database, in parts that `task_list` puts together."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, LiteralString

from infra.postgres import literals
from models.notifications.delivery import NEW_DUTY, Occasion


class Sorting(StrEnum):
    """In which order. All but the date read every open task of the units, and show one page."""

    DATE = "date"
    SEVERITY = "severity"
    """The gravest first, then by date."""
    INSTITUTION = "institution"
    """By the numbers of the institutions that wrote, then by date."""


DUE: Final[LiteralString] = """EXISTS (
    SELECT FROM deliveries d WHERE d.unit_id = t.unit_id AND d.task_id = t.id AND d.status = 'due')"""
FAILED: Final[LiteralString] = "d.channel = 'email' AND d.status IN ('refused', 'exhausted')"
UNSEEN: Final = f"""
    NOT EXISTS (SELECT FROM acts a WHERE a.task_id = t.id AND a.at > d.ended_at)
    AND NOT (t.acknowledged_at IS NOT NULL AND d.occasion IN ({literals((*NEW_DUTY, Occasion.REMINDER))}))"""
"""A deed after it shows that the task is known; so does an earlier one where the mail asked for no more than that."""
UNDELIVERED: Final = f"""EXISTS (
    SELECT FROM deliveries d WHERE d.unit_id = t.unit_id AND d.task_id = t.id AND {FAILED} AND {UNSEEN})"""
MESSAGES: Final[LiteralString] = """
    CROSS JOIN LATERAL (
        SELECT count(*) AS messages, max(appended_at) AS last_message_at,
               coalesce(array_agg(DISTINCT sender), '{}') AS institutions,
               (array['low', 'medium', 'high'])[max(array_position(array['low', 'medium', 'high'],
                   decision -> 'message' ->> 'severity'))] AS severity
        FROM messages WHERE task_id = t.id
    ) m
"""
OPEN: Final[LiteralString] = "t.status = 'open'"
MANY_DUE: Final = f"""
SELECT count(*) > %(most)s FROM (
    (SELECT FROM deliveries WHERE unit_id = ANY(%(units)s) AND status = 'due' LIMIT %(most)s + 1)
    UNION ALL (SELECT FROM deliveries d WHERE d.unit_id = ANY(%(units)s) AND {FAILED} LIMIT %(most)s + 1)) d
"""
# OFFSET 0: task by task by its key, whatever is believed of how many are open.
OF_DUE: Final = f"""
(SELECT unit_id, task_id FROM deliveries WHERE unit_id = ANY(%(units)s) AND status = 'due'
 UNION SELECT d.unit_id, d.task_id FROM deliveries d CROSS JOIN LATERAL (
    SELECT t.id, t.acknowledged_at FROM tasks t WHERE t.id = d.task_id AND t.status = 'open' OFFSET 0) t
 WHERE d.unit_id = ANY(%(units)s) AND {FAILED} AND {UNSEEN}) d
CROSS JOIN LATERAL (
    SELECT t.react_by, t.reference FROM tasks t
    WHERE t.id = d.task_id AND t.unit_id = d.unit_id AND {{where}} OFFSET 0) t
"""
SORTED: Final[LiteralString] = """
SELECT {columns}, {due} AS waiting, {undelivered} AS undelivered FROM tasks t {messages}
WHERE t.unit_id = ANY(%(units)s) AND {where} ORDER BY {order} LIMIT {size}
"""
INSTITUTIONS: Final[LiteralString] = """
SELECT DISTINCT t.unit_id, m.sender FROM tasks t JOIN messages m ON m.task_id = t.id
WHERE t.unit_id = ANY(%s) AND t.status = 'open'
"""
BEGINS: Final[LiteralString] = "t.reference ~>=~ %(beginning)s AND t.reference ~<~ %(beyond)s"
"""Not LIKE: it is not leakproof, so under row-level security every row of the unit would be read first."""
OF_PERSON: Final[LiteralString] = "t.person_id = ANY(%(people)s)"
# What is put in is one of the texts here, and the size of the page: a number in the statement, not a parameter,
# for a plan that does not know it may read everything.
FOUND: Final[LiteralString] = """
SELECT {standing}, t.reference FROM tasks t WHERE {unit} AND {where} ORDER BY {order} LIMIT {size}
"""
UNIT_BY_UNIT: Final[LiteralString] = """
unnest(%(units)s::text[]) AS u (unit_id) CROSS JOIN LATERAL ({found}) t
"""
"""Each along its own index: a condition on many units at once would read and sort all of them."""
PAGE: Final[LiteralString] = """
SELECT {columns}, {due} AS waiting, {undelivered} AS undelivered
FROM (SELECT t.reference FROM {source} ORDER BY {order} LIMIT {size}) p JOIN tasks t USING (reference) {messages}
ORDER BY {order}
"""
"""First only where they stand, of many units far more than a page; then the rows of the page alone."""
BY: Final[Mapping[Sorting, LiteralString]] = MappingProxyType(
    {
        Sorting.SEVERITY: "array_position(array['high', 'medium', 'low'], m.severity), t.react_by, t.reference",
        Sorting.INSTITUTION: "m.institutions, t.react_by, t.reference",
    }
)
