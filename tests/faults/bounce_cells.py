"""Mails that the relay takes and that come back in many forms, and reports by somebody who only says so."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final
from uuid import uuid4

from tests.faults.cells import Cell, Family, Run
from tests.faults.process_settings import BOUNCES
from tests.faults.workload import Sent
from tests.smtp.reports import report
from tests.smtp.server import Received

_PATIENCE: Final = 30.0
_AN_HOUR_AGO: Final = (
    "UPDATE attempts SET at = at - interval '1 hour' WHERE delivery_id IN ({ids})",
    "UPDATE deliveries SET ended_at = ended_at - interval '1 hour' WHERE id IN ({ids})",
)
_DELIVERED: Final = "SELECT id FROM deliveries WHERE status = 'delivered' AND channel = 'email'"


def _forged(mail: Received) -> bytes:
    """The forger knows everything that stands in a mail; what stands in its envelope is not to be seen there."""
    local, _, domain = BOUNCES.partition("@")
    return report(mail, to=f"{local}+{'a' * 26}.{'b' * 16}@{domain}")


def _changed(mail: Received) -> bytes:
    """A gateway wraps the report and hides its kind, another wrote a Message-ID of its own."""
    wrapped = report(mail, to="postmaster@gateway.example", message_id="<new@gateway.example>")
    wrapped = wrapped.replace(b"; report-type=delivery-status", b"").replace(
        b"Action: failed", b"Action: failure;"
    )
    head = f"To: {mail.sender}\nContent-Type: multipart/mixed; boundary=outer\n\n--outer\n"
    return f"{head}Content-Type: message/rfc822\n\n".encode() + wrapped + b"\n--outer--\n"


def _words(mail: Received) -> bytes:
    """No fields at all."""
    said = f"I'm afraid I wasn't able to deliver your message. I've given up.\n\n<{mail.recipient}>:\nno mailbox here"
    return f"To: {mail.sender}\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n{said}\n".encode()


def _copy(mail: Received) -> bytes:
    told = f"Final-Recipient: rfc822; {mail.recipient}".encode()
    return report(mail).replace(told, b"Final-Recipient: rfc822; privat@example.net")


def _strange(mail: Received) -> bytes:
    return f"To: {mail.sender}\nFrom: MAILER-DAEMON@mx.example\n\nAk og ve\n".encode()


def _automatic(mail: Received) -> bytes:
    return f"To: {mail.sender}\nFrom: {mail.recipient}\nSubject: Autosvar\nAuto-Submitted: auto-replied\n\n".encode()


def _come_back(
    run: Run,
    chunk: Sequence[Sent],
    *,
    times: int,
    form: Callable[[Received], bytes],
    ends: bool = True,
    kept: str | None = None,
) -> int:
    """A few of the mails that were taken come back. `ends`: their notices; `kept`: else what the database notes."""
    run.publish(chunk)
    run.rig.drain()
    with run.rig.connect() as connection:
        known = {str(identity) for (identity,) in connection.execute(_DELIVERED).fetchall()}
        mails = [mail for mail in run.rig.relay.accepted() if _delivery(mail.body) in known][-times:]
        if ends:
            for statement in _AN_HOUR_AGO:
                ids = ", ".join(f"'{_delivery(mail.body)}'" for mail in mails)
                connection.execute(statement.format(ids=ids).encode())
        connection.commit()
    drop = run.rig.data / "maildir"
    for mail in mails:
        file = drop / "new" / f"{uuid4().hex}.relay"
        file.write_bytes(form(mail))
    deadline = time.monotonic() + _PATIENCE
    while any((drop / "new").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    run.healed()
    with run.rig.connect() as connection:
        these = [_delivery(mail.body) for mail in mails]
        row = connection.execute(
            "SELECT count(*) FROM deliveries WHERE id = ANY(%s::uuid[]) AND status = 'refused'", (these,)
        ).fetchone()
        noted = connection.execute(
            "SELECT count(*) FROM bounces WHERE delivery_id = ANY(%s::uuid[]) AND action = %s", (these, kept)
        ).fetchone()
    if kept is not None and noted != (len(mails),):
        run.left_out.append(f"{len(mails)} reports, and {noted} are noted as {kept}")
    refused = 0 if row is None else row[0]
    if refused != (len(mails) if ends else 0):
        run.left_out.append(f"{len(mails)} reports, and {refused} notices are refused")
    followed = _followed(run, these, deadline)
    if followed != (len(mails) if ends else 0):
        run.left_out.append(
            f"{len(mails)} reports, and {followed} were followed by an escalation or a reason"
        )
    return len(mails)


def _followed(run: Run, deliveries: Sequence[str], deadline: float) -> int:
    """How many refused notices somebody else is told instead of, or nobody for a reason that is written down."""
    while True:
        with run.rig.connect() as connection:
            row = connection.execute(
                "SELECT count(*), (SELECT count(*) FROM deliveries WHERE id = ANY(%s::uuid[]) AND status = 'refused') "
                "FROM steps WHERE failed_delivery = ANY(%s::uuid[])",
                (list(deliveries), list(deliveries)),
            ).fetchone()
        followed, refused = (0, 0) if row is None else row
        if followed == refused or time.monotonic() > deadline:
            return int(followed)
        time.sleep(0.1)


def _delivery(body: bytes) -> str:
    return body.partition(b"Message-ID: <")[2].partition(b"@")[0].decode()


def _cell(name: str, form: Callable[[Received], bytes], **more: Any) -> Cell:
    ends = more.get("ends", True)
    work = partial(_come_back, times=5, form=form, **more)
    return Cell(name, Family.SMTP, work, per_round=5, most_rounds=4, refusals=ends)


CELLS: Final = (
    _cell("bounce an hour later", report),
    _cell("bounce that a gateway has changed", _changed),
    _cell("bounce in plain words", _words),
    _cell("bounce of a copy passed on", _copy, ends=False, kept="other"),
    _cell("bounce that nobody understands", _strange, ends=False, kept="unread"),
    _cell("automatic answer", _automatic, ends=False),
    _cell("forged bounce", _forged, ends=False),
)
