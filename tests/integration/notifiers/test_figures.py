"""How the deliveries stand is told as it is, of every channel, and of no endpoint that its unit has no more."""

from prometheus_client import CollectorRegistry

from infra.metrics import Snapshot
from infra.postgres import Pool
from models.notifications.delivery import Audience, Channel
from notifiers.figures import delivery_figures
from notifiers.metrics import DELIVERY_METRICS
from notifiers.supersede import UnitContact
from tests.integration.notifiers.builders import add_delivery, rows

HOOK = "https://case.unit.example/hook"


def contacts(unit_id: str) -> UnitContact | None:
    if unit_id == "gone":
        return None
    return UnitContact(name="A unit", addresses={Channel.WEBHOOK: {Audience.UNIT: (HOOK,)}})


async def shown(pool: Pool) -> CollectorRegistry:
    registry, snapshot = CollectorRegistry(), Snapshot(DELIVERY_METRICS)
    registry.register(snapshot)
    async with pool.connection() as connection:
        snapshot.show(await delivery_figures(connection, contacts))
    return registry


async def test_an_empty_service_has_nothing_waiting_on_any_channel(pool: Pool) -> None:
    found = await shown(pool)
    for channel in Channel:
        assert found.get_sample_value("frafaldsvarsel_deliveries_due", {"channel": channel}) == 0
        assert found.get_sample_value("frafaldsvarsel_delivery_oldest_seconds", {"channel": channel}) == 0
    assert found.get_sample_value("frafaldsvarsel_endpoints", {"state": "off"}) == 0
    assert found.get_sample_value("frafaldsvarsel_deliveries_timestamp_seconds")


async def test_what_waits_between_two_attempts_is_as_old_as_it_is_and_what_is_put_off_does_not_wait(
    pool: Pool,
) -> None:
    tried, due, later = [await add_delivery(pool) for _ in range(3)]
    age = (
        "UPDATE deliveries SET created_at = now() - interval '{made} s', due_at = now() + interval '{due} s'"
    )
    async with pool.connection() as connection:
        for one, made, to, attempts in ((tried, 900, 60, 2), (due, 800, -30, 0), (later, 5000, 60, 0)):
            statement = f"{age.format(made=made, due=to)}, attempts = {attempts} WHERE id = %s"
            await connection.execute(statement.encode(), (one.id,))
    found = await shown(pool)
    assert found.get_sample_value("frafaldsvarsel_deliveries_due", {"channel": "email"}) == 1
    assert found.get_sample_value("frafaldsvarsel_deliveries_waiting", {"channel": "email"}) == 2
    oldest = found.get_sample_value("frafaldsvarsel_delivery_oldest_seconds", {"channel": "email"})
    assert oldest is not None
    assert 900 <= oldest < 1000


async def test_endpoints_that_do_not_take_notices_are_counted_while_their_unit_has_them(pool: Pool) -> None:
    add = (
        "INSERT INTO endpoints (unit_id, url, failing_since, disabled_at, reason) "
        "SELECT u, url, now(), CASE WHEN off THEN now() END, CASE WHEN off THEN 'gone' END "
        "FROM (VALUES ('a', %(hook)s, false), ('b', %(hook)s, true), ('c', %(hook)s, true), "
        "('b', 'https://before.unit.example/', true), ('gone', %(hook)s, true)) AS v (u, url, off)"
    )
    async with pool.connection() as connection:
        await connection.execute(add.encode(), {"hook": HOOK})
    assert len(await rows(pool, "SELECT 1 FROM endpoints")) == 5
    found = await shown(pool)
    assert found.get_sample_value("frafaldsvarsel_endpoints", {"state": "failing"}) == 1
    assert found.get_sample_value("frafaldsvarsel_endpoints", {"state": "off"}) == 2
