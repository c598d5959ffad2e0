"""Good configurations pass, and each bad one is refused with exactly its sentences.

A folder ``bad-…`` holds only what differs from ``good``, and the sentences that a person shall read.
"""

import shutil
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.reference.checks.all import check_reference_data, sound_reference
from config.reference.csv_reader import DATA
from tests.paths import DATA as TEST_DATA

TESTDATA = TEST_DATA / "reference"
GOOD = TESTDATA / "good"
BAD = sorted(TESTDATA.glob("bad-*"), key=lambda path: path.name)
SENTENCES = "sentences.txt"


def laid_over_good(bad: Path, target: Path) -> Path:
    shutil.copytree(GOOD, target)
    for file in bad.iterdir():
        if file.name != SENTENCES:
            shutil.copy(file, target)
    return target


def test_the_data_that_is_shipped_has_no_fault() -> None:
    assert check_reference_data(DATA) == []


def test_the_good_example_has_no_fault() -> None:
    assert check_reference_data(GOOD) == []


@pytest.mark.parametrize("bad", BAD, ids=lambda path: path.name)
def test_each_bad_example_is_refused_with_its_sentences(bad: Path, tmp_path: Path) -> None:
    faults = check_reference_data(laid_over_good(bad, tmp_path / "data"))
    assert [str(fault) for fault in faults] == (bad / SENTENCES).read_text("utf-8").splitlines()


def test_there_are_bad_examples() -> None:
    assert len(BAD) > 40


def test_a_loader_raises_every_fault_at_once(tmp_path: Path) -> None:
    directory = laid_over_good(TESTDATA / "bad-many", tmp_path / "data")
    with pytest.raises(ConfigError) as raised:
        sound_reference(directory)
    assert len(raised.value.faults) == 3
    assert str(raised.value).count("\n") == 2


@pytest.mark.parametrize("file", sorted(file.name for file in GOOD.iterdir()))
def test_a_missing_file_is_one_sentence(file: str, tmp_path: Path) -> None:
    directory = tmp_path / "data"
    shutil.copytree(GOOD, directory)
    (directory / file).unlink()
    assert [str(fault) for fault in check_reference_data(directory)] == [f"{file}: the file is missing."]


@pytest.mark.parametrize("file", sorted(file.name for file in GOOD.iterdir()))
def test_a_file_in_another_encoding_is_one_sentence(file: str, tmp_path: Path) -> None:
    directory = tmp_path / "data"
    shutil.copytree(GOOD, directory)
    (directory / file).write_bytes("æøå".encode("latin-1"))
    assert [str(fault) for fault in check_reference_data(directory)] == [f"{file}: the file is not UTF-8."]


def test_no_sentence_tells_where_the_directory_is(tmp_path: Path) -> None:
    faults = check_reference_data(tmp_path)
    assert len(faults) == 19
    assert all(str(tmp_path) not in str(fault) for fault in faults)


def test_two_mergers_on_one_day_are_sound(tmp_path: Path) -> None:
    folder = laid_over_good(GOOD, tmp_path / "data")
    table = folder / "senders.csv"
    old = "0461,eud eux,2022-01-01,,,made-up,[I] test\n"
    text = table.read_text("utf-8")
    assert old in text
    merged = "0461,eud eux,2022-01-01,2024-08-01,900003,made-up,[I] test\n"
    last = f"900003,Storby Skole (opdigtet),00119989,{old}"
    table.write_text(text.replace(old, merged + last), "utf-8")
    assert check_reference_data(folder) == []
