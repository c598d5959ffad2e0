"""A process begins when somebody has migrated, and gives up with a sentence when nobody does."""

import logging
from typing import Final

import psycopg
import pytest

from config.database_roles import OWNER, DatabaseRole
from config.errors import ConfigError
from config.sections.servers import DatabaseAddress
from frafaldsvarsel.preflight_postgres import SCHEMA_SECONDS, postgres
from ledger.schema.apply_rights import bring_up

WITHOUT_ROLE: Final = "PostgreSQL knows this process as another user than frafaldsvarsel_notify"


def address(url: str, name: str) -> DatabaseAddress:
    return DatabaseAddress.model_validate({"DATABASE_URL": url.replace("//postgres@", f"//{name}@")})


class Clock:
    """Time passes as it is slept; at the third look somebody does something."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept = 0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += 1


def test_it_waits_for_whoever_migrates_and_then_begins(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    bring_up(database)
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.slept == 3:
            bring_up(database)

    forget_all(database)
    with caplog.at_level(logging.WARNING):
        postgres(address(database, DatabaseRole.NOTIFY), DatabaseRole.NOTIFY, sleep=sleep, clock=clock)
    assert clock.slept == 3
    assert len(caplog.messages) == 3
    assert all("`frafaldsvarsel migrate` does it." in one for one in caplog.messages)


def forget_all(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def test_nobody_migrates(database: str) -> None:
    bring_up(database)
    forget_all(database)
    clock = Clock()
    with pytest.raises(ConfigError) as caught:
        postgres(address(database, DatabaseRole.LEDGER), DatabaseRole.LEDGER, sleep=clock.sleep, clock=clock)
    (said,) = [str(one) for one in caught.value.faults]
    assert said.endswith("Run frafaldsvarsel migrate.")
    assert SCHEMA_SECONDS <= clock.now <= SCHEMA_SECONDS + 20


def test_another_user_is_warned_of_and_served(ledger_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """As while an older release's single user is still in use."""
    with caplog.at_level(logging.WARNING):
        postgres(address(ledger_url, "postgres"), DatabaseRole.NOTIFY, sleep=Clock().sleep)
    (said,) = caplog.messages
    assert said.startswith(WITHOUT_ROLE)


def test_a_user_that_is_not_let_in_is_told_apart(database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody can log in as the owner; the sentence repeats no address."""
    bring_up(database)

    class Enough(Exception):
        pass

    def once(_: float) -> None:
        raise Enough

    with caplog.at_level(logging.WARNING), pytest.raises(Enough):
        postgres(address(database, OWNER), DatabaseRole.LEDGER, sleep=once)
    assert caplog.messages == ["waiting: PostgreSQL does not let this user in."]
