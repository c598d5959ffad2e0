"""Two people for where a duty goes: whether the tables stand as two have signed for them (docs/decisions/0066).

No server is asked: the signatures stand beside the tables, so that whoever puts back older tables puts back theirs, and
whoever changes a table alone has none.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey

from config.errors import Fault
from config.reference.csv_reader import read_table
from config.reference.rows import Day, Text
from crypto.signature import SignatureError, sign, verify
from models.base import Frozen

GUARDED: Final = ("routes.csv", "units.csv", "recipients.csv", "webhooks.csv")
"""Who answers for whom, and every address of theirs."""
APPROVALS: Final = "approvals.csv"
PEOPLE: Final = 2
"""How many must have signed for the tables as they stand."""


class ApprovalRow(Frozen):
    """``approvals.csv``: a person's word for the tables of one fingerprint. Older rows stay: so do older tables."""

    person: Text
    signed_on: Day
    tables: Text
    signature: Text


def fingerprint(directory: Path) -> str:
    """Of the guarded tables' bytes, in hexadecimal; the ends of lines do not count. Raises `OSError`."""
    found = sha256()
    for file in GUARDED:
        content = (directory / file).read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{file} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def approve(tables: str, key: OKPKey, day: date) -> ApprovalRow:
    """A row for tables of this `fingerprint`, signed by a person's private key; its `kid` names the person."""
    person = str(key.kid)
    signature = sign(_signed(tables, person, day), key)
    return ApprovalRow.model_validate_strings(
        {"person": person, "signed_on": str(day), "tables": tables, "signature": signature}
    )


def approved_by(tables: str, rows: Iterable[ApprovalRow], approvers: Mapping[str, OKPKey]) -> list[str]:
    """Who of `approvers` has signed for tables of this `fingerprint`, each once, in order of their names. Pure."""
    return sorted({row.person for row in rows if row.tables == tables and _holds(row, approvers)})


def approval_faults(directory: Path, approvers: Mapping[str, OKPKey]) -> list[Fault]:
    """What is missing so that the tables of `directory` may be used; empty where nothing is."""
    try:
        tables = fingerprint(directory)
    except OSError as error:
        return [Fault(f"nobody can have signed for what cannot be read: {error.strerror}.", APPROVALS)]
    table = read_table(directory, APPROVALS, ApprovalRow)
    names = approved_by(tables, table.rows, approvers)
    if len(names) >= PEOPLE:
        return []
    who = f"only by {names[0]}" if names else "by nobody"
    return [
        *(table.faults if (directory / APPROVALS).exists() else ()),
        Fault(
            f"{', '.join(GUARDED)} as they stand (fingerprint {tables[:12]}) are signed {who}; two people must, "
            "each with `routes sign`.",
            APPROVALS,
        ),
    ]


def keep(directory: Path, row: ApprovalRow) -> None:
    """Add a row to the file, which holds it whole or not at all; raises `OSError`."""
    file = directory / APPROVALS
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    if file.exists():
        text.write(file.read_text("utf-8-sig").rstrip("\n") + "\n")
    else:
        writer.writerow(ApprovalRow.model_fields)
    writer.writerow((row.person, row.signed_on, row.tables, row.signature))
    unfinished = file.with_suffix(".new")
    unfinished.write_text(text.getvalue(), "utf-8")
    unfinished.replace(file)


def _holds(row: ApprovalRow, approvers: Mapping[str, OKPKey]) -> bool:
    key = approvers.get(row.person)
    if key is None:
        return False
    try:
        verify(row.signature, _signed(row.tables, row.person, row.signed_on), key)
    except SignatureError:
        return False
    return True


def _signed(tables: str, person: str, day: date) -> bytes:
    return f"frafaldsvarsel routes and addresses\n{tables}\n{person}\n{day}\n".encode()
