"""The reference data of a service on one machine: the shipped tables, the last rule set confirmed by made-up people.

So that what is tried out here works on every day, also on one for which nobody has read the law.
"""

import shutil
from datetime import date, timedelta
from pathlib import Path

from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA

_PEOPLE = ("en@loven.example", "to@loven.example")
_PERIOD = timedelta(days=366)


def confirmed_tables(folder: Path, today: date) -> Path:
    """The tables in `folder`, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DATA, folder)
    (last, *_) = reversed(list(sound_reference().rule_sets.rows))
    until = today + _PERIOD
    if last.known_until is None or until <= last.known_until:
        return folder
    with (folder / "law_confirmers.csv").open("a", encoding="utf-8") as people:
        for person in _PEOPLE:
            people.write(f"{person},Opdigtet person,{last.in_force_from},,made-up,[I] for trying out\n")
    with (folder / "law_confirmations.csv").open("a", encoding="utf-8") as confirmations:
        for person in _PEOPLE:
            confirmations.write(f"{last.version},{until},{person},{today},made-up,[I] for trying out\n")
    return folder
