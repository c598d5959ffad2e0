"""The public contract: what each event may say, and that nothing else passes."""

import re
from datetime import date, datetime
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from models.base import Frozen
from models.events.contract import AboutPerson, LegalDate, Moment
from models.events.event_types import (
    CONTROL_TOTAL,
    EVENT_TYPES,
    SEALED_FIELDS,
    VERSION_1,
    VERSION_2,
    EventType,
    InputTopic,
    countable,
    full_type,
)
from models.events.person_event import PersonEvent
from models.events.sender import SenderKind, kind_of
from tests.factories import origin, uuid

SEALED = "eyJ..iv.text.tag"
ENROLMENT = {
    "cpr": SEALED,
    "enrolment_id": uuid("enrolment"),
    "institution_number": "280051",
    "education_type": "eud",
    "admission_date": "2026-06-15",
    "study_start": "2026-08-10",
}
PERIOD = {
    "cpr": SEALED,
    "period_id": uuid("period"),
    "municipality_code": "0101",
    "benefit_type": "uddannelseshjaelp",
    "target_group": "uddannelsesparat",
    "valid_from": "2025-01-01",
}
DATA: dict[str, dict[str, Any]] = {
    "enrolment.registered": ENROLMENT,
    "enrolment.corrected": ENROLMENT | {"ended_on": None},
    "enrolment.ended": {
        "cpr": SEALED,
        "enrolment_id": uuid("enrolment"),
        "institution_number": "280051",
        "ended_on": "2026-10-01",
        "reason": "dropped_out",
    },
    "benefit-period.registered": PERIOD,
    "benefit-period.corrected": PERIOD | {"valid_to": "2025-01-01"},
    "benefit-period.annulled": {"cpr": SEALED, "period_id": uuid("period"), "municipality_code": "0101"},
    "residence.annulled": {"cpr": SEALED, "residence_id": uuid("residence")},
    "residence.registered": {
        "cpr": SEALED,
        "residence_id": uuid("residence"),
        "municipality_code": "0411",
        "valid_from": "2020-02-29",
    },
    "person-number.changed": {"cpr": SEALED, "new_cpr": SEALED, "valid_from": "2026-09-01"},
    "dropout-risk.raised": {
        "cpr": SEALED,
        "institution_number": "280051",
        "seen_at": "2026-09-01T10:00:00.5+02:00",
        "signals": ["absence", "lost_contact"],
        "severity": "high",
        "absence_percentage": 100,
        "text": "Kommer ikke længere.",
        "contact": {"name": "Åse Ørsted", "phone": "+45 12 34 56 78", "email": "aase@example.dk"},
    },
    "dropout-risk.withdrawn": {
        "cpr": SEALED,
        "institution_number": "280051",
        "message_id": uuid("message"),
        "reason": "risk_over",
    },
    "control-total.declared": {
        "day": "2026-09-01",
        "counts": [
            {"type": "dk.frafaldsvarsel.dropout-risk.raised.v1", "events": 3},
            {"type": "dk.frafaldsvarsel.enrolment.registered.v1", "events": 0},
        ],
    },
}
ADDED: dict[str, dict[str, Any]] = {"person-number.changed": {"new_person_id": "q"}}
"""What intake puts in the place of a number that is not the event's own."""
BY_KIND = {row.kind: row for row in VERSION_1.values()}
NEWER = {row.kind: row for row in VERSION_2.values()}
ABOUT_PEOPLE = {kind: row for kind, row in BY_KIND.items() if row.content is not None}


def parse(kind: str, **changes: Any) -> Frozen:
    """The data of `kind` read as intake reads it; a change to `...` takes the field out."""
    fields = {name: value for name, value in (DATA[kind] | changes).items() if value is not ...}
    return BY_KIND[kind].data.model_validate_json(orjson.dumps(fields), strict=True)


