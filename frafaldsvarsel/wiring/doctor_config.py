"""What `doctor` says of settings, files and tables: what `check-config` refuses, and what it lets pass and warns of."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from config.errors import Fault
from config.reference.days_off import HolidaysUnknown, days_off_of
from config.reference.law import law_of
from config.reference.tables import Reference
from config.reference.units import units_of
from config.sections.processes import IntakeSection
from config.sections.servers import ReferenceSection
from config.told_sections import ToldSections
from doctor.diagnosis import Diagnosis, HealthCheck, unknown
from doctor.judgements import configuration
from frafaldsvarsel.wiring.law import law_warning
from frafaldsvarsel.wiring.soundness import ConfigPart, soundness
from models.calendar import copenhagen_date
from models.eligibility.law_horizon import law_horizon
from models.events import probe_identity


def configured(told: ToldSections, faults: Sequence[Fault], now: datetime) -> Iterator[Diagnosis]:
    """Part by part; what rests on tables that cannot be used is said to be unknown."""
    yield from configuration.part(HealthCheck.SETTINGS, [str(one) for one in faults])
    found = soundness(told, now)
    for part in ConfigPart:
        check = HealthCheck(part.value)
        if part in found.unasked:
            yield unknown(check, "It cannot be looked at: see settings and reference-data.")
        else:
            yield from configuration.part(check, [str(one.fault) for one in found.faults if one.part is part])
    intake = told.get(IntakeSection)
    yield from configuration.published_keys(intake is not None and intake.published_keys_taken)
    section = told.get(ReferenceSection)
    if section is not None:
        yield from configuration.approvers(section.approvers is not None)
    if found.reference is not None:
        yield from _tables(found.reference, copenhagen_date(now))


def _tables(reference: Reference, today: date) -> Iterator[Diagnosis]:
    horizon = law_horizon(law_of(reference), today)
    yield configuration.law(horizon, "" if horizon is None else law_warning(horizon))
    yield configuration.holidays(_unknown_years(reference, today), today)
    yield configuration.addresses(
        (unit_id, unit.email)
        for unit_id, unit in units_of(reference).items()
        if unit_id != probe_identity.UNIT
    )


def _unknown_years(reference: Reference, today: date) -> set[int]:
    known, unknown_years = days_off_of(reference), set[int]()
    for year in (today.year, today.year + 1):
        try:
            known.in_year(year)
        except HolidaysUnknown:
            unknown_years.add(year)
    return unknown_years
