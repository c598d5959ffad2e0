"""Things that are alike are counted together, and as many as they are."""

from collections import Counter
from datetime import date

from reports.count import count
from reports.rows import CountedIn, CountedMessage, Duty, Start

_PLACE = CountedIn("2026-09", "0101", "eud", "uddannelsesparat", "law")
_LINES = 6
"""In total, and in each of five breakdowns."""


def test_what_is_alike_counts_as_often_as_it_is_there() -> None:
    duty = Duty(
        place=_PLACE,
        arrived=date(2026, 9, 1),
        target=date(2026, 9, 8),
        contact=date(2026, 9, 3),
        form="phone",
        ending="contact_made",
        decided=date(2026, 9, 4),
        initiatives=("mentor",),
    )
    counts = count(
        [Start(_PLACE, True, False, 40, True, 3)],
        [CountedMessage(_PLACE, "not_obliged", "withdrawn", 2)],
        [duty] * 3 + [duty._replace(contact=None, ending=None)] * 2,
        today=date(2026, 10, 1),
        working_days=lambda first, day: (day - first).days,
    )
    for family, expected in {
        "starts": {"from_benefit": 3},
        "told": {"without_message": 3},
        "messages": {"not_obliged.withdrawn": 2},
        "duties": {"reached": 3, "not_reached": 2},
        "unreached": {"overdue": 2},
        "initiative.mentor": {"yes": 3},
        "initiative.none": {"no": 3},
    }.items():
        assert list(counts.cells[family].values()) == [Counter(expected)] * _LINES, family
    assert counts.cells["stay"]["message", "without_message"] == {"left_within_3": 3}
    assert list(counts.days["contact"].values()) == [Counter({2: 3})] * _LINES
    assert list(counts.days["decision"].values()) == [Counter({3: 3})] * _LINES
    assert set(map(tuple, (one.items() for one in counts.lives.values()))) == {(((40, True), 3),)}
