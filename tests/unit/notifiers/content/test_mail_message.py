"""The bytes of a mail: the same for the same record, and never shaped by what a field holds."""

import email
import email.policy
import re
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.notifications.delivery import Audience, Occasion
from notifiers.addresses import checked_address
from notifiers.content.mail_message import Mail, header_date, message_id, wire_bytes
from notifiers.content.notice import TaskNotice
from notifiers.content.render import render
from tests.unit.notifiers.content.test_render import ABOUT_A_TASK, DAYS
from tests.unit.notifiers.content.test_render import a_notice as a_whole_notice

WHEN = datetime(2026, 10, 2, 11, 30, 5, tzinfo=ZoneInfo("Europe/Copenhagen"))


def a_mail(**changes: object) -> Mail:
    values: dict[str, object] = {
        "message_id": "<0198c1f2-9c1e-5d6b-8a44-5f2a9a1d0c11@varsel.example.dk>",
        "date": WHEN,
        "sender": "frafaldsvarsel@varsel.example.dk",
        "sender_name": "Frafaldsvarsel",
        "recipient": "jobcenter@kommune.example.dk",
        "subject": "Ny opgave FV-7K3M-92QD-0001: reagér senest fredag den 9. oktober 2026",
        "text": "Hej\n\n.en linje med punktum\nÆØÅ æøå – slut\n",
        "html": '<!DOCTYPE html>\n<html lang="da"><p>Ærø &amp; Søn</p></html>\n',
    }
    return Mail.model_validate({**values, **changes})


def a_notice(*, occasion: Occasion) -> TaskNotice:
    return TaskNotice(
        reference="FV-7K3M-92QD-0001",
        occasion=occasion,
        unit_name="Jobcenter Ærø",
        today=date(2026, 9, 24),
        react_by=date(2026, 9, 30),
        messages=1,
        opened_on=date(2026, 9, 23),
        appended_on=date(2026, 9, 23),
        mentor_until=date(2026, 10, 5),
        link_base="https://varsel.example.dk",
    )


def test_the_bytes_are_exactly_these() -> None:
    """Held letter by letter: a mail that is sent again after an upgrade must be the same mail."""
    head, _, rest = wire_bytes(a_mail()).partition(b"\r\n\r\n")
    assert head.decode("ascii").split("\r\n") == [
        "From: Frafaldsvarsel <frafaldsvarsel@varsel.example.dk>",
        "To: jobcenter@kommune.example.dk",
        "Subject: Ny opgave FV-7K3M-92QD-0001: =?utf-8?q?reag=C3=A9r?= senest fredag",
        " den 9. oktober 2026",
        "Date: Fri, 02 Oct 2026 11:30:05 +0200",
        "Message-ID: <0198c1f2-9c1e-5d6b-8a44-5f2a9a1d0c11@varsel.example.dk>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative;",
        ' boundary="=_a555d22ad9f00e7e8cbdce31a4028e5e"',
        "Content-Language: da",
    ]
    assert rest.isascii()
    assert rest.count(b"Content-Transfer-Encoding: quoted-printable") == 2
    assert max(len(line) for line in rest.split(b"\r\n")) <= 78


def test_the_same_record_gives_the_same_bytes_after_a_stay_in_the_database() -> None:
    mail = a_mail()
    kept = Mail.model_validate_json(mail.model_dump_json())
    assert wire_bytes(kept) == wire_bytes(mail) == wire_bytes(a_mail())


def test_text_and_html_come_out_as_they_went_in() -> None:
    parsed = email.message_from_bytes(wire_bytes(a_mail()), policy=email.policy.default)
    plain, html = parsed.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == a_mail().text
    assert html.get_content().replace("\r\n", "\n") == a_mail().html
    assert [plain.get_content_type(), html.get_content_type()] == ["text/plain", "text/html"]


@given(subject=st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=100))
def test_a_folded_subject_reads_as_it_was_written(subject: str) -> None:
    parsed = email.message_from_bytes(wire_bytes(a_mail(subject=subject)), policy=email.policy.default)
    assert parsed["Subject"] == subject


def read_by_others(mail: Mail) -> str:
    """The subject as RFC 2047 has it, not as Python's own parser mends it."""
    head = wire_bytes(mail).partition(b"\r\n\r\n")[0].decode("ascii")
    raw = re.sub(r"\r\n(?=[ \t])", "", head).partition("Subject: ")[2].partition("\r\n")[0]
    return str(make_header(decode_header(raw)))


def test_no_subject_of_ours_gets_a_space_where_it_is_folded() -> None:
    for occasion in ABOUT_A_TASK:
        for audience in Audience:
            for undelivered in (False, True):
                for today in DAYS:
                    notice = a_whole_notice(
                        occasion=occasion, audience=audience, undelivered=undelivered, today=today
                    )
                    mail = a_mail(subject=render(notice).subject)
                    assert read_by_others(mail) == mail.subject


