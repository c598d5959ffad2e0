"""The service's keys as settings: each process names a folder of its own, and gets what it does with them.

A capability signs, opens or seals for its own purposes. Nothing here is ever shown.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, TypeVar

from joserfc.jwk import OKPKey
from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from config.errors import ConfigError
from config.key_faults import opens_nothing
from config.key_folder import HeldKeys
from config.sections.base import Section
from crypto.hmac_tokens import HmacTokens
from crypto.intake_vault import IntakeVault
from crypto.key_file import KeyFile
from crypto.key_purpose import KeyHolder, KeyPurpose
from crypto.month_seals import MonthSeals
from crypto.pseudonym import ContentHashes, Pseudonyms
from crypto.vault import Opener, PageSeal, SealOpener, SymmetricSeal
from crypto.visit_token import VisitKey

CapabilityT = TypeVar("CapabilityT")
KeyT = TypeVar("KeyT")

VARIABLE: Final = "KEYS_DIR"
STORE: Final = "KEY_STORE"
_ABOUT: Final = (
    "A folder with the keys that this process needs, and no other: it refuses to start with one too many"
)


class LiveKeys(Mapping[str, KeyT]):
    """Keys by what their users call them, as the folder has them now."""

    def __init__(
        self, keys: Callable[[], tuple[KeyFile, ...]], make: Callable[[KeyFile], tuple[str, KeyT] | None]
    ) -> None:
        """`make`: what becomes of a file; None: nothing."""
        self._look, self._make = keys, make
        self._seen: tuple[KeyFile, ...] | None = None
        self._ready: dict[str, KeyT] = {}

    def __getitem__(self, kid: str) -> KeyT:
        return self._now()[kid]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> dict[str, KeyT]:
        keys = self._look()
        if keys is not self._seen:
            self._ready = dict(made for key in keys if (made := self._make(key)) is not None)
            self._seen = keys
        return self._ready


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeKeys:
    """What opens a sender's record, makes a pseudonym of a CPR and seals. It opens nothing that it has sealed."""

    vault: IntakeVault = field(repr=False)
    opening: Mapping[str, OKPKey] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayKeys:
    """What opens a record that was refused, and judges it again."""

    intake: IntakeKeys = field(repr=False)
    opener: SealOpener = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKeys:
    """What signs the links and the return addresses of mails. It opens nothing."""

    links: HmacTokens = field(repr=False)
    recipients: HmacTokens = field(repr=False)
    bounces: HmacTokens = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxKeys:
    """What opens what intake has sealed, finds a person, and knows the service's own log-ins, links and tokens."""

    opener: SealOpener = field(repr=False)
    pseudonyms: Pseudonyms = field(repr=False)
    pages: PageSeal = field(repr=False)
    sessions: HmacTokens = field(repr=False)
    links: HmacTokens = field(repr=False)
    access: HmacTokens = field(repr=False)
    visit: VisitKey = field(repr=False)


def intake_keys(held: HeldKeys) -> IntakeKeys:
    """For the stream worker, and for whoever hands a record to it again: of no use where nothing opens a CPR."""
    if opens_nothing(held.of(KeyPurpose.OPENING)):
        raise PydanticCustomError("sentence", "has no key that opens a CPR; `check-config` says why")
    hashes = ContentHashes(held.of(KeyPurpose.FINGERPRINT)[-1].secret)
    seals = MonthSeals(lambda: held.of(KeyPurpose.SEAL))
    return IntakeKeys(
        vault=IntakeVault(pseudonyms=_pseudonyms(held), hashes=hashes, seals=seals),
        opening=LiveKeys(lambda: held.of(KeyPurpose.OPENING), _opening),
    )


def replay_keys(held: HeldKeys) -> ReplayKeys:
    """For `quarantine replay`."""
    return ReplayKeys(intake=intake_keys(held), opener=seal_opener(held))


def notice_keys(held: HeldKeys) -> NoticeKeys:
    """For the notifier."""
    return NoticeKeys(
        links=_tags(held, KeyPurpose.LINK),
        recipients=_tags(held, KeyPurpose.RECIPIENT),
        bounces=_tags(held, KeyPurpose.BOUNCE),
    )


def inbox_keys(held: HeldKeys) -> InboxKeys:
    """For the inbox and the interface for case systems."""
    pages = held.of(KeyPurpose.PAGE)
    return InboxKeys(
        opener=seal_opener(held),
        pseudonyms=_pseudonyms(held),
        pages=PageSeal({one.kid: SymmetricSeal(one.kid, one.secret) for one in pages}, pages[-1].kid),
        sessions=_tags(held, KeyPurpose.SESSION),
        links=_tags(held, KeyPurpose.LINK),
        access=_tags(held, KeyPurpose.ACCESS),
        visit=visit_keys(held)[-1],
    )


