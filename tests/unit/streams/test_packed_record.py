"""A person's record is packed to a fraction, and what is packed, or was written before, is read as it was."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zstandard import ZstdCompressor, get_frame_parameters

from bench.peers.backlog import spread
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.errors import UnreadableError
from streams import packed_record
from streams.packed_record import pack, unpack, unpacked_in
from tests.factories import LAW
from tests.paths import ROOT

PERSON = b'{"person_id":"p","applied":1,"events":[]}'


def records() -> list[bytes]:
    """As match leaves them after a few hundred events."""
    people: dict[str, PersonRecord] = {}
    for offset, event in enumerate(spread(400, 120, seed=3)):
        known = people.get(event.person_id) or PersonRecord(person_id=event.person_id)
        people[event.person_id] = apply(known, event, Cause(partition=0, offset=offset), LAW).record
    return [one.model_dump_json(exclude_defaults=True).encode() for one in people.values()]


def test_the_dictionary_is_the_one_that_records_name() -> None:
    """What was written by it can be read by no other."""
    written = Path(packed_record.__file__).with_name("person_record.zdict").read_bytes()
    assert sha256(written).hexdigest() == "1a96f5b5c8bf2ff0d738134cffe29129601c4974f13d01dee4823dc5adb148fa"
    assert get_frame_parameters(pack(PERSON)).dict_id == 32769


def test_a_frame_of_this_version_is_read_by_every_later_one() -> None:
    frame = (ROOT / "tests" / "data" / "records" / "packed_person.zst").read_bytes()
    assert unpack(frame) == (ROOT / "tests" / "data" / "records" / "packed_person.json").read_bytes()


def test_records_come_back_to_the_byte_and_are_a_third_at_most() -> None:
    plain = records()
    packed = [pack(one) for one in plain]
    assert [unpack(one) for one in packed] == plain
    assert sum(map(len, packed)) < sum(map(len, plain)) / 3
    assert [pack(one) for one in packed] == packed
    assert [unpack(one) for one in plain] == plain


@settings(max_examples=200)
@given(st.binary())
def test_any_bytes_behind_a_brace_come_back(content: bytes) -> None:
    record = b"{" + content
    assert unpack(pack(record)) == unpack(record) == record


def test_what_is_no_frame_of_ours_is_said_to_be_unreadable() -> None:
    bomb = ZstdCompressor().compress(b"{" + b" " * 20_000_000)
    for value in (b"", b"[]", pack(PERSON)[:-1], pack(PERSON)[:9] + b"?" * 40, bomb):
        with pytest.raises(UnreadableError):
            unpack(value)


def test_records_are_found_in_the_middle_of_other_bytes() -> None:
    plain = records()[:5]
    content = b"\x28\xb5\x2f\xfd" + b"between".join(map(pack, plain)) + pack(PERSON)[:6]
    assert list(unpacked_in(content)) == plain


def test_a_frame_that_lies_about_its_size_takes_no_more_than_it_says() -> None:
    """Whoever may write to the topic could fill the memory of whoever looks for a name."""
    honest = ZstdCompressor(write_checksum=False).compress(b"{" + b" " * 5_000_000)
    size = (5_000_001).to_bytes(4, "little")
    assert honest.count(size) == 1
    lying = honest.replace(size, (2_000_000).to_bytes(4, "little"))
    assert sum(map(len, unpacked_in(lying))) <= 2_000_000
