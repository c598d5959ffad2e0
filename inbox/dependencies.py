"""What the inbox is made of, handed in whole by the composition root; nothing here opens or reads by itself."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from config.reference.institutions import Institution
from config.reference.units import Unit
from crypto.hmac_tokens import HmacTokens
from crypto.pseudonym import Pseudonyms
from crypto.vault import PageSeal, SealOpener
from inbox.guides import Guide
from inbox.oidc import Provider
from inbox.released_report import ReleasedReport
from inbox.service_figures import ServiceFigures
from inbox.sessions import Sessions
from inbox.statistics_cache import Counted
from infra.postgres import Pool
from ledger.actions.chain_wait import ChainWait
from ledger.actions.perform import Rules
from ledger.queries.visit import ServedConnections
from models.eligibility.law_horizon import LawHorizon


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxDependencies:
    """Everything that a page may need."""

    pool: Pool
    """For sessions, and for nothing that belongs to a unit."""
    served: ServedConnections
    provider: Provider
    sessions: Sessions
    opener: SealOpener
    """Opens what is sealed of a message."""
    pseudonyms: Pseudonyms
    """Finds a person by CPR."""
    page_seal: PageSeal
    """Seals a log-in that is under way, and where a page of the undecided queue ends."""
    link_tags: HmacTokens
    """Of the link in a mail by which its reader acknowledges."""
    rules: Rules
    units: Mapping[str, Unit]
    institutions: Mapping[str, Institution]
    municipalities: Mapping[str, str]
    """Names, by code."""
    unit_on: Callable[[str, date], str | None]
    """Who is responsible for those who live in a municipality (its code), on a day."""
    law_horizon: Callable[[date], LawHorizon | None]
    """Whether the known law ends soon, seen from a day."""
    days_off: Container[date]
    public_url: str
    rights_claim: str
    counted: Counted
    report: ReleasedReport
    """What the codes of the follow-up report are called, and its file."""
    service: ServiceFigures | None
    """How the service stands, for its operators; None: nobody has said where the processes serve their metrics."""
    guides: Mapping[str, Guide]
    """What to do about each trouble."""
    chained: ChainWait
    """How long opening a person waits for its line in the audit trail to be chained."""
    clock: Callable[[], datetime]

    @property
    def secure(self) -> bool:
        """Whether people reach the inbox by TLS; only on a machine of one's own they may do without."""
        return self.public_url.startswith("https://")

    def unit_name(self, unit_id: str) -> str:
        """What people call a unit; its id where the reference data no longer knows it."""
        unit = self.units.get(unit_id)
        return unit_id if unit is None else unit.name

    def institution_name(self, number: str) -> str:
        """What people call an institution."""
        institution = self.institutions.get(number)
        return number if institution is None else institution.name

    def municipalities_of(self, units: Container[str], on: date) -> frozenset[str]:
        """The codes of those that one of `units` is responsible for."""
        return frozenset(code for code in self.municipalities if self.unit_on(code, on) in units)

    def municipality_name(self, code: str) -> str:
        """What people call a municipality."""
        return self.municipalities.get(code, code)
