"""What became of the changes is counted as it is told."""

from pathlib import Path

from tools.mutate.changes import Change
from tools.mutate.judged import Counts, Judged, counts, remember, remembered


def change(path: str, before: str) -> Change:
    return Change(path, "f", 1, 1, before, "x", (0, 0))


def test_what_cannot_be_noticed_counts_neither_for_the_tests_nor_against_them() -> None:
    known = [Judged(path="a.py", function="f", before="2", after="x", because="a reason")]
    results = {
        change("a.py", "1"): True,
        change("a.py", "2"): False,
        change("a.py", "3"): False,
        change("b.py", "2"): False,
    }
    found = counts(results, known)
    assert found == {"a.py": Counts(3, 1, 1), "b.py": Counts(1, 0, 0)}
    assert (found["a.py"].survived, found["a.py"].percent) == (1, 50.0)
    assert Counts(1, 0, 1).percent == 100.0


def test_the_last_word_about_a_change_stands(tmp_path: Path) -> None:
    """Of changes that there are no more, nothing is told."""
    file, one, other = tmp_path / "results", change("a.py", "1"), change("a.py", "2")
    assert remembered(file, [one]) == {}
    remember(file, one, killed=False)
    remember(file, other, killed=True)
    remember(file, one, killed=True)
    assert remembered(file, [one]) == {one: True}
