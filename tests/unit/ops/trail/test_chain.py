"""Whatever is done to a chained trail by somebody who cannot sign, it is found; what an erasure names is none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.new_keys import new_signing_key
from ops.trail.chain import GENESIS, TrailRow, leaf_of, root_after
from ops.trail.signed_root import NotOurs, Restart, RootSigner, SignedRoot, new_root, read
from ops.trail.verify import ChainLink, TrailFault, TrailReader, in_force

AT: Final = datetime(2027, 3, 1, 9, tzinfo=UTC)
KEY: Final = new_signing_key("trail-1")


def row(number: int, **changes: object) -> TrailRow:
    values: dict[str, object] = {
        "id": number * 2,
        "at": AT + timedelta(seconds=number),
        "kind": "opened",
        "task_id": UUID(int=number),
        "sender": None,
        "message_id": None,
        "detail": {"by_id": "anna", "purpose": "contact_person", "number": number},
        "salt": UUID(int=number * 7919),
    }
    return TrailRow(**{**values, **changes})  # type: ignore[arg-type]


def chained(rows: list[TrailRow], empties: dict[int, frozenset[int]] | None = None) -> list[ChainLink]:
    """Links as the keeper writes them."""
    links, root = [], GENESIS
    for n, one in enumerate(rows, 1):
        leaf = leaf_of(one)
        root = root_after(root, leaf)
        links.append(
            ChainLink(
                n=n,
                audit_id=one.id,
                leaf=leaf,
                root=root,
                row=one,
                empties=(empties or {}).get(one.id, frozenset()),
            )
        )
    return links


def signed(links: list[ChainLink], *, at: datetime = AT, restart: Restart | None = None) -> SignedRoot:
    return new_root(len(links), links[-1].root if links else GENESIS, at, restart)


def faults(links: list[ChainLink], *roots: SignedRoot) -> set[TrailFault]:
    return {finding.fault for finding in TrailReader(roots).follow(links)}


@given(st.integers(0, 40))
def test_a_sound_trail_has_no_finding(number: int) -> None:
    links = chained([row(one) for one in range(1, number + 1)])
    reader = TrailReader([signed(links[:most]) for most in range(number + 1)])
    assert not list(reader.follow(links))
    assert reader.links == number


def _rewritten(links: list[ChainLink], rows: list[TrailRow]) -> list[ChainLink]:
    """What a database's owner can do: the rows as they like, and a chain that fits them."""
    del links
    return chained(rows)


TAMPERINGS: Final[dict[str, Callable[[list[ChainLink], Random], list[ChainLink]]]] = {
    "a detail changed": lambda links, chance: _at(
        links, chance, lambda one: replace(one, row=replace(_row(one), detail={"by_id": "bo"}))
    ),
    "a time changed": lambda links, chance: _at(
        links, chance, lambda one: replace(one, row=replace(_row(one), at=AT - timedelta(days=1)))
    ),
    "a row deleted": lambda links, chance: _at(links, chance, lambda one: replace(one, row=None)),
    "a link deleted": lambda links, chance: [
        one for one in links if one.n != chance.randrange(1, len(links) + 1)
    ][: len(links) - 1],
    "two links changed places": lambda links, _: [
        replace(links[1], n=1),
        replace(links[0], n=2),
        *links[2:],
    ],
    "the end cut off": lambda links, chance: links[: chance.randrange(len(links))],
    "the last row cut off": lambda links, _: links[:-1],
    "a row emptied, and no erasure says why": lambda links, chance: _at(
        links, chance, lambda one: replace(one, row=None, erased_by=9_999)
    ),
    "a row rewritten with its chain": lambda links, chance: _rewritten(
        links, [replace(_row(one), kind="looked_at" if one.n == 3 else "opened") for one in links]
    ),
    "a row added with its chain": lambda links, chance: _rewritten(
        links, [*[_row(one) for one in links[:2]], row(500), *[_row(one) for one in links[2:]]]
    ),
    "a row taken out with its chain": lambda links, chance: _rewritten(
        links, [_row(one) for one in links if one.n != 3]
    ),
    "rows moved with their chain": lambda links, chance: _rewritten(
        links, [_row(one) for one in [links[1], links[0], *links[2:]]]
    ),
    "everything deleted": lambda links, chance: [],
}


