"""The composition root's part for the canary."""

from datetime import timedelta

from config.errors import ConfigError, Fault
from config.reference.law import load_law
from config.senders import base_senders
from config.settings import PREFIX, Settings
from frafaldsvarsel.wiring.common import reference_dir
from models.events import probe_identity as reserved
from ops.probe.probe import ProbeSettings
from publisher.keys import KeyFolder, NoKey


def probe_within(settings: Settings) -> timedelta | None:
    """How old the last canary that came home may be before there is no sign of life; None: none is expected."""
    if settings.canary_seconds is None:
        return None
    return timedelta(seconds=settings.canary_seconds + settings.canary_patience_seconds)


def probe(settings: Settings) -> ProbeSettings:
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
    return ProbeSettings(
        kafka=settings.kafka,
        database_url=settings.database_url.get_secret_value(),
        keys=keys,
        sources=senders,
        law=known,
        patience=timedelta(seconds=settings.canary_patience_seconds),
    )
