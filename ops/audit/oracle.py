"""Where a task must be, found out a second time: from the reference tables as they lie on disk and the residence facts.

Written from the words of the domain and not from the service's code: it must not import `models.eligibility.decide`,
`models.eligibility.facts` or `config.reference.law`, so that a slip in one does not stand in the other.
"""

import csv
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

DENMARK: Final = ZoneInfo("Europe/Copenhagen")
_FILES: Final = ("municipalities.csv", "units.csv", "routes.csv", "senders.csv", "law.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownResidence:
    """One residence fact as it stands on ``person-events``."""

    sender: str
    event_id: str
    fingerprint: str
    residence_id: str
    municipality: str
    valid_from: date
    registered_at: datetime
    appended: tuple[datetime, str, int, int]
    """The brokers' time and the place: of two with one id, the earlier counts."""
    refused: bool = False
    """The ledger has said that its id was another person's first."""

    @property
    def received_on(self) -> date:
        """The Danish date on which the brokers had it."""
        return self.appended[0].astimezone(DENMARK).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class LostResidence:
    """An annulment, or the ledger's word that a residence is another person's: what was said of it before is gone."""

    sender: str
    event_id: str
    residence_id: str
    registered_at: datetime
    appended: tuple[datetime, str, int, int]
    """Of the annulment, or of the version that is another person's."""
    keeps_equal: bool
    """Of what was registered in the same moment, whether what the brokers had later stays: nobody annuls by moving."""
    owner: str | None = None
    owned_since: date | None = None
    """By the ledger's word, since when it is the owner's, wherever that was said."""
    refused: bool = False


_Whose = Callable[[str, date, Mapping[str, date]], str | None]


@dataclass(frozen=True, slots=True)
class _Route:
    unit: str
    begins: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where webhooks go for the tasks of a unit whose first message arrived from `begins` on and before `ends`."""

    unit: str
    url: str
    begins: date
    ends: date


class Oracle:
    """The tables of one folder, read once."""

    def __init__(self, directory: Path) -> None:
        texts = {name: (directory / name).read_bytes() for name in _FILES}
        self.version = sha256(b"\0".join(texts.values())).hexdigest()
        """Another one when any of the tables changes."""
        tables = {name: _rows(text) for name, text in texts.items() if name.endswith(".csv")}
        self._municipalities = {row["code"] for row in tables["municipalities.csv"]}
        self._units = {row["unit_id"] for row in tables["units.csv"]}
        self._routes: dict[str, list[_Route]] = {}
        for row in tables["routes.csv"]:
            ends = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
            route = _Route(row["unit_id"], date.fromisoformat(row["valid_from"]), ends)
            self._routes.setdefault(row["municipality_code"], []).append(route)
        self._endpoints = [
            Endpoint(
                row["unit_id"],
                row["url"],
                date.fromisoformat(row["valid_from"]),
                date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max,
            )
            for row in _rows((directory / "webhooks.csv").read_bytes())
        ]
        self._taken_over: dict[str, list[tuple[date, str]]] = {}
        for row in tables["senders.csv"]:
            if row["successor"] and row["valid_to"]:
                link = (date.fromisoformat(row["valid_to"]), row["number"])
                self._taken_over.setdefault(row["successor"], []).append(link)
        rule_sets = tomllib.loads(texts["law.toml"].decode())["rule_sets"]
        self._law_from = min(rule_set["in_force_from"] for rule_set in rule_sets)

    def unit(
        self, registered_at: datetime, homes: Iterable[KnownResidence], lost: Iterable[LostResidence] = ()
    ) -> str | None:
        """The unit that answers for a person with these homes when a message was registered; None: nobody can say."""
        day = registered_at.astimezone(DENMARK).date()
        if day < self._law_from:
            return None
        municipality = _municipality(day, homes, tuple(lost), self._whose)
        if municipality not in self._municipalities:
            return None
        named = {
            route.unit
            for route in self._routes.get(municipality, ())
            if route.begins <= day and not (route.ends is not None and route.ends <= day)
        }
        return named.pop() if len(named) == 1 and named <= self._units else None

    def endpoints(self) -> Sequence[Endpoint]:
        """All that the tables name."""
        return self._endpoints

    def _whose(self, number: str, day: date, begun: Mapping[str, date]) -> str | None:
        """Of `begun` (who has said of a residence when first) the one for whom `number` spoke on that day."""
        its_own = begun.get(number)
        for ended, former in sorted(self._taken_over.get(number, ()), reverse=True):
            if ended > day or (its_own is not None and its_own < ended):
                continue
            if (found := self._whose(former, day, begun)) is not None:
                return found
        return None if its_own is None else number


def _municipality(
    day: date, homes: Iterable[KnownResidence], lost: Sequence[LostResidence], whose: _Whose
) -> str:
    """Where the person lived on that day; empty where no home is known."""
    homes = tuple(homes)
    said = _first_of_each_id([*homes, *lost])
    counting = [one for one in said if isinstance(one, KnownResidence)]
    # A word that rests on a repeat or on a refused version says nothing.
    left_out = {home.appended for home in homes} - {home.appended for home in counting}
    gone = [
        one
        for one in said
        if isinstance(one, LostResidence) and not (one.keeps_equal and one.appended in left_out)
    ]
    begun: dict[str, dict[str, date]] = {}
    for name, sender, since in [
        *((home.residence_id, home.sender, home.received_on) for home in counting),
        *((one.residence_id, one.owner or "", one.owned_since or date.max) for one in gone),
    ]:
        known_since = begun.setdefault(name, {})
        known_since[sender] = min(since, known_since.get(sender, date.max))

    def subject(one: KnownResidence | LostResidence) -> tuple[str, str]:
        received = one.appended[0].astimezone(DENMARK).date()
        return (whose(one.sender, received, begun[one.residence_id]) or one.sender, one.residence_id)

    # A version that is known here has moved nowhere: it came under another number of this person.
    here = {home.appended for home in homes}
    gone = [one for one in gone if not (one.keeps_equal and one.appended in here)]
    latest: dict[tuple[str, str], KnownResidence] = {}
    for home in counting:
        known = latest.get(subject(home))
        if known is None or (known.registered_at, known.appended) < (home.registered_at, home.appended):
            latest[subject(home)] = home
    best: KnownResidence | None = None
    for of, home in latest.items():
        if any(subject(one) == of and _takes(one, home) for one in gone):
            continue
        if home.valid_from <= day and (best is None or _rank(best) < _rank(home)):
            best = home
    return "" if best is None else best.municipality


def _takes(lost: LostResidence, home: KnownResidence) -> bool:
    if home.registered_at != lost.registered_at:
        return home.registered_at < lost.registered_at
    return not lost.keeps_equal or home.appended < lost.appended


_Said = KnownResidence | LostResidence


def _first_of_each_id(said: Iterable[_Said]) -> Sequence[_Said]:
    """A sender's id counts once: what came later under it is a repeat or refused, as is what the ledger named."""
    first: dict[tuple[str, str], _Said] = {}
    for one in sorted(said, key=lambda one: one.appended):
        first.setdefault((one.sender, one.event_id), one)
    return [one for one in first.values() if not one.refused]


def _rank(home: KnownResidence) -> tuple[date, datetime, tuple[datetime, str, int, int]]:
    return (home.valid_from, home.registered_at, home.appended)


def _rows(text: bytes) -> list[Mapping[str, str]]:
    return list(csv.DictReader(text.decode().splitlines()))
