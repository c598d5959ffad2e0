"""A follow-up: a released period as of a later day, so that what was released before gives nothing of few people.

It shows the country alone. Whatever the hidden cells of the first release are, they fit every follow-up: people of each
cell can have moved on in the country's own proportions. And of the country no number is shown whose change since an
earlier release is more than nothing and below the threshold. Pure.
"""

from collections.abc import Mapping, Sequence

from reports.count import TOTAL, FigureCounts
from reports.disclosure import MERGED, Controlled, Table, TableLine, joined
from reports.families import FAMILIES, Family
from reports.release import ControlledTables, controlled

CountryTables = Mapping[tuple[str, str], Controlled | None]


def followed_up(counts: Sequence[FigureCounts], threshold: int) -> ControlledTables:
    """The tables of the last of `counts`; the first is the release, those between are its follow-ups in their order."""
    every = controlled(counts[0], threshold, {})
    tables: CountryTables = {key: table for key, table in every.items() if key[1] == TOTAL}
    for number in range(2, len(counts) + 1):
        tables = _next(tables, counts[:number], threshold)
    return tables


def _next(before: CountryTables, counts: Sequence[FigureCounts], threshold: int) -> CountryTables:
    found: dict[tuple[str, str], Controlled | None] = {}
    for family in FAMILIES:
        found[family.code, TOTAL] = _table(family, before[family.code, TOTAL], counts, threshold, found)
    return found


def _table(
    family: Family,
    before: Controlled | None,
    counts: Sequence[FigureCounts],
    threshold: int,
    found: CountryTables,
) -> Controlled | None:
    if before is None or (family.parent is not None and not _is_shown(found, *family.parent)):
        return None
    sums = [one.cells[family.code][TOTAL, TOTAL] for one in counts]

    def of(head: TableLine, which: int) -> int:
        return sum(sums[which][member] for member in head.members)

    def says_too_much(head: TableLine) -> bool:
        now = of(head, -1)
        numbers = [now, *(abs(now - of(head, which)) for which in range(len(sums) - 1))]
        return any(0 < number < threshold for number in numbers)

    # What was merged before stays so: what is apart in one release would tell it in the other.
    heads = list(before.table.columns)
    if says_too_much(TableLine(MERGED, family.categories)):
        return None
    while (bad := next(filter(says_too_much, heads), None)) is not None:
        heads = joined(heads, bad, lambda head: of(head, -1), MERGED)
    row = TableLine(TOTAL, (TOTAL,))
    cells = {(TOTAL, head.code): of(head, -1) for head in heads}
    return Controlled(Table((row,), tuple(heads), cells))


def _is_shown(found: CountryTables, family: str, category: str) -> bool:
    table = found[family, TOTAL]
    return table is not None and any(head.members == (category,) for head in table.table.columns)
