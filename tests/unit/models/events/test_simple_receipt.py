"""The quick reading of receipts and entries and pydantic's: what the first takes, the second takes, as the same."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from pydantic import BaseModel

from models.events.receipt import (
    Applied,
    AppliedEntry,
    AppliedSubject,
    LeftOutEvent,
    LeftOutReceipt,
    NamesNothingReceipt,
    Receipt,
    RepeatReceipt,
)
from models.events.simple_receipt import (
    SimpleApplied,
    SimpleEntry,
    SimpleLeftOut,
    SimpleReceipt,
    SimpleSubject,
    as_applied,
    read_simple_applied,
    read_simple_receipt,
    write_receipt,
)
from tests.unit.models.records import records, spoilt, written


def assert_same(plain: SimpleReceipt, receipt: Receipt) -> None:
    for name in SimpleReceipt.__struct_fields__:
        if name != "origin":
            assert getattr(plain, name) == getattr(receipt, name)
    for name in ("topic", "partition", "offset", "appended_at"):
        assert getattr(plain.origin, name) == getattr(receipt.origin, name)
    assert receipt.total is None
    assert (receipt.model_extra, receipt.origin.model_extra) == ({}, {})


@pytest.mark.parametrize(
    ("plain", "model", "without"),
    [
        (SimpleReceipt, Receipt, {"total"}),
        (SimpleApplied, Applied, {"foreign"}),
        (SimpleEntry, AppliedEntry, set()),
        (SimpleLeftOut, LeftOutEvent, set()),
    ],
)
def test_each_has_the_fields_of_its_model(
    plain: type[Struct], model: type[BaseModel], without: set[str]
) -> None:
    assert set(plain.__struct_fields__) == set(model.model_fields) - without


def test_a_subject_has_the_fields_of_its_model() -> None:
    assert set(SimpleSubject.__struct_encode_fields__) == set(AppliedSubject.model_fields)


@given(records(Receipt))
@settings(max_examples=100)
def test_a_receipt_is_read_as_pydantic_reads_it(receipt: Receipt) -> None:
    value = written(receipt)
    plain = read_simple_receipt(value)
    assert (plain is None) is (receipt.total is not None)
    if plain is not None:
        assert_same(plain, Receipt.model_validate_json(value))


@given(records(Receipt))
@settings(max_examples=100)
def test_a_receipt_is_written_as_pydantic_writes_it(receipt: Receipt) -> None:
    value = written(receipt)
    plain = read_simple_receipt(value)
    assert write_receipt(receipt) == value
    assert plain is None or write_receipt(plain) == value


@given(spoilt(Receipt))
@settings(max_examples=300)
def test_what_is_taken_of_a_receipt_pydantic_takes_too(value: bytes) -> None:
    if (plain := read_simple_receipt(value)) is not None:
        assert_same(plain, Receipt.model_validate_json(value))


@given(st.one_of(records(RepeatReceipt), records(LeftOutReceipt), records(NamesNothingReceipt)))
@settings(max_examples=50)
def test_what_follows_a_receipt_is_none(following: BaseModel) -> None:
    assert read_simple_receipt(written(following)) is None


@given(records(Applied))
@settings(max_examples=100)
def test_what_was_applied_is_read_as_pydantic_reads_it(applied: Applied) -> None:
    value = written(applied)
    plain = read_simple_applied(value)
    assert (plain is None) is (applied.foreign is not None)
    if plain is not None:
        assert as_applied(plain) == Applied.model_validate_json(value)
        for entry, same in zip(plain.entries, applied.entries, strict=True):
            said = None if entry.subject is None else entry.subject.taken_back
            assert said == (None if same.subject is None else same.subject.taken_back)


@given(spoilt(Applied))
@settings(max_examples=400)
def test_what_is_taken_of_entries_pydantic_takes_too(value: bytes) -> None:
    if (plain := read_simple_applied(value)) is not None:
        assert written(as_applied(plain)) == written(Applied.model_validate_json(value))


@given(records(Applied).filter(lambda applied: bool(applied.entries)))
@settings(max_examples=20)
def test_what_a_later_version_adds_to_an_entry_is_left_to_pydantic(applied: Applied) -> None:
    content = json.loads(written(applied))
    content["entries"][-1]["of_a_later_version"] = 1
    assert read_simple_applied(json.dumps(content).encode()) is None
