"""The oracle and the service, which share no code, name the same unit: in the story, and in whatever can happen."""

import ast
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA
from config.reference.law import law_of
from local.demo.scenario.invalid_records import BadRecord
from local.demo.scenario.story import make_story
from models.calendar import copenhagen_date
from models.eligibility.conflicts import refusals
from models.eligibility.decide import decide
from models.eligibility.decision import Outcome
from models.eligibility.facts import fold
from models.eligibility.law import Law
from models.events.content import Residence
from models.events.event_types import CONTROL_TOTAL, EVENT_TYPES, SEALED_FIELDS
from models.events.person_event import Origin, PersonEvent
from models.reasons import DecisionReason
from ops.audit import oracle as module
from ops.audit.oracle import KnownResidence, Oracle
from publisher.events import PlainEvent
from tests.factories import moment, origin, refusal, residence, residence_annulment, uuid
from tests.paths import ROOT
from tests.reference import SHIPPED
from tests.unit.ops.audit.lost_residences import lost, moved

LAW: Final = law_of(SHIPPED)
ORACLE: Final = Oracle(DATA)
MUNICIPALITIES: Final = ("0101", "0155", "0751", "0411", "0326", "9999")
"""One with a joint jobcentre, one without any, and one that is none."""


def homes(events: Sequence[PersonEvent]) -> list[KnownResidence]:
    """The residence facts among the events, as the audit hands them on."""
    refused = refusals(events)
    return [
        KnownResidence(
            sender=event.sender,
            event_id=event.event_id,
            fingerprint=event.fingerprint,
            residence_id=event.content.residence_id,
            municipality=event.content.municipality_code,
            valid_from=event.content.valid_from,
            registered_at=event.registered_at,
            appended=event.origin.order,
            refused=event.origin.place in refused,
        )
        for event in events
        if isinstance(event.content, Residence)
    ]


def person_event(event: PlainEvent, origin: Origin) -> PersonEvent:
    """What intake makes of a good record."""
    kind = EVENT_TYPES[event.type]
    content = {name: value for name, value in event.data.items() if name not in SEALED_FIELDS}
    said = f"{event.type} {event.time} {sorted(event.data.items(), key=lambda item: item[0])}"
    return PersonEvent.model_validate(
        {
            "person_id": event.data["cpr"],
            "sender": event.sender,
            "event_id": event.id,
            "registered_at": event.time,
            "origin": origin,
            "fingerprint": sha256(said.encode()).hexdigest(),
            "content": {**content, "kind": kind.kind},
        }
    )


def test_in_the_demos_story_both_name_the_same_unit_for_every_message() -> None:
    story = make_story(messages=300)
    people: dict[str, list[PersonEvent]] = defaultdict(list)
    numbers = count()
    for act in story.acts:
        for item in act.items:
            if not isinstance(item, BadRecord) and item.type != CONTROL_TOTAL:
                offset = next(numbers)
                at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=offset)
                origin = Origin(
                    topic=EVENT_TYPES[item.type].topic, partition=0, offset=offset, appended_at=at
                )
                people[item.data["cpr"]].append(person_event(item, origin))
    seen: dict[Outcome, int] = defaultdict(int)
    routed = {DecisionReason.OBLIGED, DecisionReason.NO_RESPONSIBLE_UNIT, DecisionReason.RESIDENCE_UNKNOWN}
    for events in people.values():
        facts = fold(events)
        for message in facts.messages:
            verdict = decide(message, facts, LAW)
            if verdict.reason in routed:
                seen[verdict.outcome] += 1
                assert ORACLE.unit(message.registered_at, homes(events)) == verdict.unit_id
    assert seen[Outcome.OBLIGED] > 50
    assert seen[Outcome.UNDECIDED] > 0


DAYS: Final = st.dates(date(2021, 11, 1), date(2026, 12, 31))
NEAR: Final = st.integers(0, 4).map(lambda days: date(2026, 1, 30) + timedelta(days=days))


ENDED: Final = {"REG-CPR": date.max, "REG-OLD": date(2026, 2, 2), "REG-ELDER": date(2026, 2, 1)}
"""From which day on intake refuses a register, and the one before it in this table speaks for it."""
FIRST: Final = date(2026, 1, 30)


def owners(said: PersonEvent) -> list[tuple[str, date]]:
    """Whose subject the ledger can say that a version is, and since when: nobody's that spoke for itself that day."""
    received = copenhagen_date(said.origin.appended_at)
    begins, former = FORMER[said.sender]
    return [(said.sender, received), *((number, FIRST) for number in former if received >= begins)]


