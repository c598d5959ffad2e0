"""The mail catcher speaks real SMTP, insists on TLS, and has on the disk whatever it acknowledged."""

import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from local.servers.mail_catcher import Catcher, CaughtMail, count_mails, read_mails


@pytest.fixture
def own_catcher(tmp_path: Path) -> Iterator[Catcher]:
    """A catcher that the test may kill."""
    catcher = Catcher(tmp_path / "catcher")
    catcher.start()
    catcher.wait_ready()
    yield catcher
    catcher.kill()


def a_mail(*, to: str, message_id: str = "<1@example.org>", subject: str = "Opgave FV-ÆØÅ1") -> EmailMessage:
    mail = EmailMessage()
    mail["Message-ID"] = message_id
    mail["From"] = "frafaldsvarsel@example.org"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = "Mon, 01 Jun 2026 09:00:00 +0200"
    mail.set_content("Kære jobcenter\nblåbærgrød 1\n")
    mail.add_alternative("<h1>Kære jobcenter</h1><script>1</script>", subtype="html")
    return mail


def connect(catcher: Catcher) -> smtplib.SMTP:
    client = smtplib.SMTP("localhost", catcher.smtp_port, timeout=10)
    client.starttls(context=ssl.create_default_context(cafile=str(catcher.ca_file)))
    return client


def get(catcher: Catcher, path: str, **headers: str) -> str:
    request = urllib.request.Request(catcher.pages_url + path, headers=headers)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        return str(answer.read().decode())


def mails_to(catcher: Catcher, recipient: str) -> list[CaughtMail]:
    return [mail for mail in read_mails(catcher.data) if mail.recipient == recipient]


def test_a_mail_is_kept_as_sent(catcher: Catcher, unique: Callable[[str], str]) -> None:
    to = f"{unique('unit')}@example.org"
    with connect(catcher) as client:
        client.send_message(a_mail(to=to), "bounce@example.org", [to])
    [mail] = mails_to(catcher, to)
    assert mail.message_id == "<1@example.org>"
    assert mail.sender == "bounce@example.org"
    assert mail.subject == "Opgave FV-ÆØÅ1"
    assert mail.date is not None
    assert mail.date.isoformat() == "2026-06-01T09:00:00+02:00"
    assert mail.text.splitlines() == ["Kære jobcenter", "blåbærgrød 1"]
    assert "<h1>Kære jobcenter</h1>" in mail.html


def test_raw_utf_8_in_headers_and_body_is_kept(catcher: Catcher, unique: Callable[[str], str]) -> None:
    to = f"{unique('unit')}@example.org"
    raw = f"Message-ID: <8@x>\r\nSubject: æøå\r\nTo: {to}\r\n\r\nblåbærgrød\r\n".encode()
    with connect(catcher) as client:
        client.sendmail("a@example.org", [to], raw, mail_options=["SMTPUTF8", "BODY=8BITMIME"])
    [mail] = mails_to(catcher, to)
    assert (mail.subject, mail.date) == ("æøå", None)
    [file] = [path for path in (catcher.data / "mail").iterdir() if to.encode() in path.read_bytes()]
    assert "blåbærgrød".encode() in file.read_bytes()


def test_mail_without_tls_is_refused(catcher: Catcher) -> None:
    before = count_mails(catcher.data)
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=10) as client:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.sendmail("a@example.org", ["b@example.org"], b"Subject: x\r\n\r\nx")
        assert refused.value.smtp_code == 530
    assert count_mails(catcher.data) == before


def test_the_certificate_is_of_our_own_authority_only(catcher: Catcher) -> None:
    with smtplib.SMTP("localhost", catcher.smtp_port, timeout=10) as client:
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=ssl.create_default_context())
        client.close()


def test_mails_port_and_certificate_survive_a_kill(own_catcher: Catcher) -> None:
    port, authority = own_catcher.smtp_port, own_catcher.ca_file.read_bytes()
    with connect(own_catcher) as client:
        client.send_message(a_mail(to="a@example.org"))
        # Acknowledged, so it is there, though nothing was shut down.
        own_catcher.kill()
        client.close()
    assert count_mails(own_catcher.data) == 1
    own_catcher.start()
    own_catcher.wait_ready()
    assert own_catcher.smtp_port == port
    assert own_catcher.ca_file.read_bytes() == authority
    with connect(own_catcher) as client:
        client.send_message(a_mail(to="b@example.org", message_id="<2@example.org>"))
    assert [mail.message_id for mail in read_mails(own_catcher.data)] == [
        "<1@example.org>",
        "<2@example.org>",
    ]
    assert [mail.sequence for mail in read_mails(own_catcher.data)] == [1, 2]


def test_the_pages_list_search_and_page_mails(own_catcher: Catcher) -> None:
    with connect(own_catcher) as client:
        for number in range(60):
            to = f"unit{number % 2}@example.org"
            client.send_message(a_mail(to=to, message_id=f"<{number}@x>", subject=f"Mail nr. {number:02}"))
    newest = get(own_catcher, "")
    assert newest.index("Mail nr. 59") < newest.index("Mail nr. 58")
    assert "Mail nr. 09" not in newest
    assert "Mail nr. 09" in get(own_catcher, "?page=2")
    found = get(own_catcher, "?to=UNIT1")
    assert "30 mails to “UNIT1”" in found
    assert "Mail nr. 58" not in found


def test_a_mails_markup_cannot_run_or_load_anything(own_catcher: Catcher) -> None:
    with connect(own_catcher) as client:
        client.send_message(a_mail(to="a@example.org", subject="<script>alert(1)</script>"))
    page = get(own_catcher, "mail/1")
    assert '<iframe sandbox src="/mail/1/html"' in page
    assert "<script>" not in page
    assert "X-Envelope-To" in page
    with urllib.request.urlopen(own_catcher.pages_url + "mail/1/html") as answer:  # noqa: S310 - our own address
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_the_pages_answer_only_to_this_machines_names(own_catcher: Catcher) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(own_catcher, "", Host="attacker.example")
    assert refused.value.code == 421
    refused.value.close()
    with pytest.raises(urllib.error.HTTPError) as missing:
        get(own_catcher, "mail/999")
    assert missing.value.code == 404
    missing.value.close()
