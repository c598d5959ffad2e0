"""Entries that can each be read, and are of no use or dangerous: whoever checks the configuration hears of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from config.register_faults import entry_faults
from crypto import base64url
from crypto.new_keys import new_signing_key
from models.events.sender import Sender, VerificationKey, kind_of
from tools.docs.contract_vectors import SIGNING_KEY

NOW: Final = datetime(2026, 9, 1, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
X: Final = str(new_signing_key("k").as_dict(private=False)["x"])


def key(kid: str = "k1", **changes: Any) -> VerificationKey:
    fresh = str(new_signing_key(kid).as_dict(private=False)["x"])
    return VerificationKey.model_validate(
        {"x": fresh, "kid": kid, "valid_from": datetime(2022, 1, 1, tzinfo=UTC), **changes}
    )


def sender(number: str = "900001", *keys: VerificationKey, **changes: Any) -> Sender:
    return Sender.model_validate(
        {
            "number": number,
            "kind": kind_of(number),
            "name": "Nyby Skole",
            "cvr": "00110019",
            "keys": keys or (key(),),
            **changes,
        }
    )


def said(*senders: Sender, taken: bool = False) -> list[str]:
    return [str(fault) for fault in entry_faults(senders, now=NOW, published_keys_taken=taken)]


CLOSED: Final[dict[str, Any]] = {"valid_to": date(2024, 8, 1)}


def test_a_register_with_a_merger_a_change_of_keys_and_a_sender_to_come_is_sound() -> None:
    merged = sender("900001", key(valid_to=NOW - DAY), successor="900002", **CLOSED)
    changing = sender("900002", key("k1", valid_to=NOW + DAY), key("k2", valid_from=NOW))
    coming = sender("900003", key(valid_from=NOW + DAY), valid_from=date(2027, 1, 1))
    assert said(merged, changing, coming, sender("0461"), sender("REG-CPR")) == []


@pytest.mark.parametrize(
    ("senders", "sentence"),
    [
        (
            (sender(valid_from=date(2024, 8, 1), valid_to=date(2024, 7, 31)),),
            "900001 ends on 2024-07-31, before it begins on 2024-08-01.",
        ),
        (
            (sender(valid_from=date(2024, 8, 1), valid_to=date(2024, 8, 1)),),
            "900001 ends on 2024-08-01, before it begins on 2024-08-01.",
        ),
        (
            (sender("900001", key(), key("k2", valid_from=NOW, valid_to=NOW - DAY)),),
            "key k2 ends at 2026-08-31 12:00:00+00:00, before it begins at 2026-09-01 12:00:00+00:00.",
        ),
        (
            (sender("900001", key(), key("k2", valid_from=NOW, valid_to=NOW)),),
            "key k2 ends at 2026-09-01 12:00:00+00:00, before it begins at 2026-09-01 12:00:00+00:00.",
        ),
        ((sender("900001", successor="900001", **CLOSED),), "900001 is its own successor."),
        ((sender("900001", successor="900002", **CLOSED),), "successor 900002 is not in the register."),
        (
            (sender("900001", successor="0461", **CLOSED), sender("0461")),
            "successor 0461 is of another kind.",
        ),
        ((sender(successor="900002"), sender("900002")), "900001 has a successor and no valid_to."),
        (
            (
                sender("900001", successor="900002", **CLOSED),
                sender("900002", valid_to=CLOSED["valid_to"] - DAY),
            ),
            "successor 900002 ends before 900001.",
        ),
        (
            (sender("900001", key(x=SIGNING_KEY["x"])),),
            "key k1 is published (docs/contract/vectors): anybody can sign with it.",
        ),
        (
            (sender("900001", key(x="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")),),
            "key k1 is published (RFC 8032, 7.1, and RFC 8037, A.1): anybody can sign with it.",
        ),
        (
            (sender("900001", key("k1", x=X), key("k2", x=X)),),
            "key k2 is key k1 under another kid: a change of keys that changes nothing.",
        ),
        (
            (sender("900001", key(valid_to=NOW)),),
            "every key of 900001 has ended: all that it sends is refused.",
        ),
        (
            (sender("900001", key(valid_from=NOW + DAY)),),
            "no key of 900001 is valid before 2026-09-02 12:00:00+00:00: all that it sends is refused until then.",
        ),
        ((sender("900001", keys=()),), "900001 has no key: all that it sends is refused."),
    ],
)
def test_what_is_wrong_with_an_entry_is_one_sentence(senders: tuple[Sender, ...], sentence: str) -> None:
    """`check-config` called each of these sound."""
    assert said(*senders) == [f"900001.json: {sentence}"]


def test_successors_in_a_circle_are_said_of_each_of_them() -> None:
    circle = [
        sender(number, successor=following, **CLOSED)
        for number, following in (("900001", "900002"), ("900002", "900003"), ("900003", "900001"))
    ]
    into_it = sender("900004", successor="900001", valid_to=CLOSED["valid_to"] + DAY)
    assert said(*circle, into_it) == [
        *(f"{one.number}.json: the successors of {one.number} lead back to it." for one in circle),
        "900004.json: successor 900001 ends before 900004.",
    ]


def test_one_key_of_two_senders_is_said_once_of_the_later_number() -> None:
    """Whose signature it is, is what a signature is for."""
    both = [sender("900002", key("b", x=X)), sender("900001", key("a", x=X))]
    assert said(*both) == ["900002.json: 900002 has a key of 900001: either could sign for the other."]


def test_two_mergers_on_one_day_are_sound() -> None:
    steps = [
        sender("900001", successor="900002", **CLOSED),
        sender("900002", successor="900003", **CLOSED),
        sender("900003"),
    ]
    assert said(*steps) == []


@pytest.mark.parametrize(
    ("changes", "begins", "is_said"),
    [
        (CLOSED, {"valid_from": date(2024, 8, 1)}, False),
        (CLOSED, {"valid_from": date(2024, 7, 31)}, True),
        ({"keys": (key("a", x=X, valid_to=NOW), key("b"))}, {"keys": (key(x=X, valid_from=NOW),)}, False),
        (
            {"keys": (key("a", x=X, valid_to=NOW), key("b"))},
            {"keys": (key(x=X, valid_from=NOW - timedelta(seconds=1)), key("c"))},
            True,
        ),
    ],
)
def test_one_key_is_taken_over_where_the_validities_do_not_overlap(
    changes: dict[str, Any], begins: dict[str, Any], is_said: bool
) -> None:
    """A merged institution's system goes on signing with the key that it has; nobody can sign for two."""
    before = sender(**{"number": "900001", "keys": (key("a", x=X),), **changes})
    after = sender(**{"number": "900002", "keys": (key(x=X),), **begins})
    sentence = "900002.json: 900002 has a key of 900001: either could sign for the other."
    assert said(before, after) == ([sentence] if is_said else [])


def test_a_published_key_that_has_ended_stays_in_the_register() -> None:
    """What it signed is judged by its validity, and its entry is the trail of that."""
    ended = key("old", x=SIGNING_KEY["x"], valid_to=NOW)
    assert said(sender("900001", ended, key())) == []
    assert said(sender("900001", key(x=SIGNING_KEY["x"]), **CLOSED)) == []
    coming = key("old", x=SIGNING_KEY["x"], valid_from=NOW + DAY)
    assert len(said(sender("900001", coming, key()))) == 1


@pytest.mark.parametrize(
    "small", ["00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "01" + "00" * 30 + "80"]
)
def test_a_point_of_small_order_is_no_key(small: str) -> None:
    """One signature under it fits many contents, in libraries that do not look."""
    weak = key(x=base64url.encode(bytes.fromhex(small)))
    assert said(sender("900001", weak)) == [
        "900001.json: key k1 is no key that a pair is made of: nothing that it signs can be trusted."
    ]


def test_a_published_key_is_none_where_it_is_taken_on_purpose() -> None:
    assert said(sender("900001", key(x=SIGNING_KEY["x"])), taken=True) == []
