"""Whose a record says that it is, also where no parser would take it."""

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events.claimed import Claims, claims
from tests.factories import MADE_UP_CPR, uuid
from tests.unit.models.events.test_cloudevent import binary, structured

EXPECTED = Claims(("280051",), ("urn:oio:cvr-nr:12345674",), uuid("event"))
WHOLE = structured()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda whole: whole, id="nothing"),
        pytest.param(lambda whole: whole[:-40], id="torn"),
        pytest.param(lambda whole: whole[1:], id="torn in front"),
        pytest.param(lambda whole: whole + whole, id="two in one"),
        pytest.param(lambda whole: b"[" + whole + b"]", id="a list"),
        pytest.param(lambda whole: whole.decode().encode("latin-1"), id="latin-1"),
        pytest.param(lambda whole: whole.decode().encode("utf-16"), id="utf-16"),
        pytest.param(lambda whole: whole.decode().encode("utf-16-be"), id="utf-16-be"),
        pytest.param(lambda whole: whole.decode().encode("utf-32"), id="utf-32"),
        pytest.param(lambda whole: b"\xef\xbb\xbf" + whole, id="byte order mark"),
        pytest.param(lambda whole: whole.replace(b"{}", b"{,}").replace(b"1.0", b"NaN"), id="not json"),
        pytest.param(lambda whole: json.dumps(whole.decode()).encode(), id="written twice"),
        pytest.param(lambda whole: json.dumps(json.dumps(whole.decode())).encode(), id="written three times"),
        pytest.param(lambda whole: str(json.loads(whole)).encode(), id="Python's repr"),
        pytest.param(lambda whole: whole.replace(b'"sender"', b'"Sender"').replace(b'"id"', b'"Id"'), id="capitals"),
        pytest.param(lambda whole: whole.replace(b'"280051"', b"280051"), id="a number"),
        pytest.param(lambda whole: whole.replace(b": ", b"\t:\n  "), id="white space"),
        pytest.param(lambda whole: b"\x00\x00\x00\x00\x2a" + whole, id="a schema registry's five bytes in front"),
        pytest.param(lambda whole: whole[:-1] + b',"deep":' + b"[" * 9000 + b"]" * 9000 + b"}", id="too deep"),
        pytest.param(lambda whole: whole + b" " * 400_000, id="too large"),
    ],
)  # fmt: skip
def test_a_value_says_whose_it_is_however_it_is_spoilt(spoil: Callable[[bytes], bytes]) -> None:
    said = claims(spoil(WHOLE), [])
    assert Claims(said.senders[:1], said.sources[:1], said.event_id) == EXPECTED


def test_headers_say_it_where_there_is_no_value() -> None:
    """A tombstone; the text may stand between quotation marks, as Spring writes it."""
    _, headers = binary()
    assert claims(None, headers) == EXPECTED
    quoted = [(name, b'"' + (content or b"") + b'"') for name, content in headers]
    assert claims(b"[1]", quoted) == EXPECTED
    for prefix in ("ce-", "cloudEvents:", "cloudEvents_"):
        other = [(name.replace("ce_", prefix), content) for name, content in headers]
        assert claims(None, other) == EXPECTED
    wide = [(name, (content or b"").decode().encode("utf-16-le")) for name, content in headers]
    assert claims(None, wide) == EXPECTED


def test_the_last_header_is_asked_first_and_then_the_value() -> None:
    """In the order in which the reader itself would have believed them."""
    headers = [("ce_sender", b"280051"), ("CE_SENDER", b"0461"), ("ce_sender", None)]
    assert claims(b'{"sender":"REG-CPR"}', headers).senders == ("0461", "280051", "REG-CPR")


@pytest.mark.parametrize(
    "text",
    [
        f'{{"sender":"{MADE_UP_CPR}"}}', f'{{"sender":{MADE_UP_CPR}}}', '{"sender":"28005"}', '{"resender":"280051"}',
        '{"old_sender":"280051"}', '{"sender":"280051-1"}', '{"sender":"280051x"}', '{"sender":["280051"]}',
        '{"sender":null}', "sender 280051", '{"source":"urn:oio:cvr-nr:123456789"}', '{"source":"12345674"}',
        '{"message_id":"' + uuid("event") + '"}', '{"id":"' + uuid("event").upper() + '"}',
    ],
)  # fmt: skip
def test_what_is_no_claim_is_none(text: str) -> None:
    """Above all no CPR; and no id of a field of the data."""
    foreign = [(name, b"280051") for name in ("sender", "x-sender", "my_ce_sender", "ce_sender2")]
    assert claims(text.encode(), [("ce_sender", MADE_UP_CPR.encode()), *foreign]) == Claims((), (), None)


def test_a_record_full_of_claims_is_looked_at_for_eight() -> None:
    many = "".join(f'"sender":"{number:06}","source":"urn:oio:cvr-nr:{number:08}",' for number in range(5000))
    said = claims(many.encode(), [])
    assert (len(said.senders), len(said.sources)) == (8, 8)


@given(
    st.none() | st.binary(max_size=400), st.lists(st.tuples(st.text(), st.none() | st.binary()), max_size=4)
)
def test_no_bytes_are_too_odd(value: bytes | None, headers: list[tuple[str, bytes | None]]) -> None:
    said = claims(value, headers)
    assert all(re.fullmatch(r"[0-9]{6}|[0-9]{4}|REG-[A-Z]{2,10}", number) for number in said.senders)
