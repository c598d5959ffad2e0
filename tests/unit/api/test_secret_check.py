"""A right secret gets through whatever others send, at a bounded cost."""

import asyncio

import pytest

from api.secret_check import SecretCheck, TooBusy
from crypto.client_secret_hash import hash_secret

HASHES = (hash_secret("right"),)


async def test_what_was_found_is_remembered_and_costs_nothing() -> None:
    check = SecretCheck()
    assert not await check.is_right("wrong", HASHES, suspect=False)
    assert await check.is_right("right", HASHES, suspect=False)
    # Both at once, without a turn of the loop in which a thread could work.
    for secret, right in (("right", True), ("wrong", False)):
        answer = check.is_right(secret, HASHES, suspect=True)
        with pytest.raises(StopIteration) as done:
            answer.send(None)
        assert done.value.value is right
    assert "scrypt" not in repr(check)
    assert not await check.is_right("right", (hash_secret("other"),), suspect=False)
    assert not await check.is_right("right", (), suspect=False)


async def test_from_where_failures_come_too_fast_a_few_wait_and_the_others_are_told_to() -> None:
    check = SecretCheck()
    flood = [asyncio.create_task(check.is_right(f"wrong {n}", HASHES, suspect=True)) for n in range(40)]
    await asyncio.sleep(0)
    assert await check.is_right("right", HASHES, suspect=False)
    answers = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(answer, TooBusy) for answer in answers) == 32
    assert answers.count(False) == 8
    assert await check.is_right("right", HASHES, suspect=True)
