"""What the interface is built from, and what every route asks of it: who calls, and whether that may be."""

import math
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import psycopg
from fastapi import Request
from psycopg_pool import PoolTimeout

from api.parameters import judge_parameters
from api.problems import Problem, ProblemRaised
from api.rate_limit import RateLimiter
from api.secret_check import SecretCheck
from api.tokens import LIFETIME, Grant, client_of, granted
from config.api_clients import ClientRegister, ClientRight
from crypto.hmac_tokens import HmacTokens
from crypto.vault import PageSeal, SealOpener
from infra.postgres import Connection
from ledger.actions.chain_wait import ChainWait
from ledger.actions.perform import Rules
from ledger.queries.visit import ServedConnections

_AWAY_SECONDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDependencies:
    """Everything that the interface needs."""

    served: ServedConnections
    """In autocommit."""
    clients: ClientRegister
    tags: HmacTokens
    """Of `crypto.hmac_tokens.Purpose.ACCESS`."""
    opener: SealOpener
    """Opens what is sealed of a message."""
    page_seal: PageSeal
    """Of where a page of the undecided queue ends."""
    rules: Rules
    municipalities: Collection[str]
    """Their codes."""
    unit_on: Callable[[str, date], str | None]
    """Who is responsible for those who live in a municipality (its code), on a day."""
    chained: ChainWait
    """How long opening a person waits for its line in the audit trail to be chained."""
    clock: Callable[[], datetime]
    """For tokens and for what is due today. What is done with a task has the database's time."""
    token_lifetime: timedelta = LIFETIME
    ticks: Callable[[], float] = time.monotonic
    """Seconds that never go back, for the pace."""
    pace: RateLimiter = field(default_factory=RateLimiter)
    log_ins: SecretCheck = field(default_factory=SecretCheck)

    @asynccontextmanager
    async def connection(
        self, units: Collection[str], *, municipalities: Collection[str] = ()
    ) -> AsyncIterator[Connection]:
        """A connection that shows what is theirs; `Problem.AWAY` where there is none to be had, or it is lost."""
        try:
            async with self.served.of(units, municipalities=municipalities) as connection:
                yield connection
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError):
            raise ProblemRaised(Problem.AWAY, {"Retry-After": str(_AWAY_SECONDS)}) from None

    def hold_back(self, name: str, per_minute: int) -> None:
        """Raises `Problem.TOO_MANY` where `name` sends faster than it may."""
        wait = self.pace.wait(name, per_minute, self.ticks())
        if wait > 0:
            raise ProblemRaised(Problem.TOO_MANY, {"Retry-After": str(math.ceil(wait))})

    def caller(self, request: Request, right: ClientRight) -> Grant:
        """Who calls, when that may be; raises `ProblemRaised`."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ProblemRaised(Problem.NO_TOKEN)
        content = client_of(self.tags, token.strip(), now=self.clock())
        client = None if content is None else self.clients.find(content.client)
        if content is None or client is None:
            raise ProblemRaised(Problem.TOKEN_NOT_VALID)
        self.hold_back(f"client/{client.id}", client.requests_per_minute)
        given = granted(content, client)
        if right not in given.rights:
            raise ProblemRaised(Problem.RIGHT_MISSING)
        judge_parameters(request)
        return given