@given(
    st.lists(
        st.sampled_from(["ren", "reagér", "kunne", "FV-7K3M-92QD-0001", "ikke", "ø", "æble:"]), min_size=1
    )
)
def test_a_subject_of_any_words_is_read_as_it_was_written(words: list[str]) -> None:
    subject = " ".join(words)[:250].strip()
    assert read_by_others(a_mail(subject=subject)) == subject


@pytest.mark.parametrize("occasion", sorted(set(Occasion) - {Occasion.DIGEST, Occasion.CHANNEL_OFF}))
def test_every_subject_of_ours_reads_as_it_was_written(occasion: Occasion) -> None:
    subject = render(a_notice(occasion=occasion)).subject
    parsed = email.message_from_bytes(wire_bytes(a_mail(subject=subject)), policy=email.policy.default)
    assert parsed["Subject"] == subject


@given(text=st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_no_body_can_hold_the_boundary(text: str) -> None:
    parsed = email.message_from_bytes(wire_bytes(a_mail(text=text, html=text)), policy=email.policy.default)
    assert len(list(parsed.iter_parts())) == 2


@given(
    field=st.sampled_from(["subject", "sender_name", "sender", "recipient", "message_id"]),
    control=st.sampled_from(list("\r\n\0\t\x0b\x0c\x1c\x1d\x1e\x7f\x85\u2028\u2029")),
    before=st.text(alphabet="abc", max_size=3),
)
def test_no_field_can_add_a_header(field: str, control: str, before: str) -> None:
    with pytest.raises(ValidationError):
        a_mail(**{field: f"{before}{control}Bcc: x@example.dk"})


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@b.dk", "a@", "a b@c.dk", "a@b c.dk", "<a@b.dk>", "a@b.dk> SIZE=1", "a@b.dk,c@d.dk",
        "A <a@b.dk>", '"a b"@c.dk', "a@b..dk", ".a@b.dk", "a.@b.dk", "a@-b.dk", "a@b.dk\r\nRCPT TO:<c@d.dk>",
        "x" * 65 + "@b.dk", "a@[127.0.0.1]", "a\u2003b@c.dk", "a\u00a0b@c.dk",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an email address"):
        checked_address(address)


def test_a_danish_domain_becomes_ascii_and_only_a_local_part_needs_smtputf8() -> None:
    assert a_mail(recipient="job@ærø.dk").recipient == "job@xn--r-3fa9c.dk"
    assert not a_mail(recipient="job@ærø.dk").smtputf8
    utf8 = a_mail(recipient="jøb@ærø.dk")
    assert utf8.smtputf8
    assert "To: jøb@xn--".encode() in wire_bytes(utf8)


def test_a_naive_or_broken_date_is_refused() -> None:
    for when in (datetime(2026, 1, 1), WHEN.replace(microsecond=1)):  # noqa: DTZ001 - the naive one is the test
        with pytest.raises(ValidationError):
            a_mail(date=when)


def test_a_mail_comes_back_to_its_own_address_where_it_has_one() -> None:
    """Which delivery has failed is known by it; without one, the sender hears of it."""
    mail = a_mail(return_to="bounce+a.b@varsel.example.dk")
    assert mail.envelope_sender == "bounce+a.b@varsel.example.dk"
    assert wire_bytes(mail) == wire_bytes(a_mail())
    assert a_mail().envelope_sender == "frafaldsvarsel@varsel.example.dk"


def test_a_mail_is_named_by_its_delivery_and_dated_to_the_second() -> None:
    """What is kept of a mail is what goes out: neither may be made anew when it is sent again."""
    name = message_id("0198c1f2-9c1e-5d6b-8a44-5f2a9a1d0c11", "varsel.example.dk")
    assert a_mail(message_id=name) == a_mail()
    assert header_date(WHEN.replace(microsecond=999_999)) == WHEN
    with pytest.raises(ValidationError):
        a_mail(date=WHEN.replace(microsecond=1))


@pytest.mark.parametrize(("hour", "offset"), [(0, "+0200"), (1, "+0100")])
def test_what_is_kept_of_a_mail_is_the_mail_also_in_the_hour_that_comes_twice(hour: int, offset: str) -> None:
    mail = a_mail(date=header_date(datetime(2026, 10, 25, hour, 53, 11, tzinfo=UTC)))
    assert Mail.model_validate_json(mail.model_dump_json()) == mail
    assert f"Date: Sun, 25 Oct 2026 02:53:11 {offset}\r\n".encode() in wire_bytes(mail)


def test_a_head_line_has_room_for_250_signs() -> None:
    assert len(a_mail(subject="x" * 250).subject) == 250
    for subject in ("x" * 251, "", "a\nb", "a\x7fb", "a\u2028b"):
        with pytest.raises(ValidationError):
            a_mail(subject=subject)


def test_a_message_id_has_room_for_320_signs() -> None:
    assert a_mail(message_id=f"<{'a' * 300}@{'b' * 17}>").message_id.endswith("b>")
    for name in (f"<{'a' * 300}@{'b' * 18}>", "a@b", "<a@b>\n", "<a b@c>"):
        with pytest.raises(ValidationError):
            a_mail(message_id=name)
