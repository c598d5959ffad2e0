"""`keys`: the service's keys, one for each purpose: what there is, new ones, and the split of an earlier key ring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError

from config.command_environments import KeysEnvironment, ShredEnvironment
from config.errors import ConfigError, Fault
from config.key_store import KeyRefused, KeyStore
from config.sections.base import PREFIX
from config.sections.keys import STORE
from crypto.key_file import MONTH, KeyFile, month_of, next_month
from crypto.key_purpose import HELD, KeyHolder, KeyPurpose
from crypto.keyring import Keyring
from crypto.month_seals import sealing_key
from crypto.vault import SealOpener
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.database import database, operator
from frafaldsvarsel.commands.listing import Columns, present
from frafaldsvarsel.commands.terminal import Because, By, DataDir, JsonFlag, fail, out

commands = typer.Typer(help="The service's keys, one for each purpose.", no_args_is_help=True)
StoreOption = Annotated[
    Path | None, typer.Option("--store", help=f"The folder of all holders; else {PREFIX}{STORE}.")
]
PurposeArgument = Annotated[KeyPurpose, typer.Argument(help="What the key is for.")]
_NOTICE: Final = timedelta(days=7)
"""A version that knows monthly keys is everywhere by then: who opens comes before who seals."""


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A line of `keys list`; never a secret."""

    purpose: str
    key: str
    made_at: datetime
    state: str
    held_by: str


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(commands, name="keys")


def key_store(store: Path | None, data: Path | None) -> KeyStore:
    """Where all keys lie; raises `ConfigError` where nobody has said."""
    found = store or settings(KeysEnvironment, data).keys.store
    if found is None:
        raise ConfigError([Fault(f"Where do the keys lie? Give --store, or set {PREFIX}{STORE}.")])
    return KeyStore(found)


@commands.command("list")
def list_keys(store: StoreOption = None, data: DataDir = None, as_json: JsonFlag = False) -> None:
    """What there is, for what, since when, and who holds it."""
    known = key_store(store, data)
    holders: Mapping[KeyHolder, frozenset[str]] = {
        holder: frozenset(one.name for one in known.held(holder)) for holder in KeyHolder
    }
    listed = [
        ListedKey(
            purpose=purpose,
            key=one.kid,
            made_at=one.made_at,
            state=_state(one, keys[-1].kid),
            held_by=", ".join(holder for holder, names in holders.items() if one.name in names),
        )
        for purpose in KeyPurpose
        for keys in [known.of(purpose)]
        for one in keys
    ]
    present(listed, _COLUMNS, as_json=as_json, empty="There is no key.")


@commands.command("new")
def new(
    purpose: PurposeArgument,
    name: Annotated[
        str | None, typer.Argument(help="Of a seal or an opening key the month, such as 2027-01.")
    ] = None,
    store: StoreOption = None,
    data: DataDir = None,
) -> None:
    """Make one more key and hand it to its holders; of months, without a name, the next that has none.

    What is there already is only handed to who lacks it. A running worker and inbox know a month's key within two
    seconds; of the other purposes restart first who reads, then who signs.
    """
    known = key_store(store, data)
    try:
        key = known.make(purpose, name, datetime.now(UTC))
    except KeyRefused as error:
        fail(str(error))
        raise typer.Exit(1) from None
    holders = ", ".join(holder for holder, purposes in HELD.items() if purpose in purposes)
    out.print(f"[green]+[/] {purpose}-{key.kid}, for {holders}", highlight=False)
    if purpose is KeyPurpose.OPENING:
        # Senders are given this line.
        out.print(known.public_key().decode(), highlight=False, soft_wrap=True)


@commands.command("retire")
def retire(
    purpose: PurposeArgument,
    name: Annotated[str, typer.Argument(help="As in the list.")],
    store: StoreOption = None,
    data: DataDir = None,
) -> None:
    """Take an earlier key from all who hold it. What was signed by it, or sealed to it, is refused from then on."""
    try:
        key_store(store, data).retire(purpose, name)
    except KeyRefused as error:
        fail(str(error))
        raise typer.Exit(1) from None
    out.print(f"[green]-[/] {purpose}-{name}. Take it from the machines of its holders too.", highlight=False)


