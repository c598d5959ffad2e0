"""What the inbox is handed: settings in, its parts out. It belongs to the composition root."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from starlette.types import ASGIApp

from api.mount import ApiMount
from config.environments import InboxEnvironment
from config.errors import ConfigError, Fault
from config.reference.institutions import institutions_of
from config.reference.law import law_of
from config.reference.tables import Reference
from config.reference.units import municipalities_of, units_of
from config.sections.base import PREFIX
from config.sections.pages import OidcSection, OperatorSection
from doctor.status.service_watch import ServiceWatch
from frafaldsvarsel.wiring import ledger as ledger_wiring
from frafaldsvarsel.wiring.api import api_app
from frafaldsvarsel.wiring.common import read_reference
from frafaldsvarsel.wiring.report import released_report
from inbox.app import build
from inbox.dependencies import InboxDependencies
from inbox.guides import read_guides
from inbox.oidc import Provider
from inbox.pages.log_in import CALLBACK
from inbox.render import DESIGN
from inbox.service_figures import ServiceFigures
from inbox.sessions import Sessions
from inbox.statistics_cache import Counted
from infra.postgres_pool import make_pool
from ledger.actions.chain_wait import ChainWait
from ledger.queries.visit import ServedConnections, forget
from models.calendar import copenhagen_date
from models.eligibility.law_horizon import law_horizon

_MOST_CONNECTIONS = 12


def inbox_app(settings: InboxEnvironment, in_vain: Callable[[], None] = lambda: None) -> ASGIApp:
    """The pages with the interface for case systems; raises `ConfigError`.

    `in_vain` is called when a person was opened before its line was chained.
    """
    reference = read_reference(settings.reference)
    parts = inbox_parts(settings, reference, in_vain)
    api = api_app(settings.api, settings.keys.inbox, reference, parts.rules, parts.served, parts.chained)
    return build(parts, beside=None if api is None else ApiMount(api))


def inbox_parts(
    settings: InboxEnvironment, reference: Reference, in_vain: Callable[[], None] = lambda: None
) -> InboxDependencies:
    """Everything that the pages need; raises `ConfigError`. The pool is opened by the application."""
    public_url, keys = settings.links.url.rstrip("/"), settings.keys.inbox
    provider = _provider(settings.oidc, public_url)
    rules = ledger_wiring.rules(
        reference, attempts_apart=timedelta(minutes=settings.inbox.attempts_apart_minutes)
    )
    units = {str(unit_id): unit for unit_id, unit in units_of(reference).items()}
    law = law_of(reference)
    pool = make_pool(
        settings.database.url,
        "inbox",
        least=2,
        most=_MOST_CONNECTIONS,
        statement_seconds=settings.database.timeout_seconds,
        reset=forget,
    )
    served = ServedConnections(pool, keys.visit)
    return InboxDependencies(
        pool=pool,
        served=served,
        provider=provider,
        sessions=Sessions(
            tags=keys.sessions,
            idle=timedelta(minutes=settings.inbox.idle_minutes),
            longest=timedelta(hours=settings.inbox.session_hours),
        ),
        opener=keys.opener,
        pseudonyms=keys.pseudonyms,
        page_seal=keys.pages,
        link_tags=keys.links,
        rules=rules,
        units=units,
        institutions={str(number): found for number, found in institutions_of(reference).items()},
        municipalities=municipalities_of(reference),
        unit_on=law.unit_on,
        law_horizon=partial(law_horizon, law),
        days_off=rules.policy.days_off,
        public_url=public_url,
        rights_claim=settings.oidc.rights_claim,
        counted=Counted(served, frozenset(units), clock=_now, day=copenhagen_date),
        report=released_report(reference),
        service=_service(settings.operators),
        guides=read_guides(),
        chained=ChainWait(settings.trail_wait.wait_seconds, in_vain),
        clock=_now,
    )


def _service(section: OperatorSection) -> ServiceFigures | None:
    return ServiceWatch(section.processes, clock=_now) if section.processes else None


def _now() -> datetime:
    return datetime.now(UTC)


def _provider(section: OidcSection, public_url: str) -> Provider:
    faults = []
    if section.issuer is None:
        faults.append(Fault(f"{PREFIX}OIDC_ISSUER is missing: nobody could log in to the inbox."))
    if section.client_secret is None:
        faults.append(Fault(f"{PREFIX}OIDC_CLIENT_SECRET is missing; normally it comes by …_FILE."))
    if not DESIGN.exists():
        faults.append(Fault("The design system of the inbox's pages is missing: run make install."))
    if faults or section.issuer is None or section.client_secret is None:
        raise ConfigError(faults)
    return Provider(
        issuer=section.issuer,
        client_id=section.client_id,
        client_secret=section.client_secret.get_secret_value(),
        redirect_uri=f"{public_url}{CALLBACK}",
        levels=tuple(section.levels.split()),
    )
