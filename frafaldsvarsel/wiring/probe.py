"""The composition root's part for the canary."""

from datetime import timedelta

from config.environments import ProbeEnvironment
from config.errors import ConfigError, Fault
from config.reference.law import law_of
from config.reference.tables import Reference
from config.sections.audit import ProbeIntervalSection, ProbeSection
from config.sections.base import PREFIX
from config.senders import base_senders
from frafaldsvarsel.wiring.common import read_reference, stream_mac
from models.events import probe_identity as reserved
from ops.probe.probe import ProbeSettings
from publisher.keys import KeyFolder, NoKey
from publisher.prepare import LATEST


def probe_within(section: ProbeIntervalSection) -> timedelta | None:
    """How old the last canary that came home may be before there is no sign of life; None: none is expected."""
    if section.seconds is None:
        return None
    return timedelta(seconds=section.seconds + section.patience_seconds)


def probe_settings(settings: ProbeEnvironment) -> ProbeSettings:
    """What the canary needs; raises `ConfigError` where it could not come home."""
    reference = read_reference(settings.reference)
    senders, keys = known_probe(settings.probe, reference)
    return ProbeSettings(
        kafka=settings.kafka,
        database_url=settings.database.url.get_secret_value(),
        keys=keys,
        # An intake of the release before would refuse version 2; whoever sets a last day has none left.
        version=1 if settings.contract.version_1_until is None else LATEST,
        sources=senders,
        law=law_of(reference),
        patience=timedelta(seconds=settings.interval.patience_seconds),
        mac=stream_mac(settings.stream),
    )


def known_probe(section: ProbeSection, reference: Reference) -> tuple[dict[str, str], KeyFolder]:
    """The canary's senders with their sources, and its keys; raises `ConfigError` where it could not come home."""
    if section.keys_dir is None:
        raise ConfigError(
            [Fault(f"{PREFIX}CANARY_KEYS_DIR is missing: the canary signs with keys of its own.")]
        )
    senders = {one.number: one.source for one in base_senders(reference) if one.number in reserved.SENDERS}
    faults = [
        Fault(f"Sender {number} of the canary is not in the reference data.", "senders.csv")
        for number in sorted(reserved.SENDERS - senders.keys())
    ]
    keys = KeyFolder(section.keys_dir)
    for number in sorted(senders):
        try:
            keys.signing_key(number)
        except NoKey as error:
            faults.append(Fault(str(error)))
    try:
        keys.service_key()
    except NoKey as error:
        faults.append(Fault(str(error)))
    routed = {row.unit_id for row in reference.routes.rows if row.municipality_code == reserved.MUNICIPALITY}
    if reserved.UNIT not in routed:
        sentence = f"Municipality {reserved.MUNICIPALITY} of the canary is not routed to {reserved.UNIT}."
        faults.append(Fault(sentence, "routes.csv"))
    if faults:
        raise ConfigError(faults)
    return senders, keys
