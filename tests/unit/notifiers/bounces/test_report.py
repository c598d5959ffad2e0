"""How a mail that came back is read: its addresses, its fields, its text; whatever it is, in bounded time."""

import time
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.notifications.returned import ReportedAction
from notifiers.bounces.address import token
from notifiers.bounces.report import BounceReport, read
from notifiers.bounces.run import LARGEST
from notifiers.bounces.status_fields import RecipientStatus, read_fields
from notifiers.bounces.store import BounceAddress
from notifiers.bounces.verdict import verdict
from notifiers.content.mail_message import Mail, wire_bytes
from tests.integration.notifiers.builders import a_mail
from tests.smtp.reports import report
from tests.smtp.server import Received
from tests.unit.notifiers.bounces.test_address import ADDRESS, BASE, DELIVERY, TAGS

MAIL: Mail = a_mail()
SENT = Received(sender=ADDRESS, recipient=MAIL.recipient, body=wire_bytes(MAIL))
FAILED = RecipientStatus(
    final=MAIL.recipient, original=MAIL.recipient, action=ReportedAction.FAILED, status="5.1.1"
)


def report_of(**changes: str | None) -> BounceReport:
    return read(report(SENT, **changes))  # type: ignore[arg-type]


class TestReport:
    def test_a_failure_says_where_it_came_to_and_of_whom(self) -> None:
        found = report_of()
        assert found.arrived_at == (ADDRESS,)
        assert found.envelope_ids == ()
        assert found.recipients == (FAILED,)
        assert found.subject == "Undelivered Mail Returned to Sender"

    @pytest.mark.parametrize("arrived", ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"])
    def test_what_the_last_relay_wrote_down_counts_too(self, arrived: str) -> None:
        assert report_of(arrived=arrived).arrived_at == (ADDRESS,)

    def test_the_envelopes_id_is_read(self) -> None:
        assert report_of(envelope_id="abc").envelope_ids == ("abc",)

    def test_a_report_on_an_address_outside_ascii_is_read(self) -> None:
        assert report_of(kind="global-delivery-status").recipients == (FAILED,)

    def test_the_mail_that_came_back_is_no_text_of_the_report(self) -> None:
        assert "content" not in report_of().text
        assert "kunne ikke leveres" in report_of().text

    @given(st.data())
    def test_a_damaged_report_is_never_a_fault(self, data: st.DataObject) -> None:
        content = bytearray(report(SENT))
        for _ in range(data.draw(st.integers(1, 30))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        verdict(read(bytes(content)), MAIL.recipient)

    @given(st.binary(max_size=400))
    def test_any_bytes_behind_our_address_are_still_known_as_ours(self, content: bytes) -> None:
        found = read(b"To: " + ADDRESS.encode() + b"\n\n" + content)
        assert BounceAddress(tags=TAGS, base=BASE).delivery(found) == DELIVERY

    def test_fifty_addresses_and_fifty_groups_are_looked_at(self) -> None:
        """Somebody may write a million: none of ours stands behind so many."""
        to = ", ".join(f"a{number}@b.example" for number in range(60))
        assert len(report_of(to=to).arrived_at) == 50
        groups = "\n\n".join(
            f"Final-Recipient: rfc822; a{number}@b.dk\nAction: failed" for number in range(60)
        )
        assert len(read_fields(groups).recipients) == 50


_HEAD = b"To: " + ADDRESS.encode() + b"\nFrom: MAILER-DAEMON@x.example\n"
HOSTILE = {
    "parts": _HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 110_000,
    "mails within mails": b"Content-Type: message/rfc822\n\n" * 18_000,
    "parts within parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (place, place) for place in range(9_000)
    ),
    "dashes": _HEAD + b"\n" + b"-" * LARGEST,
    "blanks": _HEAD + b"\n" + b" " * LARGEST,
    "brackets": _HEAD + b"Content-Type: text/html\n\n" + b"<" * LARGEST,
    "fields": _HEAD + b"\n" + b"final-recipient:\n" * 31_000,
    "headers": b"a: b\n" * 105_000,
    "comments": b"To: " + b"(" * LARGEST,
    "addresses": b"To: " + b"a@b.dk," * 75_000,
    "words": _HEAD + b"\njobcenter@kommune.example.dk " + b"doesn't have an " * 33_000,
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 37_000,
    "digits": _HEAD + b"\njobcenter@kommune.example.dk " + b"5.1." * 130_000,
    "parameters": _HEAD + b'Content-Type: multipart/mixed; boundary="' + b";" * LARGEST,
    "parameters on folded lines": _HEAD + b'Content-Type: text/plain; a="' + b"\n ;;;;" * 80_000,
    "parameters behind a bare return": _HEAD + b'X: y\rContent-Type: x; a="' + b'\\";' * 170_000,
    "parameters of many parts": _HEAD
    + b"Content-Type: multipart/mixed; boundary=x\n\n"
    + (b'--x\ncontent-type: text/plain; a="' + b";" * 30_000 + b"\n\n") * 17,
    "an encoding with no name": _HEAD + b'Content-Type: text/plain; charset="x\0y"\n\n\xff',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_whatever_somebody_sends_is_read_in_seconds(content: bytes) -> None:
    began = time.process_time()
    verdict(read(content[:LARGEST]), MAIL.recipient)
    assert time.process_time() - began < 10


class TestDelivery:
    RETURNS = BounceAddress(tags=TAGS, base=BASE)

    def test_it_is_known_by_its_address_or_its_envelopes_id(self) -> None:
        assert self.RETURNS.delivery(report_of()) == DELIVERY
        elsewhere = report_of(to="postmaster@varsel.example.dk", envelope_id=token(TAGS, DELIVERY))
        assert self.RETURNS.delivery(elsewhere) == DELIVERY

    @pytest.mark.parametrize(
        "line",
        [
            "Received: from mx.example.net by relay.example.dk for <{}>; Fri, 2 Oct 2026 10:00:00 +0200",
            "To: <prvs=1234abcdef={}>",
            "To: SRS0=abcd=XY=varsel.example.dk={}@forwarder.example.net",
            "X-Forwarded-To: {}",
            "Subject: back\n\nReturn-Path: <{}>",
        ],
    )
    def test_a_gateway_may_have_put_something_around_our_address(self, line: str) -> None:
        found = read(b"From: MAILER-DAEMON@x.example\n" + line.format(ADDRESS.upper()).encode() + b"\n\n")
        assert self.RETURNS.delivery(found) == DELIVERY

    def test_a_message_id_alone_is_worth_nothing(self) -> None:
        assert self.RETURNS.delivery(report_of(to="frafaldsvarsel@varsel.example.dk")) is None

    def test_a_report_that_names_two_deliveries_names_none(self) -> None:
        other = token(TAGS, uuid4())
        assert self.RETURNS.delivery(report_of(envelope_id=other)) is None
        two = read(f"To: nobody@x.dk\n\n{other} {token(TAGS, DELIVERY)}".encode())
        assert self.RETURNS.delivery(two) is None
