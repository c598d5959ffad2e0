"""Delivery status notifications as relays write them (RFC 3464), for tests."""

from tests.smtp.server import Received

_BOUNDARY = "4F1.1760000000/relay.example"


def report(
    mail: Received,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    to: str | None = None,
    arrived: str = "To",
    message_id: str | None = "",
    envelope_id: str | None = None,
    kind: str = "delivery-status",
    returned: str = "message/rfc822",
) -> bytes:
    """What comes back for `mail`. `message_id`: None to leave the mail's head out, "" for its own."""
    fields = ["Reporting-MTA: dns; relay.example", "X-Postfix-Queue-ID: 4F1"]
    if envelope_id is not None:
        fields.append(f"Original-Envelope-Id: {envelope_id}")
    recipient = [
        f"Final-Recipient: rfc822; {mail.recipient}",
        f"Original-Recipient: rfc822;{mail.recipient}",
        f"Action: {action}",
        f"Status: {status}",
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown",
    ]
    parts = [
        ("text/plain; charset=utf-8", "Jeg beklager, mailen kunne ikke leveres."),
        (f"message/{kind}", "\n".join([*fields, "", *recipient])),
    ]
    head = mail.body.decode("ascii", "replace").replace("\r\n", "\n").partition("\n\n")[0]
    if message_id:
        head = "\n".join(
            f"Message-ID: {message_id}" if line.startswith("Message-ID:") else line
            for line in head.split("\n")
        )
    if message_id is not None:
        parts.append((returned, head if returned.startswith("text") else f"{head}\n\ncontent"))
    lines = [
        "Return-Path: <>",
        f"{arrived}: {to or mail.sender}",
        "From: MAILER-DAEMON@relay.example (Mail Delivery System)",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "Message-ID: <20261009.1@relay.example>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kind};\n\tboundary="{_BOUNDARY}"',
        "",
        "This is a MIME-encapsulated message.",
    ]
    for content_type, content in parts:
        lines += ["", f"--{_BOUNDARY}", f"Content-Type: {content_type}", "", content]
    return "\n".join([*lines, "", f"--{_BOUNDARY}--", ""]).encode()
