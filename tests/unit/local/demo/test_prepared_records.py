"""Kept records are the same records, and are played again only for the same story with the same keys."""

from pathlib import Path

from local.demo.prepared_records import PreparedRecords
from publisher.events import Ready


def played(prepared: PreparedRecords) -> list[Ready]:
    """All records of the story, in order."""
    return [one.ready for act in prepared.story.acts for one in prepared.records(act)]


def test_what_was_kept_is_played_again_byte_for_byte(tmp_path: Path) -> None:
    """Sealing draws a new key each time: equal bytes were not made anew."""
    first = PreparedRecords(tmp_path, messages=40)
    records = played(first)
    first.keep()
    assert played(PreparedRecords(tmp_path, messages=40)) == records
    assert {one.value for one in records} >= {None}
    assert played(PreparedRecords(tmp_path, messages=40, seed=7)) != records


def test_other_keys_make_other_records(tmp_path: Path) -> None:
    first = PreparedRecords(tmp_path, messages=40)
    records = played(first)
    first.keep()
    (tmp_path / "keys" / "one-more.key.json").write_text("{}")
    assert played(PreparedRecords(tmp_path, messages=40)) != records


def test_the_inboxs_secret_which_is_made_when_the_service_starts_makes_no_other_records(
    tmp_path: Path,
) -> None:
    first = PreparedRecords(tmp_path, messages=40)
    records = played(first)
    first.keep()
    (tmp_path / "keys" / "inbox.secret").write_text("made at the start")
    assert played(PreparedRecords(tmp_path, messages=40)) == records


def test_half_a_story_is_not_kept(tmp_path: Path) -> None:
    first = PreparedRecords(tmp_path, messages=40)
    list(first.records(first.story.acts[0]))
    first.keep()
    assert not (tmp_path / "story").exists()


def test_only_the_last_story_is_kept(tmp_path: Path) -> None:
    for seed in (1, 2):
        prepared = PreparedRecords(tmp_path, messages=40, seed=seed)
        played(prepared)
        prepared.keep()
    assert len(list((tmp_path / "story").iterdir())) == 1
