"""Who may read the audit's index: it names pseudonyms and residences."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.audit.index import AuditIndex


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """By which a new file can be read by everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Of every file of the index."""
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


def test_a_new_index_is_its_owners_alone_and_what_sqlite_puts_beside_it_too(tmp_path: Path) -> None:
    index = AuditIndex(tmp_path / "index.db")
    index.begin("cluster")
    assert modes(tmp_path) == {"index.db": 0o600, "index.db-wal": 0o600, "index.db-shm": 0o600}
    index.forget()
    index.begin("another cluster")
    assert set(modes(tmp_path).values()) == {0o600}
    index.close()


def test_an_old_index_is_closed_to_others_and_stays_open_to_a_group_that_was_let_in(tmp_path: Path) -> None:
    file = tmp_path / "index.db"
    for mode, left in ((0o644, 0o640), (0o666, 0o660), (0o600, 0o600)):
        file.touch()
        file.chmod(mode)
        index = AuditIndex(file)
        index.begin("cluster")
        assert set(modes(tmp_path).values()) == {left}
        index.close()
        file.unlink()
