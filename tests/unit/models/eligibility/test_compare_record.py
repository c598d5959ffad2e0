"""A person's record against its events: what differs, and that no published revision is ever forgotten."""

from models.eligibility.compare_record import Finding, RecordDifference, compare, mend
from models.eligibility.decision import Cause
from models.eligibility.person_record import Decided, PersonRecord
from tests.factories import PERSON, risk

EVENT = risk()


def record(
    *, applied: int = 5, events: int = 1, revision: int | None = 1, digest: str = "digest"
) -> PersonRecord:
    cause = Cause(partition=0, offset=1)
    decided = {} if revision is None else {"a/b": Decided(revision=revision, digest=digest, cause=cause)}
    return PersonRecord(person_id=PERSON, applied=applied, events=(EVENT,) * events, decided=decided)


def test_equal_records_do_not_differ_even_when_the_held_one_says_that_it_is_further() -> None:
    assert compare(record(), record()) is None
    assert compare(record(applied=9), record()) is None
    assert compare(None, None) is None


def test_each_difference_has_its_name() -> None:
    assert compare(None, record()) == Finding(PERSON, RecordDifference.MISSING, record())
    assert compare(record(), None) == Finding(PERSON, RecordDifference.UNKNOWN, None)
    for held, difference in (
        (record(applied=4), RecordDifference.BEHIND),
        (record(events=0), RecordDifference.EVENTS),
        (record(revision=None), RecordDifference.DECISIONS),
    ):
        found = compare(held, record())
        assert found is not None
        assert found.difference is difference
        assert found.mended is not None
        assert compare(found.mended, record()) is None


def test_a_revision_never_goes_back_and_a_verdict_that_was_published_under_it_stays() -> None:
    """The law's tables have changed since: another digest under the same revision must come out as a new revision."""
    assert mend(record(revision=3), record(revision=2)).decided == record(revision=3).decided
    assert (
        mend(record(digest="old law"), record(digest="new law")).decided == record(digest="old law").decided
    )
    found = compare(record(digest="old law"), record(digest="new law"))
    assert found is not None
    assert found.mended is None


def test_what_only_one_of_the_two_remembers_is_kept_and_the_later_revision_counts() -> None:
    """A decision that was published stands, though its event has gone; one that is missing comes back."""
    assert mend(record(), record(revision=None)).decided == record().decided
    assert mend(record(revision=None), record()).decided == record().decided
    assert mend(record(revision=2), record(revision=3)).decided == record(revision=3).decided


def test_a_mended_record_wins_over_the_one_that_it_mends() -> None:
    assert mend(record(applied=9, events=0), record(applied=5)).applied == 9