@pytest.mark.parametrize("what", TAMPERINGS)
@given(seed=st.integers(0, 2**32), number=st.integers(4, 30))
def test_tampering_is_found(what: str, seed: int, number: int) -> None:
    links = chained([row(one) for one in range(1, number + 1)])
    assert faults(TAMPERINGS[what](links, Random(seed)), signed(links))


def test_what_came_after_the_last_signature_is_not_proved_by_it() -> None:
    """The window in which the database's owner can still rewrite: a minute, or until a person is opened."""
    links = chained([row(one) for one in range(1, 9)])
    rewritten = chained([*[_row(one) for one in links[:6]], row(700), row(800)])
    assert not faults(rewritten, signed(links[:6]))
    assert faults(rewritten, signed(links[:6]), signed(links)) == {TrailFault.ROOT_DIFFERS}


def test_an_emptied_row_is_accepted_where_a_chained_erasure_names_it() -> None:
    rows = [row(1), row(2), row(3, kind="person_erased", detail={"emptied": [2]})]
    links = chained(rows, {6: frozenset({2})})
    emptied = [replace(links[0], row=None, erased_by=6), *links[1:]]
    reader = TrailReader([signed(links)])
    assert not list(reader.follow(emptied))
    assert reader.erased == 1
    other = [links[0], replace(links[1], row=None, erased_by=6), links[2]]
    assert faults(other, signed(links)) == {TrailFault.EMPTIED_WITHOUT_REASON}


def test_the_same_words_have_another_leaf_in_another_row() -> None:
    """Nobody learns from two leaves that two rows say the same, nor what an erased row said."""
    assert leaf_of(row(1)) != leaf_of(row(1, salt=UUID(int=1)))


def test_a_leaf_does_not_depend_on_the_order_of_names_or_on_the_time_zone() -> None:
    one = row(1, detail={"a": 1, "b": "æ\ud800"})
    other = row(1, detail={"b": "æ\ud800", "a": 1}, at=one.at.astimezone(tz=None))
    assert leaf_of(one) == leaf_of(other)


def test_a_restart_sets_aside_what_was_signed_beyond_it_and_nothing_else() -> None:
    links = chained([row(one) for one in range(1, 9)])
    restored = chained([*[_row(one) for one in links[:4]], row(90), row(91)])
    before = [signed(links[:most], at=AT + timedelta(minutes=most)) for most in (2, 4, 8)]
    said = signed(
        restored,
        at=AT + timedelta(hours=1),
        restart=Restart(lost_after=4, by="ops", because="disk"),
    )
    assert faults(restored, *before) == {TrailFault.CUT_OFF}
    assert not faults(restored, *before, said)
    assert in_force([*before, said]) == [*before[:2], said]
    # It gives nobody a free hand: what stood before the restored place still counts.
    forged = chained([row(70), *[_row(one) for one in restored[1:]]])
    assert TrailFault.ROOT_DIFFERS in faults(forged, *before, said)


def test_a_signed_root_is_read_again_and_only_from_its_key() -> None:
    links = chained([row(1)])
    keys = {"trail-1": KEY}
    line = RootSigner(KEY).write(signed(links))
    assert read(line, keys) == signed(links)
    other = RootSigner(new_signing_key("trail-1")).write(signed(links))
    swollen = line.replace(b'"n":1', b'"n":2')
    for bad in (other, swollen, b"", b"[]", b"{}", b'"a"', line[:-3], b"[" * 100_000, b"\xff", line + b"x"):
        with pytest.raises(NotOurs):
            read(bad, keys)
    with pytest.raises(NotOurs):
        read(line, {"trail-2": KEY})


def _row(link: ChainLink) -> TrailRow:
    assert link.row is not None
    return link.row


def _at(links: list[ChainLink], chance: Random, change: Callable[[ChainLink], ChainLink]) -> list[ChainLink]:
    chosen = chance.randrange(len(links))
    return [change(one) if number == chosen else one for number, one in enumerate(links)]
