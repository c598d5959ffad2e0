"""What comes back: which address is ours, and what a report says."""

from base64 import b32encode
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.hmac_tokens import HmacTokens, Purpose
from notifiers.addresses import checked_address
from notifiers.bounces.address import bounce_address, delivery_of, delivery_of_token, token
from notifiers.bounces.report import BounceReport, ReportedAction, read
from notifiers.bounces.store import BounceAddress
from notifiers.content.mail_message import Mail, wire_bytes
from tests.integration.notifiers.builders import a_mail
from tests.smtp.reports import report
from tests.smtp.server import Received

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))
TAGS = HmacTokens({"v1": FIRST}, "v1", Purpose.BOUNCE)
BASE = "bounce@varsel.example.dk"
DELIVERY = UUID("0b0f4f4e-0c4a-5b53-8a3c-3f0c1f1e8b11")
ADDRESS = bounce_address(TAGS, BASE, DELIVERY)


class TestAddress:
    @given(st.uuids())
    def test_it_names_its_delivery_and_fits_an_envelope(self, delivery: UUID) -> None:
        address = bounce_address(TAGS, BASE, delivery)
        assert checked_address(address) == address
        assert address == bounce_address(TAGS, BASE, delivery)
        assert delivery_of(TAGS, BASE, address) == delivery
        assert delivery_of(TAGS, BASE, address.upper()) == delivery

    def test_nobody_without_the_key_can_make_one(self) -> None:
        forged = HmacTokens({"v1": SECOND}, "v1", Purpose.BOUNCE)
        other = HmacTokens({"v1": FIRST}, "v1", Purpose.LINK)
        for tags in (forged, other):
            assert delivery_of(TAGS, BASE, bounce_address(tags, BASE, DELIVERY)) is None

    def test_the_tag_of_one_delivery_is_none_for_another(self) -> None:
        _, _, tag = token(TAGS, DELIVERY).partition(".")
        swapped = f"{token(TAGS, uuid4()).partition('.')[0]}.{tag}"
        assert delivery_of_token(TAGS, swapped) is None

    def test_no_sign_of_it_can_be_changed(self) -> None:
        local = token(TAGS, DELIVERY)
        for place, sign in enumerate(local):
            for other in "a2z.":
                if other != sign:
                    changed = local[:place] + other + local[place + 1 :]
                    found = delivery_of_token(TAGS, changed)
                    # The last sign of the delivery holds two bits that nobody reads.
                    assert found is None or (place == 25 and found == DELIVERY)

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "bounce@varsel.example.dk",
            "bounce+@varsel.example.dk",
            "bounce+x.y@varsel.example.dk",
            f"bounce+{DELIVERY}@varsel.example.dk",
            ADDRESS.replace("bounce+", "other+"),
            ADDRESS.replace("varsel.", "andet."),
            ADDRESS.replace("@", "a@"),
            "bounce+" + "æ" * 26 + "." + "a" * 16 + "@varsel.example.dk",
        ],
    )
    def test_what_is_no_address_of_ours_names_nothing(self, address: str) -> None:
        assert delivery_of(TAGS, BASE, address) is None

    def test_a_tag_of_another_length_is_not_one_that_we_write(self) -> None:
        """Though it is made with our key: an address has one form."""
        tag = b32encode(TAGS.make(DELIVERY.bytes, 20)).decode().lower()
        name = token(TAGS, DELIVERY).partition(".")[0]
        assert delivery_of_token(TAGS, f"{name}.{tag}") is None
        assert delivery_of_token(TAGS, f" {token(TAGS, DELIVERY).upper()}\n") == DELIVERY

    def test_a_key_that_was_rotated_away_still_reads(self) -> None:
        rotated = HmacTokens({"v1": FIRST, "v2": SECOND}, "v2", Purpose.BOUNCE)
        assert delivery_of(rotated, BASE, ADDRESS) == DELIVERY


MAIL: Mail = a_mail()
SENT = Received(sender=ADDRESS, recipient=MAIL.recipient, body=wire_bytes(MAIL))


def report_of(**changes: str | None) -> BounceReport:
    found = read(report(SENT, **changes))  # type: ignore[arg-type]
    assert found is not None
    return found