def visit_keys(held: HeldKeys) -> tuple[VisitKey, ...]:
    """For whoever hands them to the database; the last is the one that the inbox uses."""
    return tuple(VisitKey(one.kid, one.secret) for one in held.of(KeyPurpose.VISIT))


def seal_opener(held: HeldKeys) -> SealOpener:
    """For whoever opens what was refused."""
    return SealOpener(LiveKeys(lambda: held.of(KeyPurpose.SEAL), _opener))


def _pseudonyms(held: HeldKeys) -> Pseudonyms:
    return Pseudonyms(held.of(KeyPurpose.PSEUDONYM)[-1].secret)


def _tags(held: HeldKeys, purpose: KeyPurpose) -> HmacTokens:
    keys = held.of(purpose)
    return HmacTokens.of_derived({one.kid: one.secret for one in keys}, keys[-1].kid)


def _opener(one: KeyFile) -> tuple[str, Opener] | None:
    opener = one.opener
    return None if opener is None else (one.kid, opener)


def _opening(one: KeyFile) -> tuple[str, OKPKey] | None:
    try:
        return str(one.opening.kid), one.opening
    except ValueError:
        return None


def _of_folder(holder: KeyHolder, make: Callable[[HeldKeys], CapabilityT]) -> PlainValidator:
    def made(folder: object) -> CapabilityT:
        try:
            return make(HeldKeys(Path(str(folder)), holder))
        except (ConfigError, OSError) as error:
            # One sentence for each fault; none of them shows anything of a key.
            said = " ".join(str(one) for one in error.faults) if isinstance(error, ConfigError) else ""
            raise PydanticCustomError("keys", "{said}", {"said": said or "cannot be read."}) from None
        except ValueError:
            raise PydanticCustomError("sentence", "has a key that cannot be used") from None

    return PlainValidator(made)


class IntakeKeySection(Section):
    """The keys that intake needs."""

    intake: Annotated[IntakeKeys, _of_folder(KeyHolder.INTAKE, intake_keys)] = Field(
        validation_alias=VARIABLE, description=_ABOUT
    )


class ReplayKeySection(Section):
    """The keys of somebody who hands a refused record to intake's rule again."""

    replay: Annotated[ReplayKeys, _of_folder(KeyHolder.REPLAY, replay_keys)] = Field(
        validation_alias=VARIABLE, description=_ABOUT
    )

    @property
    def intake(self) -> IntakeKeys:
        """The part that judges."""
        return self.replay.intake


class NoticeKeySection(Section):
    """The keys that a notifier needs."""

    notices: Annotated[NoticeKeys, _of_folder(KeyHolder.NOTIFY, notice_keys)] = Field(
        validation_alias=VARIABLE, description=_ABOUT
    )


class InboxKeySection(Section):
    """The keys that the inbox needs."""

    inbox: Annotated[InboxKeys, _of_folder(KeyHolder.INBOX, inbox_keys)] = Field(
        validation_alias=VARIABLE, description=_ABOUT
    )


class OpenerKeySection(Section):
    """The keys of somebody who opens what was refused."""

    opener: Annotated[SealOpener, _of_folder(KeyHolder.OPENER, seal_opener)] = Field(
        validation_alias=VARIABLE, description=_ABOUT, repr=False
    )


class LookupKeySection(Section):
    """The key of a command that finds a person by CPR."""

    pseudonyms: Annotated[Pseudonyms, _of_folder(KeyHolder.LOOKUP, _pseudonyms)] = Field(
        validation_alias=VARIABLE, description=_ABOUT, repr=False
    )


class MigrateKeySection(Section):
    """The keys that the database must know."""

    visits: Annotated[tuple[VisitKey, ...] | None, _of_folder(KeyHolder.MIGRATE, visit_keys)] = Field(
        default=None, validation_alias=VARIABLE, description=_ABOUT, repr=False
    )


class KeyStoreSection(Section):
    """Where all of them lie: for whoever makes and checks them, and for no process."""

    store: Path | None = Field(
        default=None,
        validation_alias=STORE,
        description="The folder with a folder of keys for each holder: for `keys`, `check-config` and `doctor`; no "
        "process is told it",
    )


class EveryKeySection(KeyStoreSection):
    """For `check-config` and `doctor`."""

    folder: Path | None = Field(default=None, validation_alias=VARIABLE, description=_ABOUT)
