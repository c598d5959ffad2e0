"""Each process that reads routes or addresses, started as it is run: without two signatures it ends with 78."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from typing import Final

import pytest

from config.environments import AuditEnvironment
from config.reference.csv_reader import DATA
from config.sections.servers import ReferenceSection
from config.settings import PREFIX, sections_of
from crypto.jwk_set import as_set
from crypto.new_keys import new_signing_key
from frafaldsvarsel.processes.auditor import oracles
from ops.audit.oracle import Oracle
from tests.paths import ROOT
from tests.unit.config.reference.test_approved import sign_by
from tests.unit.frafaldsvarsel.wiring.environments import COMPOSED, told

ANNE, BRITT = new_signing_key("ANNE"), new_signing_key("BRITT")
READERS: Final = {name: kind for name, (kind, _) in COMPOSED.items() if "reference" in sections_of(kind)} | {
    "audit": AuditEnvironment
}


@pytest.mark.parametrize("process", READERS)
def test_a_process_ends_with_78_where_two_people_have_not_signed(
    process: str, tmp_path: Path, ledger_url: str
) -> None:
    copytree(DATA, tmp_path / "tables")
    sign_by(tmp_path / "tables", ANNE)
    environment = told(tmp_path, READERS[process]) | {
        PREFIX + "DATABASE_URL": ledger_url,
        PREFIX + "REFERENCE_DIR": str(tmp_path / "tables"),
        PREFIX + "REFERENCE_APPROVERS": as_set(ANNE, BRITT),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "frafaldsvarsel", process],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "COLUMNS": "300"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 78, ended.stderr
    assert "signed only by ANNE; two people must" in ended.stderr


def test_an_audit_that_runs_goes_on_with_what_was_signed(tmp_path: Path) -> None:
    """Like every process: tables that are rolled out before their signatures end nothing that runs."""
    copytree(DATA, tmp_path / "tables")
    sign_by(tmp_path / "tables", ANNE, BRITT)
    latest = oracles(
        ReferenceSection.model_validate(
            {"REFERENCE_DIR": str(tmp_path / "tables"), "REFERENCE_APPROVERS": as_set(ANNE, BRITT)}
        )
    )
    signed = latest().version
    routes = tmp_path / "tables" / "routes.csv"
    routes.write_text(routes.read_text().replace("0101,jc-0101", "0101,jc-0147"))
    assert latest().version == signed
    sign_by(tmp_path / "tables", ANNE, BRITT)
    assert latest().version == Oracle(tmp_path / "tables").version != signed
