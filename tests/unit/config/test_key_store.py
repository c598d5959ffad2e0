"""Keys are made, handed to those who need them and to nobody else, taken over and taken away."""

import stat
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from config.errors import ConfigError
from config.key_folder import HeldKeys
from config.key_store import KeyRefused, KeyStore, destroy
from config.sections.keys import inbox_keys, intake_keys, notice_keys, replay_keys, seal_opener
from crypto.key_purpose import HELD, KeyHolder, KeyPurpose
from crypto.keyring import Keyring
from crypto.month_seals import NoSealKeyError
from crypto.new_keys import new_opening
from crypto.vault import NotOpenedError
from publisher.key_files import ensure_service_keys
from tests.factories import MADE_UP_CPR
from tests.keys import MADE_AT

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
RING: Final = Keyring(
    vault={"v1": b64encode(bytes(range(32))).decode()},
    vault_active="v1",
    opening=(new_opening("1", MADE_AT).jwk or {},),
)


class Clock:
    """Seconds, by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return ensure_service_keys(tmp_path, NOW)


def held(store: KeyStore, holder: KeyHolder, clock: Clock | None = None) -> HeldKeys:
    return HeldKeys(store.folder / holder, holder, clock=clock or Clock(), report=lambda fault: None)


def contents(store: KeyStore) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in store.folder.rglob("*.json")}


def test_every_holder_has_what_it_needs_and_no_more_and_nobody_else_can_read_it(store: KeyStore) -> None:
    for holder in KeyHolder:
        assert {one.purpose for one in store.held(holder)} == HELD[holder]
        assert stat.S_IMODE((store.folder / holder).stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in contents(store)} == {0o600}
    assert {one.private is None for one in store.held(KeyHolder.INTAKE) if one.is_month} == {True}


def test_what_one_seals_the_other_opens(store: KeyStore) -> None:
    sealed = intake_keys(held(store, KeyHolder.INTAKE)).vault.seal(b"text", "p", NOW)
    for opener in (
        inbox_keys(held(store, KeyHolder.INBOX)).opener,
        seal_opener(held(store, KeyHolder.OPENER)),
        replay_keys(held(store, KeyHolder.REPLAY)).opener,
    ):
        assert opener.open(sealed, "p") == b"text"
    again = replay_keys(held(store, KeyHolder.REPLAY)).intake.vault.seal(b"text", "p", NOW)
    assert again == sealed


def test_notices_and_inbox_have_the_same_links(store: KeyStore) -> None:
    tag = notice_keys(held(store, KeyHolder.NOTIFY)).links.make(b"x", 16)
    assert inbox_keys(held(store, KeyHolder.INBOX)).links.fits(b"x", tag)


@pytest.mark.parametrize("holder", KeyHolder)
def test_whoever_holds_a_key_too_many_or_too_few_does_not_begin(holder: KeyHolder, store: KeyStore) -> None:
    strangers = [one for one in KeyPurpose if one not in HELD[holder]]
    for purpose in strangers:
        file = store.folder / holder / f"{purpose}-x.json"
        file.write_text("not even read")
        with pytest.raises(ConfigError) as caught:
            held(store, holder)
        assert f"{holder} holds a key that it does not need ({purpose})" in str(caught.value)
        file.unlink()
    for one in store.held(holder):
        if one.purpose not in (KeyPurpose.SEAL,):
            file = store.folder / holder / one.name
            kept = file.read_bytes()
            file.unlink()
            with pytest.raises(ConfigError) as caught:
                held(store, holder)
            assert str(caught.value).startswith(f"{holder} has no key of the purpose {one.purpose}")
            file.write_bytes(kept)
    (store.folder / holder / "service.key.json").write_text("{}")
    with pytest.raises(ConfigError, match="holds what is no key of it"):
        held(store, holder)


def test_a_new_months_key_is_known_within_a_second_and_a_broken_one_changes_nothing(store: KeyStore) -> None:
    clock, told = Clock(), list[str]()
    intake = HeldKeys(
        store.folder / "intake", KeyHolder.INTAKE, clock=clock, report=lambda fault: told.append(str(fault))
    )
    keys, january = intake_keys(intake), datetime(2027, 1, 2, tzinfo=UTC)
    inbox = inbox_keys(held(store, KeyHolder.INBOX, clock))
    with pytest.raises(NoSealKeyError):
        keys.vault.seal(b"text", "p", january)
    assert store.make(KeyPurpose.SEAL, None, NOW).kid == "2027-01"
    with pytest.raises(NoSealKeyError):
        keys.vault.seal(b"text", "p", january)
    clock.seconds += 1
    sealed = keys.vault.seal(b"text", "p", january)
    assert inbox.opener.open(sealed, "p") == b"text"
    before = keys.vault.seal(b"text", "p", NOW)
    (store.folder / "intake" / "seal-2026-11.json").write_text("{")
    (store.folder / "intake" / "session-k1.json").write_text("{")
    for _ in range(3):
        clock.seconds += 1
        assert keys.vault.seal(b"text", "p", NOW) == before
    assert [one.partition(":")[0] for one in told] == ["seal-2026-11.json", "session-k1.json"]


def test_a_new_opening_key_opens_without_a_restart(store: KeyStore) -> None:
    clock = Clock()
    opening = intake_keys(held(store, KeyHolder.INTAKE, clock)).opening
    assert list(opening) == ["service-2026-11"]
    store.make(KeyPurpose.OPENING, None, NOW)
    clock.seconds += 1
    assert list(opening) == ["service-2026-11", "service-2026-12"]
    assert b'"service-2026-12"' in store.public_key()
    store.retire(KeyPurpose.OPENING, "2026-11")
    clock.seconds += 1
    assert list(opening) == ["service-2026-12"]


def test_what_is_made_already_is_only_handed_to_who_lacks_it(store: KeyStore) -> None:
    before = contents(store)
    (store.folder / "inbox" / "seal-2026-11.json").unlink()
    (store.folder / "intake" / "seal-2026-11.json").unlink()
    store.make(KeyPurpose.SEAL, "2026-11", NOW)
    assert contents(store) == before


def test_the_half_that_opens_is_never_made_again(store: KeyStore) -> None:
    """Another one would not open what is sealed."""
    for holder in (KeyHolder.INBOX, KeyHolder.OPENER, KeyHolder.REPLAY):
        (store.folder / holder / "seal-2026-11.json").unlink()
    with pytest.raises(KeyRefused, match="bring back the folder of the inbox"):
        store.make(KeyPurpose.SEAL, "2026-11", NOW)


@pytest.mark.parametrize(
    ("purpose", "name", "sentence"),
    [
        (KeyPurpose.SEAL, "2026-10", "The seals begin with 2026-11"),
        (KeyPurpose.SEAL, "soon", "named by its month"),
        (KeyPurpose.SEAL, "2026-13", "named by its month"),
        (KeyPurpose.PSEUDONYM, None, "for ever"),
        (KeyPurpose.FINGERPRINT, "k2", "for ever"),
    ],
)
def test_a_key_that_would_change_what_was_is_not_made(
    purpose: KeyPurpose, name: str | None, sentence: str, store: KeyStore
) -> None:
    before = contents(store)
    with pytest.raises(KeyRefused, match=sentence):
        store.make(purpose, name, NOW)
    assert contents(store) == before


@pytest.mark.parametrize(
    ("purpose", "name", "sentence"),
    [
        (KeyPurpose.SEAL, "2026-11", "keys shred 2026-11"),
        (KeyPurpose.PSEUDONYM, "k1", "for ever"),
        (KeyPurpose.SESSION, "k1", "first keys new session"),
        (KeyPurpose.SESSION, "k7", "There is no key session-k7"),
    ],
)
def test_a_key_that_is_needed_is_not_taken_away(
    purpose: KeyPurpose, name: str, sentence: str, store: KeyStore
) -> None:
    with pytest.raises(KeyRefused, match=sentence):
        store.retire(purpose, name)


def test_a_rotated_session_key_knows_the_earlier_ones_until_it_is_retired(store: KeyStore) -> None:
    tag = inbox_keys(held(store, KeyHolder.INBOX)).sessions.make(b"x", 16)
    assert store.make(KeyPurpose.SESSION, None, NOW.replace(day=21)).kid == "k2"
    both = inbox_keys(held(store, KeyHolder.INBOX)).sessions
    assert both.fits(b"x", tag)
    assert both.make(b"x", 16) != tag
    store.retire(KeyPurpose.SESSION, "k1")
    assert not inbox_keys(held(store, KeyHolder.INBOX)).sessions.fits(b"x", tag)


def test_an_earlier_ring_is_taken_over_once_and_a_split_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    assert store.take_over(RING, NOW, "2027-01") == "2027-01"
    before = contents(store)
    for file in [*before][::2]:
        file.unlink()
    later = NOW.replace(year=2027, month=3)
    if not any(one.seals_before for one in store.of(KeyPurpose.SEAL)):
        pytest.fail("nothing of it is left to go on from")
    assert store.take_over(RING, later, "2027-05") == "2027-01"
    assert contents(store).keys() == before.keys()
    sealed = intake_keys(held(store, KeyHolder.INTAKE)).vault
    assert sealed.person_id(MADE_UP_CPR) == "5f3xp22u3xtt7rffj3vksiwewp"
    assert sealed.seal(b"text", "p", NOW).startswith("v1.")
    assert sealed.seal(b"text", "p", NOW.replace(year=2027, month=1)).startswith("2027-01.")
    other = RING.model_copy(update={"vault": {"v1": b64encode(bytes(range(1, 33))).decode()}})
    with pytest.raises(KeyRefused, match="other ids"):
        store.take_over(other, NOW, "2027-01")


def test_a_folder_of_an_earlier_version_is_split_at_start(tmp_path: Path) -> None:
    """`up` goes on with the data that it has."""
    (tmp_path / "service.key.json").write_text(RING.model_dump_json())
    keys = intake_keys(held(ensure_service_keys(tmp_path, NOW), KeyHolder.INTAKE))
    assert keys.vault.person_id(MADE_UP_CPR) == "5f3xp22u3xtt7rffj3vksiwewp"
    assert list(keys.opening) == ["service-1"]


def test_what_is_destroyed_is_overwritten_where_it_lay(tmp_path: Path) -> None:
    file, twin = tmp_path / "seal-2026-05.json", tmp_path / "twin"
    file.write_bytes(b"a secret")
    twin.hardlink_to(file)
    assert destroy(file)
    assert not file.exists()
    assert twin.read_bytes() != b"a secret"
    assert not destroy(file)


def test_another_services_seal_does_not_open(store: KeyStore, tmp_path: Path) -> None:
    other = ensure_service_keys(tmp_path / "other", NOW)
    sealed = intake_keys(held(other, KeyHolder.INTAKE)).vault.seal(b"text", "p", NOW)
    with pytest.raises(NotOpenedError):
        inbox_keys(held(store, KeyHolder.INBOX)).opener.open(sealed, "p")
