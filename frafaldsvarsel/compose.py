"""The composition root: settings in, the parts of each process out. The only place where everything meets."""

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from config.days_off import load_days_off
from config.errors import ConfigError, Fault
from config.law import load_law
from config.senders import SenderRegister, base_senders
from config.settings import PREFIX, Settings
from config.tables import DATA
from config.units import load_not_reached, load_react_by, load_units
from frafaldsvarsel.canary.fly import CanarySettings
from ledger.act import Rules
from ledger.project import Policy
from ledger.run import LedgerSettings
from models import canary as reserved
from models.calendar import COPENHAGEN
from models.ids import UnitId
from models.law import Law
from models.retry import RetryPolicy
from notifiers.due import Freeze, freezer
from notifiers.email.channel import EmailChannel
from notifiers.email.settings import SmtpSettings
from notifiers.fit import Contacts, UnitContact
from notifiers.run import NotifierSettings
from ops.topics import Replication
from publisher.keys import KeyFolder, NoKey
from streams.intake import Context
from streams.settings import WorkerSettings


def reference_dir(settings: Settings) -> Path:
    """Where the reference data lies."""
    return settings.reference_dir or DATA


def law(settings: Settings) -> Law:
    """The dated rules and tables."""
    return load_law(reference_dir(settings))


def intake_context(settings: Settings) -> Context:
    """What intake judges by."""
    keyring = settings.open_keyring()
    return Context(
        register=SenderRegister(settings.senders_dir),
        vault=keyring.make_vault(),
        opening_keys=keyring.opening_keys(),
        clock_tolerance=timedelta(seconds=settings.clock_tolerance_seconds),
    )


def worker(settings: Settings) -> WorkerSettings:
    """What the stream worker needs."""
    return WorkerSettings(
        kafka=settings.kafka,
        instance=settings.instance,
        session_timeout=timedelta(seconds=settings.session_timeout_seconds),
        data_dir=str(settings.worker_data_dir),
    )


def ledger(settings: Settings) -> LedgerSettings:
    """What the ledger needs."""
    return LedgerSettings(
        kafka=settings.kafka,
        database_url=settings.database_url.get_secret_value(),
        instance=settings.instance,
        session_timeout_ms=settings.session_timeout_seconds * 1000,
        database_seconds=settings.database_timeout_seconds,
    )


def policy(settings: Settings) -> Policy:
    """What the municipalities have set."""
    directory = reference_dir(settings)
    units = load_units(directory)

    def recipients(unit_id: str) -> tuple[str, ...]:
        unit = units.get(UnitId(unit_id))
        return () if unit is None else (unit.email,)

    return Policy(
        react_by_days=load_react_by(directory).days,
        recipients=recipients,
        days_off=load_days_off(directory),
    )


def rules(settings: Settings) -> Rules:
    """What decides on what people do with a task."""
    not_reached = load_not_reached(reference_dir(settings))
    return Rules(
        policy=policy(settings),
        not_reached_after=lambda unit_id: not_reached.attempts(unit_id, datetime.now(COPENHAGEN).date()),
        units=frozenset(load_units(reference_dir(settings))) - {reserved.UNIT},
    )


def replication(settings: Settings) -> Replication:
    """How many copies of every record."""
    return Replication(factor=settings.replication_factor, min_insync=settings.min_insync_replicas)


def smtp(settings: Settings) -> SmtpSettings:
    """How to reach the relay; raises `ConfigError`."""
    try:
        return SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls.value,
            ca_file=None if settings.smtp_ca_file is None else Path(settings.smtp_ca_file),
            username=settings.smtp_username,
            password=settings.smtp_password,
            sender=settings.mail_from,
            timeout_seconds=settings.smtp_timeout_seconds,
            answer_timeout_seconds=settings.smtp_answer_timeout_seconds,
        )
    except ValidationError as error:
        raise ConfigError(
            [Fault(f"The mail settings do not fit together: {fault['msg']}.") for fault in error.errors()]
        ) from None


def channel(settings: Settings) -> EmailChannel:
    """The mail channel."""
    return EmailChannel(smtp(settings))


def notifier(settings: Settings, *, owner: str) -> NotifierSettings:
    """How patient the notifier is."""
    first = timedelta(seconds=settings.mail_retry_seconds)
    policy = RetryPolicy(
        first_delay=first,
        longest_delay=max(first, RetryPolicy.longest_delay),
        misconfigured_delay=min(10 * first, RetryPolicy.misconfigured_delay),
    )
    return NotifierSettings(
        owner=owner,
        lease_seconds=settings.mail_lease_seconds,
        database_seconds=settings.database_timeout_seconds,
        policy=policy,
    )


def contacts(settings: Settings) -> Contacts:
    """How each unit is named and reached at present."""
    units = load_units(reference_dir(settings))

    def contact(unit_id: str) -> UnitContact | None:
        unit = units.get(UnitId(unit_id))
        return None if unit is None else UnitContact(name=unit.name, recipients=(unit.email,))

    return contact


def freeze(settings: Settings) -> Freeze:
    """How a due delivery becomes a mail."""
    relay = smtp(settings)
    return freezer(
        sender=relay.sender,
        sender_name=relay.sender_name,
        message_id_domain=relay.domain,
        link_base=settings.inbox_url,
    )


def register_faults(settings: Settings) -> tuple[Fault, ...]:
    """What is wrong in the senders' register; raises `ConfigError` where it cannot be read at all."""
    register = SenderRegister(settings.senders_dir, report=lambda _: None)
    register.find("")
    return register.faults


def canary_within(settings: Settings) -> timedelta | None:
    """How old the last canary that came home may be before there is no sign of life; None: none is expected."""
    if settings.canary_seconds is None:
        return None
    return timedelta(seconds=settings.canary_seconds + settings.canary_patience_seconds)


def canary(settings: Settings) -> CanarySettings:
    """What the canary needs; raises `ConfigError` where it could not come home."""
    if settings.canary_keys_dir is None:
        raise ConfigError(
            [Fault(f"{PREFIX}CANARY_KEYS_DIR is missing: the canary signs with keys of its own.")]
        )
    directory = reference_dir(settings)
    senders = {one.number: one.source for one in base_senders(directory) if one.number in reserved.SENDERS}
    faults = [
        Fault(f"Sender {number} of the canary is not in the reference data.", "senders.csv")
        for number in sorted(reserved.SENDERS - senders.keys())
    ]
    keys = KeyFolder(settings.canary_keys_dir)
    for number in sorted(senders):
        try:
            keys.signing_key(number)
        except NoKey as error:
            faults.append(Fault(str(error)))
    try:
        keys.service_key()
    except NoKey as error:
        faults.append(Fault(str(error)))
    known = load_law(directory)
    if reserved.UNIT not in {route.unit_id for route in known.routes.get(reserved.MUNICIPALITY, ())}:
        sentence = f"Municipality {reserved.MUNICIPALITY} of the canary is not routed to {reserved.UNIT}."
        faults.append(Fault(sentence, "routes.csv"))
    if faults:
        raise ConfigError(faults)
    return CanarySettings(
        kafka=settings.kafka,
        database_url=settings.database_url.get_secret_value(),
        keys=keys,
        sources=senders,
        law=known,
        patience=timedelta(seconds=settings.canary_patience_seconds),
    )