class TestReport:
    def test_a_failure_says_where_it_came_to_and_what_about(self) -> None:
        assert report_of() == BounceReport(
            action=ReportedAction.FAILED,
            status="5.1.1",
            arrived_at=(ADDRESS,),
            envelope_ids=(),
            message_id=MAIL.message_id,
        )

    def test_a_delay_is_no_failure(self) -> None:
        assert report_of(action="delayed", status="4.4.1").action is ReportedAction.DELAYED

    @pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "", "unheard-of"])
    def test_what_went_well_is_no_report(self, action: str) -> None:
        assert read(report(SENT, action=action)) is None

    @pytest.mark.parametrize("action", ["Failed", "FAILED (bounced)"])
    def test_words_are_read_as_the_standard_has_them(self, action: str) -> None:
        assert report_of(action=action).action is ReportedAction.FAILED

    @pytest.mark.parametrize("arrived", ["Delivered-To", "X-Original-To", "Envelope-To"])
    def test_what_the_last_relay_wrote_down_counts_too(self, arrived: str) -> None:
        assert report_of(arrived=arrived).arrived_at == (ADDRESS,)

    def test_the_envelopes_id_is_read(self) -> None:
        assert report_of(envelope_id="abc").envelope_ids == ("abc",)

    def test_a_head_alone_is_enough_and_none_is_no_fault(self) -> None:
        assert report_of(returned="text/rfc822-headers").message_id == MAIL.message_id
        assert report_of(message_id=None).message_id is None

    def test_a_report_on_an_address_outside_ascii_is_read(self) -> None:
        assert report_of(kind="global-delivery-status") is not None

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x00\xff" * 500,
            b"Subject: Fravaer\n\nJeg er paa ferie.\n",
            wire_bytes(MAIL),
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n",
            b"Content-Type: multipart/report; report-type=delivery-status\n\nnothing\n",
            b"Content-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x--\n",
            report(SENT, status="no status").replace(b"Action: failed", b"Action"),
        ],
        ids=range(8),
    )
    def test_what_is_no_report_is_none(self, content: bytes) -> None:
        assert read(content) is None

    def test_a_status_that_is_none_is_the_general_one(self) -> None:
        assert report_of(status="what a status").status == "5.0.0"

    @given(st.data())
    def test_a_damaged_report_is_read_or_refused_and_never_a_fault(self, data: st.DataObject) -> None:
        content = bytearray(report(SENT))
        for _ in range(data.draw(st.integers(1, 30))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        read(bytes(content))


FAILED = "Action: failed\nStatus: 5.1.1\n"
DELAYED = "Action: delayed\nStatus: 4.4.1\n"


def raw(
    *parts: tuple[str, str], kind: str = "multipart/report; report-type=delivery-status", to: str = ADDRESS
) -> bytes:
    """A report of our making: each part by its type and its content."""
    inner = "".join(f"--x\nContent-Type: {of_type}\n\n{content}\n" for of_type, content in parts)
    return f"To: {to}\nMIME-Version: 1.0\nContent-Type: {kind}; boundary=x\n\n{inner}--x--\n".encode()


def status_of(*blocks: str, kind: str = "delivery-status") -> tuple[str, str]:
    return (f"message/{kind}", "\n".join(["Reporting-MTA: dns; relay.example\n", *blocks]))


class TestOddReports:
    @pytest.mark.parametrize(
        "kind",
        [
            "multipart/mixed; report-type=delivery-status",
            "multipart/report; report-type=disposition-notification",
            "multipart/report",
        ],
    )
    def test_what_is_not_said_to_be_a_report_of_a_delivery_is_none(self, kind: str) -> None:
        """A person's forwarded copy of one changes nothing."""
        assert read(raw(status_of(FAILED))) is not None
        assert read(raw(status_of(FAILED), kind=kind)) is None

    def test_a_failure_counts_beside_a_delay_wherever_it_stands(self) -> None:
        for blocks in ((DELAYED, FAILED), (FAILED, DELAYED)):
            found = read(raw(status_of(*blocks)))
            assert found is not None
            assert (found.action, found.status) == (ReportedAction.FAILED, "5.1.1")

    def test_a_failure_without_a_status_is_one(self) -> None:
        found = read(raw(status_of("Action: failed\n")))
        assert found is not None
        assert (found.action, found.status) == (ReportedAction.FAILED, "5.0.0")

    def test_the_first_part_about_the_delivery_counts_and_no_other(self) -> None:
        found = read(raw(status_of(DELAYED), status_of(FAILED)))
        assert found is not None
        assert found.action is ReportedAction.DELAYED

    @pytest.mark.parametrize("kind", ["delivery-status", "global-delivery-status"])
    def test_each_block_of_either_type_is_read(self, kind: str) -> None:
        found = read(
            raw(
                status_of(DELAYED, "\n", FAILED, kind=kind),
                kind=f"multipart/report; report-type={kind}",
            )
        )
        assert found is not None
        assert found.action is ReportedAction.FAILED

    @pytest.mark.parametrize(
        "returned", ["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"]
    )
    def test_of_the_mails_that_come_with_it_the_first_behind_the_status_is_the_one(
        self, returned: str
    ) -> None:
        """What stands before may be anything: a note of the relay's owner, with a mail in it."""
        parts = [(returned, f"Message-ID: <{name}@b.example>\n\nx\n") for name in ("before", "own", "after")]
        found = read(raw(parts[0], status_of(FAILED), *parts[1:]))
        assert found is not None
        assert found.message_id == "<own@b.example>"

    @pytest.mark.parametrize("to", ["", "undisclosed-recipients:;", "nobody", "<>"])
    def test_where_no_address_is_named_none_is_found(self, to: str) -> None:
        found = read(raw(status_of(FAILED), to=to))
        assert found is not None
        assert "" not in found.arrived_at
        assert ADDRESS not in found.arrived_at

    def test_mails_within_mails_without_end_are_no_report(self) -> None:
        assert read(b"Content-Type: message/rfc822\n\n" * 20_000) is None
        assert (
            read(raw(status_of(FAILED), ("message/rfc822", "Content-Type: message/rfc822\n\n" * 5_000)))
            is None
        )

    def test_a_head_in_an_encoding_with_no_name_is_no_fault(self) -> None:
        """The library looks such a name up as if it were one of a file."""
        content = raw(status_of(FAILED), ('text/rfc822-headers; charset="x\0y"', "Message-ID: <å@b.example>"))
        assert read(content) is None


class TestReturns:
    RETURNS = BounceAddress(tags=TAGS, base=BASE)

    def test_a_report_is_known_by_its_address_or_its_envelopes_id(self) -> None:
        assert self.RETURNS.delivery(report_of()) == DELIVERY
        elsewhere = report_of(to="postmaster@varsel.example.dk", envelope_id=token(TAGS, DELIVERY))
        assert self.RETURNS.delivery(elsewhere) == DELIVERY

    def test_a_message_id_alone_is_worth_nothing(self) -> None:
        assert self.RETURNS.delivery(report_of(to="frafaldsvarsel@varsel.example.dk")) is None

    def test_a_report_that_names_two_deliveries_names_none(self) -> None:
        other = token(TAGS, uuid4())
        assert self.RETURNS.delivery(report_of(envelope_id=other)) is None
