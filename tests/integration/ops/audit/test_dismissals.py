"""What only a sender could mend can be put aside, with who and why; what comes later is an exception again."""

from datetime import date

import psycopg
import pytest

from models.events.exception_case import Gap, Twice, parse
from models.events.receipt import ReceiptStatus
from models.operator import Operator
from models.reasons import Rejection
from ops.audit import dismissals
from ops.audit.report import Check
from ops.recovery.dismissals import dismiss
from tests.integration.ops.audit.checks.test_totals import RAISED, balances, declare
from tests.integration.ops.audit.world import World, account, student

HAND = Operator("nobody", "the school has restored a backup")
REFUSAL = {"status": ReceiptStatus.REJECTED, "reason": Rejection.CLOCK_AHEAD, "fingerprint": None}


def number(world: World, *numbers: int) -> None:
    """Events of the school that carry these numbers, each an event of its own."""
    for one in numbers:
        event = student("b")[0].model_copy(update={"origin": world.input("enrolments", 3)})
        world.answer(world.receipt(event, **REFUSAL, sequence=one))


def put_aside(world: World, *cases: str) -> int:
    with psycopg.connect(world.url, autocommit=True) as connection:
        chosen = [parse(case) for case in cases]
        assert [dismissals.objection(connection, case) for case in chosen] == [None] * len(cases)
        return dismiss(connection, chosen, HAND)


async def test_holes_and_doubled_numbers_can_be_put_aside(world: World) -> None:
    number(world, 3, 7, 9, 9)
    await world.book()
    cases = [one.case for one in world.audit().exceptions]
    assert cases == ["gap/280051/4-6", "gap/280051/8-8", "twice/280051/9"]
    assert put_aside(world, "gap/280051/4-5", "twice/280051/9") == 2
    result = world.audit()
    assert [(one.case, one.detail) for one in result.exceptions] == [
        ("gap/280051/6-6", "sender 280051: 6"),
        ("gap/280051/8-8", "sender 280051: 8"),
    ]
    sequences = account(result, Check.SEQUENCES)
    assert (sequences.total, sequences.parts) == (7, {"received": 2, "dismissed": 3})
    assert balances(result)
    assert put_aside(world, "gap/280051/6-6", "gap/280051/8-8", "twice/280051/9") == 2
    assert world.audit().exceptions == ()


async def test_who_and_why_stand_in_the_trail_once(world: World) -> None:
    number(world, 1, 3)
    await world.book()
    assert (put_aside(world, "gap/280051/2-2"), put_aside(world, "gap/280051/2-2")) == (1, 0)
    assert world.sql("SELECT kind, sender, detail FROM audit WHERE kind = 'exception_dismissed'") == [
        (
            "exception_dismissed",
            "280051",
            {
                "case": "gap/280051/2-2",
                "by": "nobody",
                "because": "the school has restored a backup",
                "login": "shared:postgres",
            },
        )
    ]


async def test_a_number_that_comes_after_all_is_received(world: World) -> None:
    number(world, 1, 4)
    await world.book()
    put_aside(world, "gap/280051/2-3")
    number(world, 2)
    await world.book()
    result = world.audit()
    assert account(result, Check.SEQUENCES).parts == {"received": 3, "dismissed": 1}
    assert result.exceptions == ()


async def test_a_total_that_is_wrong_in_another_way_is_an_exception_again(world: World) -> None:
    day = date(2025, 10, 1)
    declare(world, day, {RAISED: 3})
    await world.book()
    case = "total/280051/2025-10-01/dropout-risk.raised.v1/3-0"
    assert [one.case for one in world.audit().exceptions] == [case]
    put_aside(world, case)
    result = world.audit()
    assert (result.exceptions, account(result, Check.TOTALS).parts) == ((), {"agree": 0, "dismissed": 1})
    event = student("b")[0].model_copy(update={"origin": world.input("dropout-risks", 3)})
    world.answer(world.receipt(event, **REFUSAL, registered_on=day))
    await world.book()
    assert [one.case for one in world.audit().exceptions] == [case.replace("/3-0", "/3-1")]


@pytest.mark.parametrize(
    ("case", "objection"),
    [
        (Gap("280051", 2, 4), "number 3 has come"),
        (Twice("280051", 3), "no two events with that number have come"),
        (parse("total/280051/2025-10-01/dropout-risk.raised.v1/3-2"), "0 have come"),
    ],
)
async def test_what_the_books_contradict_is_not_put_aside(
    world: World, case: Gap | Twice, objection: str
) -> None:
    number(world, 1, 3, 5)
    await world.book()
    with psycopg.connect(world.url) as connection:
        assert dismissals.objection(connection, case) == objection
