"""What the inbox is handed: settings in, its parts out. It belongs to the composition root."""

from datetime import UTC, datetime, timedelta

from config.errors import ConfigError, Fault
from config.reference.checks.all import sound_reference
from config.reference.institutions import load_institutions
from config.reference.units import load_units
from config.settings import PREFIX, Settings
from crypto.hmac_tokens import Purpose
from frafaldsvarsel.wiring import common as common_wiring
from frafaldsvarsel.wiring import ledger as ledger_wiring
from inbox.dependencies import InboxDependencies
from inbox.oidc import Provider
from inbox.pages.log_in import CALLBACK
from inbox.render import DESIGN
from inbox.sessions import Sessions
from inbox.statistics_cache import Counted
from infra.postgres_pool import make_pool
from models.calendar import copenhagen_date

_MOST_CONNECTIONS = 12


def inbox_parts(settings: Settings) -> InboxDependencies:
    """Everything that the pages need; raises `ConfigError`. The pool is opened by the application."""
    public_url = settings.inbox_url.rstrip("/")
    provider = _provider(settings, public_url)
    keyring = settings.open_keyring()
    directory = common_wiring.reference_dir(settings)
    rules = ledger_wiring.rules(settings)
    units = {str(unit_id): unit for unit_id, unit in load_units(directory).items()}
    pool = make_pool(
        settings,
        "inbox",
        least=2,
        most=_MOST_CONNECTIONS,
        statement_seconds=settings.database_timeout_seconds,
    )
    return InboxDependencies(
        pool=pool,
        provider=provider,
        sessions=Sessions(
            tags=keyring.tags(Purpose.SESSION),
            idle=timedelta(minutes=settings.inbox_idle_minutes),
            longest=timedelta(hours=settings.inbox_session_hours),
        ),
        vault=keyring.make_vault(),
        link_tags=keyring.tags(Purpose.LINK),
        rules=rules,
        units=units,
        institutions={str(number): found for number, found in load_institutions(directory).items()},
        municipalities={row.code: row.name for row in sound_reference(directory).municipalities.rows},
        unit_on=common_wiring.law(settings).unit_on,
        days_off=rules.policy.days_off,
        public_url=public_url,
        rights_claim=settings.oidc_rights_claim,
        counted=Counted(pool, frozenset(units), clock=_now, day=copenhagen_date),
        clock=_now,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _provider(settings: Settings, public_url: str) -> Provider:
    faults = []
    if settings.oidc_issuer is None:
        faults.append(Fault(f"{PREFIX}OIDC_ISSUER is missing: nobody could log in to the inbox."))
    if settings.oidc_client_secret is None:
        faults.append(Fault(f"{PREFIX}OIDC_CLIENT_SECRET is missing; normally it comes by …_FILE."))
    if not DESIGN.exists():
        faults.append(Fault("The design system of the inbox's pages is missing: run make install."))
    if faults or settings.oidc_issuer is None or settings.oidc_client_secret is None:
        raise ConfigError(faults)
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        redirect_uri=f"{public_url}{CALLBACK}",
    )
