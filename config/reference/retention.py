"""The rules of ``retention.csv`` that hold on a day."""

from datetime import date

from config.reference.tables import Reference
from models.retention import RetentionClass, RetentionRule, RetentionRules


def retention_rules(reference: Reference, today: date) -> RetentionRules:
    """One rule for each class; before its first row, that row's. `reference` is sound."""
    return {kind: _rule(reference, kind, today) for kind in RetentionClass}


def _rule(reference: Reference, kind: RetentionClass, today: date) -> RetentionRule:
    rows = sorted(
        (row for row in reference.retention.rows if row.kind is kind), key=lambda row: row.valid_from
    )
    row = next((row for row in rows if row.in_force(today)), rows[0])
    return RetentionRule(
        of=kind,
        months=row.months,
        archive_first=row.archive_first,
        authorisation=row.authorisation,
        valid_from=row.valid_from,
    )