FORMER: Final = {
    "REG-CPR": (ENDED["REG-OLD"], ("REG-OLD", "REG-ELDER")),
    "REG-OLD": (ENDED["REG-ELDER"], ("REG-ELDER",)),
    "REG-ELDER": (date.max, ()),
}
"""For whom a register speaks, and from which day on."""


@st.composite
def histories(draw: st.DrawFn) -> list[PersonEvent]:
    """Moves, corrections, two homes from one day, ids used twice, refusals; in any order."""
    events: list[PersonEvent] = []
    for _ in range(draw(st.integers(0, 6))):
        received = draw(NEAR)
        event = residence(
            draw(st.sampled_from(MUNICIPALITIES)),
            name=draw(st.sampled_from("abc")),
            valid_from=draw(DAYS | NEAR),
            at=moment(draw(DAYS | NEAR), draw(st.sampled_from(("08:00", "12:00")))),
            event_id=uuid(draw(st.sampled_from("uvwxyz"))),
            sender=draw(st.sampled_from([number for number, end in ENDED.items() if received < end])),
            origin=origin(appended_at=moment(received, draw(st.sampled_from(("00:30", "23:30"))))),
        )
        events.append(event)
        if draw(st.integers(0, 5)) == 0:
            events.append(refusal(event))
        if draw(st.integers(0, 5)) == 0:
            events.append(event.model_copy(update={"origin": origin()}))
    return draw(st.permutations(events))


@st.composite
def histories_across_people(draw: st.DrawFn) -> list[PersonEvent]:
    """The same with annulments, and with the ledger's words on what was said here or about another person."""
    here = draw(histories())
    elsewhere = [said for said in draw(histories()) if isinstance(said.content, Residence)]
    events = list(here)
    for said in [*here, *elsewhere]:
        if not isinstance(said.content, Residence):
            continue
        if draw(st.integers(0, 2)) == 0:
            at = said.registered_at + timedelta(hours=draw(st.integers(-1, 1)))
            events.append(
                residence_annulment(
                    at=at, name=draw(st.sampled_from("abc")), sender=said.sender, origin=origin()
                )
            )
        if draw(st.integers(0, 2)) == 0:
            owner, since = draw(st.sampled_from(owners(said)))
            events.append(moved(said, said.content.residence_id, owner, since))
    return draw(st.permutations(events))


@pytest.fixture(scope="session", params=["the tables", "another unit from 1 February 2026"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Law, Oracle]:
    """The service's law and the oracle, from the same files."""
    folder = tmp_path_factory.mktemp("tables")
    for file in DATA.glob("*.*"):
        (folder / file.name).write_bytes(file.read_bytes())
    if request.param != "the tables":
        routes = folder / "routes.csv"
        lines = routes.read_text("utf-8").splitlines()
        old = next(line for line in lines if line.startswith("0751,"))
        _, unit, begins, _, _, certainty, *_ = old.split(",")
        closed = f"0751,{unit},{begins},2026-02-01,,{certainty},[I] made up"
        opened = f"0751,jc-0101,2026-02-01,,,{certainty},[I] made up"
        routes.write_text("\n".join([*(line for line in lines if line != old), closed, opened, ""]), "utf-8")
    with (folder / "senders.csv").open("a", encoding="utf-8") as senders:
        senders.write(
            "REG-OLD,Registeret (opdigtet),00000000,,,2022-01-01,2026-02-02,REG-CPR,made-up,[I] made up\n"
        )
        senders.write("REG-ELDER,Et register,00000000,,,2022-01-01,2026-02-01,REG-OLD,made-up,[I] made up\n")
    return law_of(sound_reference(folder)), Oracle(folder)


@given(events=histories(), day=DAYS | NEAR, clock=st.sampled_from(("00:30", "12:00", "23:30")))
def test_whatever_is_known_of_a_persons_homes_both_name_the_same_unit(
    both: tuple[Law, Oracle], events: list[PersonEvent], day: date, clock: str
) -> None:
    registered_at = moment(day, clock).astimezone(UTC)
    law, oracle = both
    home = fold(events, succession=law.succession).home_on(day)
    served = None if home is None else law.unit_on(home.municipality_code, day)
    if law.rules_on(day) is None:
        served = None
    assert oracle.unit(registered_at, homes(events)) == served


@given(events=histories_across_people(), day=DAYS | NEAR)
def test_of_what_is_annulled_or_told_of_other_people_both_say_the_same(
    both: tuple[Law, Oracle], events: list[PersonEvent], day: date
) -> None:
    law, oracle = both
    home = fold(events, succession=law.succession).home_on(day)
    served = None if home is None or law.rules_on(day) is None else law.unit_on(home.municipality_code, day)
    assert oracle.unit(moment(day).astimezone(UTC), homes(events), lost(events)) == served


def test_a_word_about_a_version_whose_id_was_used_before_names_no_owner(both: tuple[Law, Oracle]) -> None:
    """The successor's residence stays its own: the predecessor's of that name was never one."""
    law, oracle = both
    night, day = origin(appended_at=moment(date(2026, 1, 30), "00:30")), date(2026, 1, 30)
    first = residence("0101", name="a", sender="REG-OLD", event_id=uuid("u"), origin=night)
    repeat = residence(
        "0101",
        name="b",
        sender="REG-OLD",
        event_id=uuid("u"),
        origin=origin(appended_at=moment(day, "00:30")),
    )
    successors = residence(
        "0101",
        name="b",
        valid_from=day,
        event_id=uuid("v"),
        origin=origin(appended_at=moment(date(2026, 2, 2), "00:30")),
    )
    elsewhere = residence(
        "0101", name="a", event_id=uuid("w"), origin=origin(appended_at=moment(date(2026, 2, 2)))
    )
    events = [
        first,
        repeat,
        successors,
        moved(repeat, uuid("b"), "REG-OLD", day),
        moved(elsewhere, uuid("a"), "REG-OLD", day),
        residence_annulment(at=moment(day), name="b", sender="REG-OLD", origin=origin()),
    ]
    home = fold(events, succession=law.succession).home_on(day)
    assert home is not None
    assert oracle.unit(moment(day), homes(events), lost(events)) == law.unit_on(home.municipality_code, day)


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2)])
def test_where_one_route_ends_the_next_begins(both: tuple[Law, Oracle], day: date) -> None:
    law, oracle = both
    assert law.unit_on("0751", day) is not None
    assert oracle.unit(moment(day), homes([residence("0751")])) == law.unit_on("0751", day)


