"""Makes the law of `models.eligibility.law` from the reference data: what every decision consults, made once.

It must not read anything later: a decision under way sees one law from its first line to its last.
"""

from collections import defaultdict
from datetime import date
from types import MappingProxyType

from config.reference.confirmed_law import confirmed_until
from config.reference.rows import Coverage
from config.reference.rule_sets import RuleSetRow
from config.reference.tables import Reference
from models.eligibility.law import Law, Route, RuleSet
from models.eligibility.succession import Succession, Takeover


def law_of(reference: Reference) -> Law:
    """The law in the tables."""
    routes: dict[str, list[Route]] = defaultdict(list)
    for row in sorted(reference.routes.rows, key=lambda row: row.valid_from):
        routes[row.municipality_code].append(Route(row.unit_id, row.valid_from, row.valid_to))
    return Law(
        rule_sets=tuple(
            _rule_set(row, confirmed_until(row.version, reference.law_confirmations.rows))
            for row in reversed(list(reference.rule_sets.rows))
        ),
        covered=MappingProxyType(
            {row.code: row.covered is Coverage.YES for row in reference.education_types.rows}
        ),
        open_education=frozenset(
            row.code for row in reference.education_types.rows if row.covered is Coverage.UNDECIDED
        ),
        routes=MappingProxyType({code: tuple(found) for code, found in routes.items()}),
        successors=MappingProxyType(
            {row.number: row.successor for row in reference.senders.rows if row.successor is not None}
        ),
        succession=succession_of(reference),
    )


def succession_of(reference: Reference) -> Succession:
    """The chains of ``senders.csv``: a link ends on the day from which the predecessor's number is not valid."""
    links: dict[str, list[Takeover]] = defaultdict(list)
    for row in sorted(reference.senders.rows, key=lambda row: row.number):
        if row.successor is not None and row.valid_to is not None:
            links[row.successor].append(Takeover(row.number, row.valid_to))
    return Succession(
        MappingProxyType(
            {
                number: tuple(sorted(found, key=lambda link: link.ended_on, reverse=True))
                for number, found in links.items()
            }
        )
    )


def _rule_set(row: RuleSetRow, confirmed: date | None) -> RuleSet:
    return RuleSet(
        version=row.version,
        in_force_from=row.in_force_from,
        source=" ".join(row.sources),
        window_months=row.window_months,
        window_includes_last_day=row.window_includes_last_day,
        look_back_days=row.look_back_days,
        mentor_months=row.mentor_months,
        review_days=row.review_days,
        target_groups=frozenset(row.target_groups),
        open_groups=frozenset(row.open_groups),
        known_until=row.known_until,
        confirmed_until=confirmed,
    )
