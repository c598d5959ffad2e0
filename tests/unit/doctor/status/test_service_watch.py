"""Who is up or away and since when; and no trouble of one look ends the looking."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from doctor.readers.metrics_page import MetricsPage
from doctor.status.service_watch import ServiceWatch
from notifiers.metrics import ATTEMPTS

BEGAN: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def page(delivered: float) -> MetricsPage:
    labels = {"channel": "email", "outcome": "delivered", "status": "delivered"}
    return MetricsPage({ATTEMPTS.name: ((labels, delivered),)})


class Service:
    """Two processes, as they are scraped."""

    def __init__(self) -> None:
        self.now = BEGAN
        self.pages: dict[str, MetricsPage] = {}
        self.asked = 0
        self.watch = ServiceWatch(
            {"notify": "http://a", "lag": "http://b"}, clock=lambda: self.now, scrape=self.scrape
        )

    async def scrape(self, addresses: Mapping[str, str]) -> tuple[dict[str, MetricsPage], dict[str, str]]:
        self.asked += 1
        return self.pages, {name: "Gone." for name in addresses if name not in self.pages}

    async def look(self, seconds: int, **pages: MetricsPage) -> None:
        self.now, self.pages = BEGAN + timedelta(seconds=seconds), pages
        await self.watch.look()

    def states(self) -> dict[str, tuple[bool, float]]:
        view = self.watch.seen()
        assert view is not None
        return {one.name: (one.is_up, (one.since - BEGAN).total_seconds()) for one in view.processes}


async def test_before_the_first_look_nothing_is_known() -> None:
    assert Service().watch.seen() is None


async def test_since_when_a_process_answers_or_does_not() -> None:
    service = Service()
    await service.look(0, notify=page(1))
    assert service.states() == {"notify": (True, 0), "lag": (False, 0)}
    await service.look(10, notify=page(1), lag=page(0))
    assert service.states() == {"notify": (True, 0), "lag": (True, 10)}
    await service.look(20, lag=page(0))
    await service.look(30, lag=page(0))
    assert service.states() == {"notify": (False, 20), "lag": (True, 10)}


async def test_attempts_are_counted_into_their_minute_and_as_a_rate() -> None:
    service = Service()
    await service.look(0, notify=page(100))
    await service.look(10, notify=page(104))
    await service.look(20, notify=page(110))
    view = service.watch.seen()
    assert view is not None
    assert view.minutes[-1].attempts == {"delivered": 10}
    assert view.answer.flow[-1].per_second == 0.5


async def test_an_outcome_that_nobody_knows_is_not_remembered() -> None:
    service = Service()
    strange = {"channel": "email", "outcome": "made up", "status": "due"}
    await service.look(0, notify=page(100))
    await service.look(10, notify=MetricsPage({ATTEMPTS.name: ((strange, 5.0),)}))
    view = service.watch.seen()
    assert view is not None
    assert view.minutes[-1].attempts == {}


async def test_a_notifier_that_is_away_has_no_rate_rather_than_0() -> None:
    service = Service()
    await service.look(0, notify=page(100))
    await service.look(60)
    await service.look(70)
    view = service.watch.seen()
    assert view is not None
    assert view.answer.flow[-1].per_second is None
    assert view.minutes[-1].attempts is None


async def test_a_look_that_breaks_is_followed_by_the_next(caplog: pytest.LogCaptureFixture) -> None:
    asked = 0

    async def scrape(addresses: Mapping[str, str]) -> tuple[dict[str, MetricsPage], dict[str, str]]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise RuntimeError("what is inside")
        return {}, dict.fromkeys(addresses, "Gone.")

    watch = ServiceWatch({"lag": "http://b"}, clock=lambda: BEGAN, scrape=scrape)
    keeping = asyncio.create_task(watch.keep(timedelta(0), rest=timedelta(0)))
    try:
        async with asyncio.timeout(10):
            while watch.seen() is None:
                await asyncio.sleep(0)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert "the service could not be looked at: RuntimeError" in caplog.text
    assert "inside" not in caplog.text
