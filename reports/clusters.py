"""Which lines of a table are too small to stand alone, and with which they are merged: of a municipality, its landsdel.

Pure. What a merged line consists of is stated in the release.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from reports.disclosure import TableLine, small_group

OTHERS: Final = "others"
REST: Final = "rest+"
"""Of several clusters."""


def merged_rows(sums: Mapping[str, int], threshold: int, clusters: Mapping[str, str]) -> list[TableLine]:
    """The lines for values with these `sums`, in the order of their codes; merged ones last.

    `clusters`: a value's cluster; a value without one is merged with any other.
    """
    rows = [TableLine(value, (value,)) for value in sorted(sums)]
    by_cluster: defaultdict[str, list[TableLine]] = defaultdict(list)
    for row in rows:
        by_cluster[clusters.get(row.code, OTHERS)].append(row)
    merged: list[TableLine] = []
    left: list[TableLine] = []
    for name, group in sorted(by_cluster.items()):
        small = [row for row in group if 0 < sums[row.code] < threshold]
        if not small:
            continue
        together = small_group(small, _large(group, sums, threshold), lambda row: sums[row.code], threshold)
        if len(together) > 1 and _size(together, sums) >= threshold:
            merged.append(TableLine(f"{name}+", _members(together)))
        else:
            left += together
    if left:
        taken = {value for row in (*merged, *left) for value in row.members}
        rest = [row for row in rows if row.code not in taken]
        wider = [*merged, *_large(rest, sums, threshold)]
        wider.sort(key=lambda row: (_size([row], sums), row.code))
        together = small_group(left, wider, lambda row: _size([row], sums), threshold)
        merged = [row for row in merged if row not in together]
        merged.append(TableLine(REST, _members(together)))
    gone = {value for row in merged for value in row.members}
    return [*(row for row in rows if row.code not in gone), *merged]


def _large(rows: Sequence[TableLine], sums: Mapping[str, int], threshold: int) -> list[TableLine]:
    return sorted(
        (row for row in rows if sums[row.code] >= threshold), key=lambda row: (sums[row.code], row.code)
    )


def _size(rows: Sequence[TableLine], sums: Mapping[str, int]) -> int:
    return sum(sums[value] for row in rows for value in row.members)


def _members(rows: Sequence[TableLine]) -> tuple[str, ...]:
    return tuple(sorted(value for row in rows for value in row.members))
