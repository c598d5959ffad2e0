"""Mails that the relay takes and that come back, and reports by somebody who only says so."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import uuid4

from tests.faults.cells import Cell, Family, Run
from tests.faults.process_settings import BOUNCES
from tests.faults.workload import Sent
from tests.smtp.reports import report

_PATIENCE: Final = 30.0
_AN_HOUR_AGO: Final = (
    "UPDATE attempts SET at = at - interval '1 hour' WHERE delivery_id IN ({ids})",
    "UPDATE deliveries SET ended_at = ended_at - interval '1 hour' WHERE id IN ({ids})",
)
_DELIVERED: Final = "SELECT id FROM deliveries WHERE status = 'delivered' AND channel = 'email'"


def _come_back(run: Run, chunk: Sequence[Sent], *, times: int, forged: bool) -> int:
    """A few of the mails that were taken come back; the reports on them are real, or a forger's."""
    run.publish(chunk)
    run.rig.drain()
    with run.rig.connect() as connection:
        known = {str(identity) for (identity,) in connection.execute(_DELIVERED).fetchall()}
        mails = [mail for mail in run.rig.relay.accepted() if _delivery(mail.body) in known][-times:]
        if not forged:
            for statement in _AN_HOUR_AGO:
                ids = ", ".join(f"'{_delivery(mail.body)}'" for mail in mails)
                connection.execute(statement.format(ids=ids).encode())
        connection.commit()
    drop = run.rig.data / "maildir"
    for mail in mails:
        # The forger knows everything that stands in a mail; what stands in its envelope is not to be seen there.
        to = f"{BOUNCES.partition('@')[0]}+{'a' * 26}.{'b' * 16}@{BOUNCES.partition('@')[2]}"
        file = drop / "new" / f"{uuid4().hex}.relay"
        file.write_bytes(report(mail, to=to if forged else None))
    deadline = time.monotonic() + _PATIENCE
    while any((drop / "new").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    run.healed()
    with run.rig.connect() as connection:
        these = [_delivery(mail.body) for mail in mails]
        row = connection.execute(
            "SELECT count(*) FROM deliveries WHERE id = ANY(%s::uuid[]) AND status = 'refused'", (these,)
        ).fetchone()
    refused = 0 if row is None else row[0]
    if refused != (0 if forged else len(mails)):
        run.left_out.append(f"{len(mails)} reports, and {refused} notices are refused")
    followed = _followed(run, these, deadline)
    if followed != (0 if forged else len(mails)):
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


CELLS: Final = (
    Cell(
        "bounce an hour later",
        Family.SMTP,
        partial(_come_back, times=5, forged=False),
        per_round=5,
        most_rounds=4,
        refusals=True,
    ),
    Cell(
        "forged bounce",
        Family.SMTP,
        partial(_come_back, times=5, forged=True),
        per_round=5,
        most_rounds=4,
    ),
)