@commands.command("split")
def split(
    ring: Annotated[Path, typer.Argument(help="The key ring of an earlier version, service.key.json.")],
    months_from: Annotated[
        str | None,
        typer.Option(
            help="The first month (UTC) with a seal of its own; else the first that begins in 7 days."
        ),
    ] = None,
    store: StoreOption = None,
    data: DataDir = None,
) -> None:
    """Make of an earlier key ring keys for one purpose each. People's ids, and what was sealed and signed, stay valid.

    Cut off, it is done again with the same ring: what is there stays as it is.
    """
    known, now = key_store(store, data), datetime.now(UTC)
    month = months_from or next_month(month_of(now + _NOTICE))
    if MONTH.fullmatch(month) is None or month <= month_of(now):
        raise typer.BadParameter("a month after this one, such as 2027-01", param_hint="--months-from")
    try:
        month = known.take_over(Keyring.model_validate_json(ring.read_bytes()), now, month)
    except KeyRefused as error:
        fail(str(error))
        raise typer.Exit(1) from None
    except OSError as error:
        fail(f"The key ring cannot be read: {error.strerror}.")
        raise typer.Exit(1) from None
    except (ValueError, ValidationError):
        # Nothing of what is wrong with it: that would show some of it.
        fail("It is not a key ring of an earlier version.")
        raise typer.Exit(1) from None
    out.print(
        f"[green]✓[/] The ring is split. It seals what comes before {month}; then each month has its own key. "
        "Keep a copy of the ring until this is handed out, and destroy it then.",
        highlight=False,
        soft_wrap=True,
    )


@commands.command("shred")
def shred(
    month: Annotated[str, typer.Argument(help="Such as 2026-05.")],
    because: Because,
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. There is no way back.")] = False,
    store: StoreOption = None,
    data: DataDir = None,
) -> None:
    """Make unreadable for ever what a month's key has sealed: in topics, tables and backups.

    First what open tasks and undecided messages still need of it is sealed again under this month's key. It refuses
    while refused records of the month wait in quarantine. Cut off at any point, it is run again.
    """
    from ops.recovery.shred import NotYet, objection_to_month, seal_again

    settled = settings(ShredEnvironment, data)
    known, now = key_store(store or settled.keys.store, data), datetime.now(UTC)
    keys = [one for one in known.of(KeyPurpose.SEAL) if one.is_month]
    found = next((one for one in keys if one.kid == month), None)
    wrong = objection_to_month(month, now) if found is not None else f"There is no key seal-{month}."
    if wrong is not None or found is None:
        fail(wrong or "")
        raise typer.Exit(1)
    if found.private is None and known.is_shredded(month):
        # Nobody opens with it any more, so nothing can be sealed again: a run that was cut off is finished.
        files = known.shred(month, now)
        out.print(
            f"seal-{month} was shredded before; {files} folders still had a part of it.", highlight=False
        )
        return
    if not yes:
        fail(f"seal-{month} is destroyed with --yes; then nobody opens again what it has sealed.")
        raise typer.Exit(1)
    openers = {one.kid: opener for one in keys if (opener := one.opener) is not None}
    today = sealing_key(month_of(now), known.of(KeyPurpose.SEAL)).sealing
    if today is None:
        fail(f"There is no key that seals {month_of(now)}.")
        raise typer.Exit(1)
    try:
        with database(settled.database) as connection:
            done = seal_again(
                connection,
                month,
                is_first=keys[0].kid == month,
                opener=SealOpener(openers),
                seal=today.seal,
                who=operator(connection, by, because),
            )
    except NotYet as error:
        fail(str(error))
        raise typer.Exit(1) from None
    files = known.shred(month, now)
    out.print(
        f"[green]✓[/] {done.messages} messages were sealed again, and seal-{month} is destroyed in {files} folders. "
        "Hand the folders out, so that it goes everywhere, and delete it from every copy of the store.",
        highlight=False,
        soft_wrap=True,
    )


def _state(key: KeyFile, newest: str) -> str:
    if key.shredded_at is not None:
        return f"shredded {key.shredded_at:%Y-%m-%d}"
    if key.seals_before is not None:
        return f"seals before {key.seals_before}"
    if key.is_month:
        return "of its month"
    return "in use" if key.kid == newest else "earlier"


_COLUMNS: Columns[ListedKey] = {
    "purpose": lambda one: one.purpose,
    "key": lambda one: one.key,
    "made": lambda one: one.made_at,
    "state": lambda one: one.state,
    "held by": lambda one: one.held_by,
}
