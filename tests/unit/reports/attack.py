"""An attacker with a linear program: what can be reckoned of a hidden cell from everything that a release shows.

Its variables are the counts of single values and categories of every family, before anything was merged: that families
hang together, that margins add up, and that nothing is below nothing is all known to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from reports.count import TOTAL, FigureCounts
from reports.families import BY_CODE, FAMILIES
from reports.release import MESSAGE, ControlledTables

Variable = tuple[str, str, str, str]
"""Family, breakdown, value, category."""


@dataclass
class Attack:
    """The program."""

    place: dict[Variable, int] = field(default_factory=dict)
    rows: list[dict[int, float]] = field(default_factory=list)
    sums: list[float] = field(default_factory=list)

    def know(self, variables: dict[Variable, float], is_worth: float) -> None:
        """An equation."""
        self.rows.append({self.place[one]: factor for one, factor in variables.items()})
        self.sums.append(is_worth)

    def interval(self, variables: list[Variable]) -> tuple[float, float]:
        """The least and the most that these can be together."""
        columns = [column for row in self.rows for column in row]
        lines = [line for line, row in enumerate(self.rows) for _ in row]
        values = [value for row in self.rows for value in row.values()]
        known = csr_array((values, (lines, columns)), shape=(len(self.rows), len(self.place)))
        aim = np.zeros(len(self.place))
        aim[[self.place[one] for one in variables]] = 1
        ends = []
        for sign in (1, -1):
            found = linprog(sign * aim, A_eq=known, b_eq=self.sums, bounds=(0, 1e6), method="highs")
            assert found.status == 0, found.message
            ends.append(sign * found.fun)
        return ends[0], ends[1]


def attack_on(tables: ControlledTables, counts: FigureCounts, breakdown: str) -> Attack:
    """With all that is published about `breakdown` and in total."""
    attack = Attack()
    values = {
        code: sorted({value for name, value in counts.cells[code] if name == breakdown}) for code in BY_CODE
    }
    every = sorted({value for found in values.values() for value in found})
    for family in FAMILIES:
        for name, among in ((breakdown, every), (TOTAL, [TOTAL])):
            for value in among:
                for category in family.categories:
                    attack.place[family.code, name, value, category] = len(attack.place)
    for family in FAMILIES:
        for category in family.categories:
            inner = {(family.code, breakdown, value, category): 1.0 for value in every}
            attack.know({**inner, (family.code, TOTAL, TOTAL, category): -1.0}, 0)
        if family.parent is not None:
            for name, among in ((breakdown, every), (TOTAL, [TOTAL])):
                for value in among:
                    below = {(family.code, name, value, category): 1.0 for category in family.categories}
                    attack.know({**below, (family.parent[0], name, value, family.parent[1]): -1.0}, 0)
        for name in (breakdown, TOTAL):
            for shown, number in _shown(tables, family.code, name):
                attack.know(dict.fromkeys(shown, 1.0), number)
    return attack


def _shown(tables: ControlledTables, family: str, breakdown: str) -> Iterator[tuple[list[Variable], int]]:
    controlled = tables[family, breakdown]
    if controlled is None:
        return
    for row in controlled.table.rows:
        every = [(family, breakdown, value, c) for value in row.members for c in BY_CODE[family].categories]
        yield every, controlled.table.of_row(row)
        for column in controlled.table.columns:
            if (row.code, column.code) not in controlled.hidden:
                cells = [(family, breakdown, value, c) for value in row.members for c in column.members]
                yield cells, controlled.table.at(row, column)


def hidden(tables: ControlledTables, breakdown: str) -> Iterator[list[Variable]]:
    """What each hidden cell consists of."""
    for (family, name), controlled in tables.items():
        if name != breakdown or name == MESSAGE or controlled is None:
            continue
        for row in controlled.table.rows:
            for column in controlled.table.columns:
                if (row.code, column.code) in controlled.hidden:
                    yield [(family, name, value, c) for value in row.members for c in column.members]
