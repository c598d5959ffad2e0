"""Routes and addresses count as two people have signed for them, and in no other state."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigError
from config.reference.approved import (
    APPROVALS,
    GUARDED,
    ApprovalRow,
    approval_faults,
    approve,
    approved_by,
    fingerprint,
    keep,
)
from config.reference.csv_reader import DATA
from config.sections.servers import ReferenceSection
from crypto.jwk_set import as_set
from crypto.new_keys import new_signing_key
from frafaldsvarsel.wiring.common import read_reference

DAY: Final = date(2026, 10, 1)
ANNE, BRITT, EVE = new_signing_key("ANNE"), new_signing_key("BRITT"), new_signing_key("EVE")
APPROVERS: Final = {"ANNE": ANNE, "BRITT": BRITT}
TABLES: Final = "aa" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of reference data of one's own."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def sign_by(folder: Path, *keys: object) -> None:
    for key in keys:
        keep(folder, approve(fingerprint(folder), key, DAY))  # type: ignore[arg-type]  # each a key


def test_two_people_are_needed_and_one_twice_is_one(folder: Path) -> None:
    assert "by nobody" in str(*approval_faults(folder, APPROVERS))
    sign_by(folder, ANNE, ANNE)
    assert "only by ANNE" in str(*approval_faults(folder, APPROVERS))
    sign_by(folder, BRITT)
    assert approval_faults(folder, APPROVERS) == []


def test_no_process_takes_tables_that_are_not_signed(folder: Path) -> None:
    section = ReferenceSection.model_validate(
        {"REFERENCE_DIR": str(folder), "REFERENCE_APPROVERS": as_set(ANNE, BRITT)}
    )
    with pytest.raises(ConfigError, match=r"approvals\.csv: routes\.csv, units\.csv"):
        read_reference(section)
    sign_by(folder, ANNE, BRITT)
    assert read_reference(section).routes.sound


@pytest.mark.parametrize("file", GUARDED)
def test_every_change_of_a_guarded_table_needs_two_again(folder: Path, file: str) -> None:
    sign_by(folder, ANNE, BRITT)
    before = (folder / file).read_bytes()
    (folder / file).write_bytes(before + b"\n")
    assert len(approval_faults(folder, APPROVERS)) == 1
    sign_by(folder, ANNE, BRITT)
    assert approval_faults(folder, APPROVERS) == []
    # Who puts back the older tables has the older signatures still.
    (folder / file).write_bytes(before)
    assert approval_faults(folder, APPROVERS) == []


def test_the_ends_of_lines_and_other_tables_do_not_count(folder: Path) -> None:
    sign_by(folder, ANNE, BRITT)
    routes = folder / "routes.csv"
    routes.write_bytes(routes.read_bytes().replace(b"\n", b"\r\n"))
    (folder / "days_off.csv").write_text("anything")
    assert approval_faults(folder, APPROVERS) == []


def test_rows_cannot_move_between_tables(folder: Path) -> None:
    """Two files whose bytes together are the same are other tables."""
    sign_by(folder, ANNE, BRITT)
    routes, units = folder / "routes.csv", folder / "units.csv"
    whole = routes.read_bytes() + units.read_bytes()
    at = len(routes.read_bytes()) - 5
    routes.write_bytes(whole[:at])
    units.write_bytes(whole[at:])
    assert len(approval_faults(folder, APPROVERS)) == 1


def forged() -> list[ApprovalRow]:
    """What one person with one valid key, or none, can write into the file."""
    good = approve(TABLES, BRITT, DAY)
    eves = approve(TABLES, EVE, DAY)
    return [
        eves,
        eves.model_copy(update={"person": "BRITT"}),
        approve("bb" * 32, BRITT, DAY).model_copy(update={"tables": TABLES}),
        good.model_copy(update={"signed_on": date(2026, 10, 2)}),
        good.model_copy(update={"person": "ANNE"}),
        good.model_copy(update={"person": "britt"}),
        # Its first bits: the last ones of a good signature are zero often enough.
        good.model_copy(
            update={"signature": ("B" if good.signature[0] == "A" else "A") + good.signature[1:]}
        ),
        good.model_copy(update={"signature": ""}),
        good.model_copy(update={"signature": ".." * 600}),
        approve(TABLES, new_signing_key("BRITT"), DAY),
    ]


@pytest.mark.parametrize("number", range(len(forged())))
def test_what_one_person_can_write_counts_as_nobody_else(number: int) -> None:
    rows = [approve(TABLES, ANNE, DAY), forged()[number]]
    assert approved_by(TABLES, rows, APPROVERS) == ["ANNE"]


@given(st.lists(st.sampled_from([ANNE, BRITT, EVE]), max_size=6), st.text(min_size=1, max_size=80))
def test_who_has_signed_is_whoever_signed_for_these_tables(keys: list[object], tables: str) -> None:
    rows = [approve(tables, key, DAY) for key in keys]  # type: ignore[arg-type]  # each a key
    rows += [approve(f"{tables} of before", key, DAY) for key in APPROVERS.values()]
    wanted = sorted({str(key.kid) for key in keys if key is not EVE})  # type: ignore[attr-defined]  # each a key
    assert approved_by(tables, rows, APPROVERS) == wanted


def test_a_broken_file_of_signatures_is_said_with_its_line(folder: Path) -> None:
    sign_by(folder, ANNE, BRITT)
    file = folder / APPROVALS
    file.write_text(file.read_text().replace("2026-10-01", "soon", 1))
    said = [str(fault) for fault in approval_faults(folder, APPROVERS)]
    assert said[0].startswith("approvals.csv, line 2: ")
    assert "only by BRITT" in said[-1]


def test_one_key_is_not_enough_of_a_set() -> None:
    with pytest.raises(ValueError, match="2 people must sign"):
        ReferenceSection.model_validate({"REFERENCE_APPROVERS": as_set(ANNE)})


def test_one_key_under_two_names_is_one_person() -> None:
    keys = [ANNE.as_dict(private=False), ANNE.as_dict(private=False) | {"kid": "BRITT"}]
    with pytest.raises(ValueError, match="one key under two names"):
        ReferenceSection.model_validate({"REFERENCE_APPROVERS": json.dumps({"keys": keys})})


def test_what_cannot_be_read_is_signed_by_nobody(folder: Path) -> None:
    """Whoever reads the tables a moment later may be able to."""
    sign_by(folder, ANNE, BRITT)
    (folder / "routes.csv").rename(folder / "away.csv")
    assert "cannot be read" in str(*approval_faults(folder, APPROVERS))
