"""The alert rules with shorter waits, for a test: every expression, label and sentence is the same."""

import re
from pathlib import Path
from typing import Final

FACTOR: Final = 20
"""A rule that must hold for five minutes must hold for fifteen seconds here."""
_FOR: Final = re.compile(r"^(        for: )(\d+)([smh])$", re.MULTILINE)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


def shortened(rules: str, factor: int = FACTOR) -> str:
    """The text of the rules, with every `for:` divided; at least a second."""
    return _FOR.sub(lambda found: f"{found[1]}{max(1, _seconds(found) // factor)}s", rules)


def holds_for(rules: str, alert: str) -> int:
    """For how many seconds the rule must hold before it rings; 0: it rings at once."""
    (rule,) = (one for one in rules.split("- alert: ")[1:] if one.split()[0] == alert)
    found = _FOR.search(rule)
    return 0 if found is None else _seconds(found)


def write_shortened(rules: Path, to: Path) -> Path:
    """The rules of `rules`, shortened; gives `to`."""
    to.write_text(shortened(rules.read_text("utf-8")), "utf-8")
    return to


def _seconds(found: re.Match[str]) -> int:
    return int(found[2]) * _SECONDS[found[3]]
