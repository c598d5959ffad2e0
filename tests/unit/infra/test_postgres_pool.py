"""How long the pool waits for a database that has been away."""

from psycopg_pool.base import AttemptWithBackoff
from pydantic import SecretStr

from infra.postgres_pool import LONGEST_WAIT_SECONDS, make_pool


async def test_a_database_that_is_back_after_any_outage_is_tried_again_within_seconds() -> None:
    pool = make_pool(SecretStr("postgresql://not-used"), "notify", least=1, most=2)
    attempt, now, waits = AttemptWithBackoff(timeout=pool.reconnect_timeout), 0.0, list[float]()
    while not attempt.time_to_give_up(now):
        attempt.update_delay(now)
        waits.append(attempt.delay)
        now += attempt.delay
    # And whoever has waited in vain asks again, which begins anew.
    assert now <= LONGEST_WAIT_SECONDS + 1
    assert max(waits) <= LONGEST_WAIT_SECONDS >= pool.timeout
