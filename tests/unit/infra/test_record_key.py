"""The key of a record that compaction must leave alone."""

from infra.record_key import is_own_key, record_key


def test_a_record_that_is_written_twice_has_two_keys() -> None:
    """With one key, compaction would keep the later copy, and readers need the first."""
    keys = [record_key("person", "enrolments/0@1") for _ in range(100)]
    assert len(set(keys)) == 100
    assert len({key.partition(b".")[0] for key in keys}) == 1


def test_a_key_names_nobody() -> None:
    assert b"person" not in record_key("person", "enrolments/0@1")


def test_names_are_told_apart_wherever_they_end() -> None:
    assert record_key("ab", "c")[:32] != record_key("a", "bc")[:32]


def test_a_persons_pseudonym_is_no_key_of_its_own() -> None:
    assert is_own_key(record_key("person"))
    for old in (None, b"", b"p" * 26, b"0123456789abcdef" * 2, record_key("person") + b"\n"):
        assert not is_own_key(old)