def test_the_contract_has_these_eleven_events() -> None:
    """Type, topic and senders of each; a twelfth needs a test."""
    anybody = "institution municipality register"
    assert {
        (row.name, row.topic, " ".join(sorted(row.senders)), row.owner) for row in VERSION_1.values()
    } == {
        (f"dk.frafaldsvarsel.{kind}.v1", topic, senders, owner)
        for kind, topic, senders, owner in (
            ("enrolment.registered", "enrolments", "institution", "institution_number"),
            ("enrolment.corrected", "enrolments", "institution", "institution_number"),
            ("enrolment.ended", "enrolments", "institution", "institution_number"),
            ("benefit-period.registered", "benefits", "municipality", "municipality_code"),
            ("benefit-period.corrected", "benefits", "municipality", "municipality_code"),
            ("benefit-period.annulled", "benefits", "municipality", "municipality_code"),
            ("residence.registered", "residences", "register", None),
            ("residence.annulled", "residences", "register", None),
            ("person-number.changed", "residences", "register", None),
            ("dropout-risk.raised", "dropout-risks", "institution", "institution_number"),
            ("dropout-risk.withdrawn", "dropout-risks", "institution", "institution_number"),
            ("control-total.declared", "control-totals", anybody, None),
        )
    }
    assert {row.topic for row in EVENT_TYPES.values()} == set(InputTopic)
    assert all(name == row.name for name, row in EVENT_TYPES.items())


def test_each_event_about_a_person_has_a_second_version() -> None:
    """Of the same topic, senders and owner; all but what is sealed stands in it as in the first one."""
    assert set(NEWER) == set(ABOUT_PEOPLE)
    for kind, newer in NEWER.items():
        first = BY_KIND[kind]
        assert newer.name == f"dk.frafaldsvarsel.{kind}.v2"
        assert newer.first_name == first.first_name == first.name
        same = ("kind", "topic", "senders", "content", "owner")
        assert [getattr(newer, name) for name in same] == [getattr(first, name) for name in same]
        assert newer.inside is not None
        assert set(newer.data.model_fields) - {"sealed"} == set(first.data.model_fields) - SEALED_FIELDS
        assert set(newer.inside.model_fields) == set(first.data.model_fields) & SEALED_FIELDS
        for name, field in newer.data.model_fields.items():
            if name != "sealed":
                assert repr(field) == repr(first.data.model_fields[name])
        for name, field in newer.inside.model_fields.items():
            assert field.is_required() is first.data.model_fields[name].is_required()
    assert len(EVENT_TYPES) == len(BY_KIND) + len(NEWER)


def test_a_message_needs_neither_text_nor_contact_person() -> None:
    """Higher education need report no contact person (BEK 512/2025 § 35)."""
    read = parse("dropout-risk.raised", text=..., contact=...)
    assert {"text", "contact"} & read.model_dump(exclude_none=True).keys() == set()


@pytest.mark.parametrize("kind", ABOUT_PEOPLE)
def test_good_data_passes_and_fits_what_the_stream_keeps(kind: str) -> None:
    """All but the sealed fields goes on, and comes back from JSON as it was."""
    row = BY_KIND[kind]
    data = parse(kind)
    kept = {name: value for name, value in data.model_dump(mode="json").items() if name not in SEALED_FIELDS}
    event = PersonEvent.model_validate(
        {
            "person_id": "p",
            "sender": "280051",
            "event_id": uuid("e"),
            "registered_at": "2026-09-01T10:00:00+02:00",
            "origin": origin(),
            "fingerprint": "f",
            "content": {**kept, "kind": kind, **ADDED.get(kind, {})},
        }
    )
    assert type(event.content) is row.content
    assert PersonEvent.model_validate_json(event.model_dump_json()) == event
    assert SEALED not in event.model_dump_json()


@pytest.mark.parametrize("row", ABOUT_PEOPLE.values(), ids=lambda row: row.kind)
def test_the_stream_keeps_every_field_but_the_sealed_ones(row: EventType) -> None:
    """Nothing that names a person, and nothing less than the rest."""
    assert row.content is not None
    added = set(ADDED.get(row.kind, {}))
    assert set(row.content.model_fields) == set(row.data.model_fields) - SEALED_FIELDS | {"kind"} | added


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (kind, name)
        for kind, row in BY_KIND.items()
        for name, field in row.data.model_fields.items()
        if field.is_required()
    ],
)
@pytest.mark.parametrize("value", [..., None, "", 5, 5.5, True, [], {}, "x" * 2001])
def test_each_required_field_is_required_and_typed(kind: str, field: str, value: Any) -> None:
    """Missing, null, or of another kind."""
    with pytest.raises(ValidationError):
        parse(kind, **{field: value})