@pytest.mark.parametrize(
    ("moved", "day", "unit"),
    [
        (date(2025, 9, 1), date(2025, 8, 31), "jc-0101"),
        (date(2025, 9, 1), date(2025, 9, 1), "jc-0751"),
    ],
)
def test_a_person_who_moves_is_the_new_municipalitys_from_that_day(moved: date, day: date, unit: str) -> None:
    events = [residence("0101", name="old"), residence("0751", name="new", valid_from=moved)]
    assert ORACLE.unit(moment(day), homes(events)) == unit


def test_a_joint_jobcentre_answers_for_both_municipalities() -> None:
    assert ORACLE.unit(moment(date(2025, 9, 1)), homes([residence("0155")])) == "jc-0185"


def test_another_version_is_another_table(tmp_path: Path) -> None:
    """Everything that was foretold from the old tables is foretold again."""
    for file in DATA.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert Oracle(tmp_path).version == ORACLE.version
    routes = tmp_path / "routes.csv"
    routes.write_text(routes.read_text("utf-8").replace("0101,jc-0101", "0101,jc-0751"), "utf-8")
    changed = Oracle(tmp_path)
    assert changed.version != ORACLE.version
    assert changed.unit(moment(date(2025, 9, 1)), homes([residence("0101")])) == "jc-0751"


def test_the_oracle_shares_no_code_with_what_it_judges() -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    ours = {init.parent.name for init in ROOT.glob("*/__init__.py")}
    assert not {name for name in names if name and name.split(".")[0] in ours}


@pytest.mark.parametrize(
    ("day", "url"),
    [
        (date(2026, 1, 31), None),
        (date(2026, 2, 1), "https://old.example/hook"),
        (date(2026, 2, 28), "https://old.example/hook"),
        (date(2026, 3, 1), "https://new.example/hook"),
    ],
)
def test_a_unit_has_the_endpoints_of_the_day(tmp_path: Path, day: date, url: str | None) -> None:
    for file in DATA.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "webhooks.csv").open("a", encoding="utf-8") as table:
        table.write("jc-0101,https://old.example/hook,2026-02-01,2026-03-01,made-up,[I] made up\n")
        table.write("jc-0101,https://new.example/hook,2026-03-01,,made-up,[I] made up\n")
    oracle = Oracle(tmp_path)
    found = {one.url for one in oracle.endpoints() if one.begins <= day < one.ends}
    assert found == ({url} if url else set())
    assert {one.unit for one in oracle.endpoints()} == {"jc-0101"}
