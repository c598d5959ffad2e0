"""What intake writes of an event is what its model would write, and nothing but what the stream keeps."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events.accepted_event import AcceptedEvent, as_person_event, kept_content, write_person_event
from models.events.event_types import EVENT_TYPES, SEALED_FIELDS, VERSION_1, EventType
from models.events.simple_event import SimpleOrigin

_KEPT = [row for row in EVENT_TYPES.values() if row.content is not None]
_RESIDENCE = VERSION_1["dk.frafaldsvarsel.residence.registered.v1"]
_FIELDS = {
    "residence_id": "0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c02",
    "municipality_code": "0101",
    "valid_from": "2025-09-01",
}
_MOMENTS = st.datetimes(
    timezones=st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    )
)


@pytest.mark.parametrize("row", [row for row in _KEPT if row.version == 1], ids=lambda row: row.kind)
def test_of_every_event_all_is_kept_that_is_not_sealed(row: EventType) -> None:
    """By the same rules: so it need not be held against them twice."""
    assert row.content is not None
    data, kept = row.data.model_fields, row.content.model_fields
    own = {"kind", "new_person_id"} if row.kind == "person-number.changed" else {"kind"}
    assert set(data) - SEALED_FIELDS == set(kept) - own
    assert {name: repr(data[name]) for name in set(kept) - own} == {
        name: repr(kept[name]) for name in set(kept) - own
    }


def test_a_field_that_slipped_through_is_refused() -> None:
    """It could name the person. Without a value too: whoever sends it may send one next time."""
    with pytest.raises(ValueError, match="residence"):
        kept_content(_RESIDENCE, {**_FIELDS, "name": "Anna"})
    with pytest.raises(ValueError, match="residence"):
        kept_content(_RESIDENCE, {**_FIELDS, "name": None})


def test_a_field_that_is_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="residence"):
        kept_content(_RESIDENCE, {**_FIELDS, "valid_from": None})


def test_what_is_sealed_stays_behind() -> None:
    content = kept_content(_RESIDENCE, {"text": "secret", "cpr": "0101011234", **_FIELDS, "contact": None})
    assert content == {**_FIELDS, "kind": "residence.registered"}
    assert list(content) == [*_FIELDS, "kind"]


@given(registered_at=_MOMENTS, appended_at=_MOMENTS, utc=st.none() | st.text(), sealed=st.none() | st.text())
def test_an_event_is_written_as_its_model_writes_it(
    registered_at: datetime, appended_at: datetime, utc: str | None, sealed: str | None
) -> None:
    event = AcceptedEvent(
        person_id="person",
        sender="REG-CPR",
        event_id="0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c03",
        registered_at=registered_at,
        origin=SimpleOrigin("residences", 1, 7, appended_at),
        fingerprint="print",
        fingerprint_utc=utc,
        content=kept_content(_RESIDENCE, _FIELDS),
        sealed=sealed,
    )
    read = as_person_event(event)
    assert (read.registered_at, read.origin.appended_at) == (registered_at, appended_at)
    assert read.model_dump_json(exclude_none=True).encode() == write_person_event(event)