@pytest.mark.parametrize("kind", DATA)
def test_an_unknown_field_is_refused(kind: str) -> None:
    """What the contract does not know, nobody has agreed to."""
    with pytest.raises(ValidationError):
        parse(kind, name="Åse")


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("enrolment.registered", "study_start"),
        ("enrolment.registered", "admission_date"),
        ("enrolment.registered", "ended_on"),
        ("enrolment.ended", "ended_on"),
        ("benefit-period.registered", "valid_from"),
        ("residence.registered", "valid_from"),
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        "1756598400", 1756598400, "2026-08-10T00:00:00", "2026-08-10T00:00:00Z", "20260810", "2026-8-10",
        "2026-02-30", " 2026-08-10", "2026-08-10\n", "1989-12-31", "2101-01-01", "0000-01-01", "٢٠٢٦-08-10",
    ],
)  # fmt: skip
def test_a_date_is_a_date(kind: str, field: str, value: Any) -> None:
    """YYYY-MM-DD and a real one: seconds since 1970, times of day and other shapes are no legal dates."""
    with pytest.raises(ValidationError):
        parse(kind, **{field: value})


@pytest.mark.parametrize(
    "value",
    [
        "1756598400", 1756598400, "2026-09-01", "2026-09-01T10:00:00", "2026-09-01 10:00:00Z",
        "2026-09-01T10:00Z", "2026-02-30T10:00:00Z", "0001-01-01T00:00:00+14:00", "2026-09-01T10:00:00+0200",
        "9999-12-31T23:59:59-12:00", "2026-09-01T24:00:00Z",
    ],
)  # fmt: skip
def test_a_moment_is_rfc_3339_with_an_offset(value: Any) -> None:
    """Between 1990 and 2099, so that no reckoning runs over."""
    with pytest.raises(ValidationError):
        parse("dropout-risk.raised", seen_at=value)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("dropout-risk.raised", {"signals": []}),
        ("dropout-risk.raised", {"signals": ["absence"] * 8}),
        ("dropout-risk.raised", {"signals": ["depression"]}),
        ("dropout-risk.raised", {"signals": "absence"}),
        ("dropout-risk.raised", {"severity": "fatal"}),
        ("dropout-risk.raised", {"absence_percentage": 101}),
        ("dropout-risk.raised", {"absence_percentage": -1}),
        ("dropout-risk.raised", {"absence_percentage": 12.5}),
        ("dropout-risk.raised", {"absence_percentage": "40"}),
        ("dropout-risk.raised", {"absence_percentage": True}),
        ("dropout-risk.raised", {"text": "x" * 501}),
        ("dropout-risk.raised", {"contact": {"name": ""}}),
        ("dropout-risk.raised", {"contact": {"phone": "12345678"}}),
        ("dropout-risk.raised", {"contact": {"name": "A", "phone": "call me"}}),
        ("dropout-risk.raised", {"contact": {"name": "A", "email": "two@signs@example.dk"}}),
        ("dropout-risk.raised", {"contact": {"name": "A", "cpr": "0101011234"}}),
        ("dropout-risk.raised", {"institution_number": "28005"}),
        ("dropout-risk.raised", {"institution_number": "280051\n"}),
        ("dropout-risk.raised", {"cpr": "010101123"}),
        ("dropout-risk.withdrawn", {"message_id": uuid("m").upper()}),
        ("dropout-risk.withdrawn", {"message_id": uuid("m").replace("-", "")}),
        ("dropout-risk.withdrawn", {"reason": "because"}),
        ("enrolment.registered", {"education_type": "phd"}),
        ("enrolment.registered", {"education_type": "EUD"}),
        ("enrolment.ended", {"reason": "died"}),
        ("benefit-period.registered", {"valid_to": "2024-12-31"}),
        ("benefit-period.registered", {"benefit_type": "su"}),
        ("benefit-period.registered", {"target_group": "under_30"}),
        ("benefit-period.registered", {"municipality_code": "101"}),
        ("residence.registered", {"municipality_code": "01 1"}),
    ],
)  # fmt: skip
def test_values_outside_the_contract_are_refused(kind: str, change: dict[str, Any]) -> None:
    """Codes, lengths, shapes, and the order of a period's days."""
    with pytest.raises(ValidationError):
        parse(kind, **change)


