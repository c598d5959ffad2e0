"""A header's name may be any bytes: the record is read all the same, and so are its neighbours."""

import struct

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c_py

from infra.tolerant_headers import TolerantRecords

_CRC_AT = 17


def batch(*names: bytes, codec: int = 0) -> bytes:
    """A batch with a record for each header name, as a broker hands it on."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=0,
        batch_size=100_000,
    )
    for number, name in enumerate(names):
        builder.append(
            number,
            timestamp=1,
            key=None,
            value=b"%d" % number,
            headers=[("N" * len(name), b"\xff"), ("n", None)],
        )
    raw = bytearray(builder.build())
    for name in names:
        raw = raw.replace(b"N" * len(name), name, 1)
    struct.pack_into(">I", raw, _CRC_AT, calc_crc32c_py(bytes(raw[_CRC_AT + 4 :])))
    return bytes(raw)


def read(data: bytes) -> list[tuple[bytes, str]]:
    """Value and first header's name of every record, each batch checked first, as the fetcher does."""
    records, found = TolerantRecords(data), []
    while records.has_next():
        batch = records.next_batch()
        assert batch.validate_crc()
        assert not batch.is_control_batch
        found += [(record.value, record.headers[0][0]) for record in batch]
    return found


def test_aiokafka_itself_gives_up() -> None:
    """The day it does not, this module has had its time."""
    with pytest.raises(UnicodeDecodeError):
        list(MemoryRecords(batch(b"\xff\xfe")).next_batch())


def test_a_name_that_is_not_text_is_shown_with_escapes() -> None:
    """Every record of the batch is there; the fetcher passes over those that it has had before the odd one."""
    odd = batch(b"good", b"\xff\xfe\xc3\xa6", b"fine")
    assert read(odd)[-3:] == [(b"0", "good"), (b"1", "\\xff\\xfeæ"), (b"2", "fine")]


def test_batches_before_and_behind_are_read_as_ever() -> None:
    """A fetch holds many batches; each is found by its own length."""
    data = batch(b"one", b"two") + batch(b"\xff") + batch(b"three")
    assert [name for _, name in read(data)] == ["one", "two", "\\xff", "three"]
    assert TolerantRecords(data).size_in_bytes() == len(data)
    assert not TolerantRecords(data[:5]).has_next()
