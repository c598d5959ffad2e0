"""What goes over the wire is what Python's library writes of the same mail, byte for byte."""

import string
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from hypothesis import example, given
from hypothesis import strategies as st

from notifiers.content.mail_message import Mail, mail_policy, wire_bytes
from tests.unit.notifiers.content.test_mail_message import a_mail, read_by_others

REFERENCES = st.text(string.digits + string.ascii_uppercase, min_size=12, max_size=12).map(
    lambda text: f"FV-{text[:4]}-{text[4:8]}-{text[8:]}"
)
WORDS = st.one_of(
    st.sampled_from(["opgave", "reagér", "senest", "æøå:", "=?utf-8?q?x?=", "(", '"', "kommune"]),
    REFERENCES,
    REFERENCES.map("{}: ø".format),
    st.text(string.ascii_letters, max_size=40),
)
SUBJECTS = st.lists(WORDS, min_size=1, max_size=12).map(lambda words: " ".join(words)[:250] or "x")
LINES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    st.text("=. \t-æ\x0b\x0c\x85\u2028\n\r", max_size=200),
    st.text("ax =\t\n", min_size=70, max_size=90),
)
BODIES = LINES.filter(bool)
LOCAL_PARTS = st.text(string.ascii_letters + string.digits + ".+_-æ", min_size=1, max_size=64).filter(
    lambda text: not (text.startswith(".") or text.endswith(".") or ".." in text)
)
ADDRESSES = LOCAL_PARTS.map("{}@kommune.example.dk".format)
IDENTITIES = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=120)


def by_the_library(mail: Mail) -> bytes:
    message = EmailMessage(policy=mail_policy(utf8=mail.smtputf8))
    for name, address, shown in (("From", mail.sender, mail.sender_name), ("To", mail.recipient, "")):
        username, _, domain = address.rpartition("@")
        message[name] = Address(display_name=shown, username=username, domain=domain)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", charset="utf-8", cte="quoted-printable")
    message.set_boundary(boundary_of(mail))
    message["Content-Language"] = "da"
    return message.as_bytes()


def boundary_of(mail: Mail) -> str:
    return wire_bytes(mail).partition(b'boundary="')[2].partition(b'"')[0].decode()


@given(
    text=BODIES,
    html=BODIES,
    sender_name=SUBJECTS,
    recipient=ADDRESSES,
    identity=IDENTITIES,
    seconds=st.integers(0, 2_000_000_000),
)
@example(text="\n", html=" ", sender_name="x", recipient="x@y.dk", identity="x", seconds=0)
def test_the_bytes_are_the_library_s(
    text: str, html: str, sender_name: str, recipient: str, identity: str, seconds: int
) -> None:
    mail = a_mail(
        text=text,
        html=html,
        sender_name=sender_name,
        recipient=recipient,
        message_id=f"<{identity}@varsel.example.dk>",
        date=datetime.fromtimestamp(seconds, UTC),
    )
    assert wire_bytes(mail) == by_the_library(mail)


@given(subject=SUBJECTS, other=REFERENCES, recipient=ADDRESSES)
def test_a_subject_is_folded_as_if_it_were_the_only_one(subject: str, other: str, recipient: str) -> None:
    for one in (subject, f"Opgave {other}: {subject}"[:250], f"{subject} {other}ø"[-250:]):
        mail = a_mail(subject=one, recipient=recipient)
        assert wire_bytes(mail) == by_the_library(mail)


def test_a_subject_in_which_the_library_cuts_a_letter_in_two_is_read_as_it_was_written() -> None:
    reference = "FV-0000-0000-0000"
    subject = f"opgave opgave opgave {reference} {reference} reagér opgave {reference}: ø reagér"
    assert read_by_others(a_mail(subject=subject)) == subject