def test_what_is_about_a_person_goes_on_and_what_is_not_ends_with_its_receipt() -> None:
    """The control total alone is about nobody."""
    assert {kind for kind, row in BY_KIND.items() if issubclass(row.data, AboutPerson)} == set(ABOUT_PEOPLE)
    assert set(BY_KIND) - set(ABOUT_PEOPLE) == {"control-total.declared"}


@pytest.mark.parametrize("kind", SenderKind)
def test_a_sender_counts_what_it_may_send_and_not_its_totals(kind: SenderKind) -> None:
    """Every type but the total is counted by exactly one kind."""
    rows = (*ABOUT_PEOPLE.values(), *NEWER.values())
    assert countable(kind) == {row.name for row in rows if kind in row.senders}
    assert CONTROL_TOTAL not in countable(kind)
    assert countable(kind)


@pytest.mark.parametrize(
    "counts",
    [
        [{"type": "dk.frafaldsvarsel.enrolment.ended.v1", "events": -1}],
        [{"type": "dk.frafaldsvarsel.enrolment.ended.v1", "events": "3"}],
        [{"type": "dk.frafaldsvarsel.enrolment.ended.v1"}],
        [{"type": "enrolment.ended", "events": 3}],
        [{"type": "dk.frafaldsvarsel.0101011234.ended.v1", "events": 3}],
        [{"type": "dk.frafaldsvarsel.enrolment.ended.v1", "events": 3}] * 2,
        [{"type": "dk.frafaldsvarsel.enrolment.ended.v1", "events": 3, "name": "Åse"}],
    ],
)
def test_counts_are_whole_numbers_of_types_each_named_once(counts: Any) -> None:
    """And nothing else can stand in them, a number of a person least of all."""
    with pytest.raises(ValidationError):
        parse("control-total.declared", counts=counts)


def test_a_senders_number_names_its_kind() -> None:
    """Six digits, four digits, or a register's name."""
    assert kind_of("280051") is SenderKind.INSTITUTION
    assert kind_of("0101") is SenderKind.MUNICIPALITY
    assert kind_of("REG-CPR") is SenderKind.REGISTER


@pytest.mark.parametrize("kind", BY_KIND)
def test_a_type_is_known_by_its_short_names_too(kind: str) -> None:
    """Operators write them on the command line; what is no type stays as it was written."""
    whole = f"dk.frafaldsvarsel.{kind}.v1"
    assert {full_type(name) for name in (kind, f"{kind}.v1", whole)} == {whole}
    if kind in NEWER:
        assert {full_type(name) for name in (f"{kind}.v2", NEWER[kind].name)} == {whole}
    for other in (f"{kind}.v3", f"{kind}.", "", "dk.frafaldsvarsel."):
        assert full_type(other) == other


@pytest.mark.parametrize(
    ("day", "good"),
    [("1989-12-31", False), ("1990-01-01", True), ("2100-12-31", True), ("2101-01-01", False)],
)
def test_a_date_is_of_1990_to_2100(day: str, good: bool) -> None:
    """By what is read, and by the schema that senders check against."""
    adapter: TypeAdapter[date] = TypeAdapter(LegalDate)
    schema = adapter.json_schema()
    assert (schema["type"], schema["format"]) == ("string", "date")
    assert bool(re.fullmatch(schema["pattern"], day)) is good
    if good:
        assert adapter.validate_python(day) == date.fromisoformat(day)
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(day)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2026-09-01T10:00:00Z", True),
        ("2026-09-01T10:00:00.5+02:00", True),
        ("2026-09-01T10:00:00", False),
        ("2026-09-01", False),
        ("1788249600", False),
        ("xx 2026-09-01T10:00:00Z", False),
    ],
)
def test_a_moment_has_an_offset(text: str, good: bool) -> None:
    adapter: TypeAdapter[datetime] = TypeAdapter(Moment)
    schema = adapter.json_schema()
    assert (schema["type"], schema["format"]) == ("string", "date-time")
    assert bool(re.search(schema["pattern"], text)) is good
    if good:
        assert adapter.validate_python(text).tzinfo is not None
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)
