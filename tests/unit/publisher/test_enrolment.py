"""A key comes into the register by its own proof, and by a key that the sender has or the fingerprint it says."""

from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import OKPKey

from crypto.new_keys import new_signing_key
from models.events.sender import Sender
from publisher.enrolment import KeyRequest, NotEnrolled, enrolled, fingerprint, make_request, revoked

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)
SCHOOL, OTHER = "280001", "280002"
WEEK = timedelta(days=7)
FIRST, SECOND = new_signing_key("first"), new_signing_key("second")


def school(number: str = SCHOOL) -> Sender:
    return Sender.model_validate(
        {"number": number, "kind": "institution", "name": "A school", "cvr": "12345678", "keys": ()}
    )


def enrol(
    sender: Sender, request: KeyRequest, *, said: str | None = None, others: tuple[Sender, ...] = ()
) -> Sender:
    return enrolled(sender, request, others=others, now=NOW, overlap=WEEK, confirmed=said)


def with_first() -> Sender:
    asked = make_request(SCHOOL, FIRST, NOW - WEEK)
    return enrolled(school(), asked, others=(), now=NOW - WEEK, overlap=WEEK, confirmed=fingerprint(asked.x))


def test_a_first_key_takes_the_fingerprint_that_the_sender_says() -> None:
    asked = make_request(SCHOOL, FIRST, NOW)
    with pytest.raises(NotEnrolled, match="--fingerprint"):
        enrol(school(), asked)
    with pytest.raises(NotEnrolled, match="another one"):
        enrol(school(), asked, said=fingerprint("another"))
    said = fingerprint(asked.x).lower().replace("-", " ")
    assert [(key.kid, key.valid_from, key.valid_to) for key in enrol(school(), asked, said=said).keys] == [
        ("first", NOW, None)
    ]


def test_a_key_that_is_known_vouches_for_the_next_and_both_are_valid_for_a_while() -> None:
    asked = make_request(SCHOOL, SECOND, NOW, known_key=FIRST)
    assert [(key.kid, key.valid_to) for key in enrol(with_first(), asked).keys] == [
        ("first", NOW + WEEK),
        ("second", None),
    ]


def test_neither_a_strangers_key_nor_one_that_has_ended_vouches() -> None:
    with pytest.raises(NotEnrolled, match="none that 280001 signs with"):
        enrol(with_first(), make_request(SCHOOL, SECOND, NOW, known_key=new_signing_key("x")))
    with pytest.raises(NotEnrolled, match="does not vouch"):
        enrol(with_first(), make_request(SCHOOL, SECOND, NOW, known_key=new_signing_key("first")))
    ended = revoked(with_first(), "first", NOW)
    with pytest.raises(NotEnrolled, match="none that 280001 signs with"):
        enrol(ended, make_request(SCHOOL, SECOND, NOW, known_key=FIRST))


@pytest.mark.parametrize(
    "change",
    [
        {"number": OTHER},
        {"kid": "third"},
        {"x": str(FIRST.as_dict(private=False)["x"])},
        {"made_at": NOW - timedelta(hours=1)},
        {"proof": make_request(SCHOOL, FIRST, NOW).proof},
        {"proof": "x..y"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nothing_of_a_request_can_be_changed_and_it_needs_the_private_half(change: dict[str, object]) -> None:
    asked = make_request(SCHOOL, SECOND, NOW).model_copy(update=change)
    with pytest.raises(NotEnrolled):
        enrol(school(), asked, said=fingerprint(asked.x))


def test_a_request_is_good_once_and_not_for_ever() -> None:
    asked = make_request(SCHOOL, FIRST, NOW)
    known = enrol(school(), asked, said=fingerprint(asked.x))
    with pytest.raises(NotEnrolled, match="has, or had"):
        enrol(revoked(known, "first", NOW), asked, said=fingerprint(asked.x))
    for age in (timedelta(days=15), -timedelta(hours=1)):
        old = make_request(SCHOOL, FIRST, NOW - age)
        with pytest.raises(NotEnrolled, match="fourteen days"):
            enrol(school(), old, said=fingerprint(old.x))


def test_a_key_of_another_sender_and_a_published_one_are_not_taken() -> None:
    theirs = make_request(OTHER, FIRST, NOW)
    other = enrolled(school(OTHER), theirs, others=(), now=NOW, overlap=WEEK, confirmed=fingerprint(theirs.x))
    asked = make_request(SCHOOL, FIRST, NOW)
    with pytest.raises(NotEnrolled, match=r"has a key of 280001|has a key of 280002"):
        enrol(school(), asked, said=fingerprint(asked.x), others=(other,))
    # RFC 8037, A.1
    printed = {
        "kty": "OKP",
        "crv": "Ed25519",
        "kid": "rfc",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    }
    everybodys = make_request(
        SCHOOL, OKPKey.import_key({**printed, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}), NOW
    )
    with pytest.raises(NotEnrolled, match="is published"):
        enrol(school(), everybodys, said=fingerprint(everybodys.x))


def test_a_key_is_revoked_at_once_or_from_a_time_before_and_never_later_again() -> None:
    since = NOW - timedelta(days=1)
    ended = revoked(with_first(), "first", since)
    assert [key.valid_to for key in ended.keys] == [since]
    with pytest.raises(NotEnrolled, match="already"):
        revoked(ended, "first", NOW)
    with pytest.raises(NotEnrolled, match="no key"):
        revoked(ended, "second", NOW)
