"""Deeds through the interface: never lost, never doubled, never on top of what the caller has not seen."""

import asyncio
from typing import Any

import pytest

from tests.factories import MADE_UP_CPR
from tests.integration.api.callers import TEXT, Caller, Service, problem
from tests.unit.ledger.decisions import OTHER_UNIT

ATTEMPT = {"kind": "attempt", "at": "2025-10-20T08:00:00Z", "form": "phone", "reached": True}
MISSED = ATTEMPT | {"reached": False}
CLOSE = {"kind": "close", "ending": "contact_made", "initiatives": ["mentor"]}
ANNA = {"id": "abc123", "name": "Åse Bøgh-Nørgård"}


async def acts(service: Service) -> int:
    """How many deeds there are."""
    ((number,),) = await service.books.rows("SELECT count(*) FROM acts")
    return int(number)


async def test_a_whole_life_taken_tried_closed_reopened_and_handed_over(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    steps: list[tuple[dict[str, Any], str, str]] = [
        ({"kind": "acknowledge"}, "status", "open"),
        ({"kind": "take"}, "status", "open"),
        ({"kind": "release"}, "status", "open"),
        (ATTEMPT, "status", "open"),
        (CLOSE, "ending", "contact_made"),
        ({"kind": "reopen", "reason": "contact_lost"}, "status", "open"),
        ({"kind": "hand_over", "to_unit": OTHER_UNIT, "reason": "moved"}, "ending", "transferred"),
    ]
    etag = await caller.etag(reference)
    for deed, field, expected in steps:
        response = await caller.do(reference, deed, etag=etag, worker=ANNA)
        assert response.status_code == 200, response.text
        task = response.json()
        assert task[field] == expected
        assert task["deeds"][-1]["by"] == ANNA["name"]
        assert task["deeds"][-1]["via"] == "api"
        assert task["deeds"][-1]["deed"]["kind"] == deed["kind"]
        assert response.headers["ETag"] != etag
        etag = response.headers["ETag"]
    assert task["status"] == "withdrawn"
    other = await service.caller("other-system")
    (successor,) = (await other.get("/tasks")).json()["tasks"]
    assert successor["reference"] != reference
    assert (await caller.get(f"/tasks/{successor['reference']}")).status_code == 404


async def test_a_write_without_if_match_is_428_and_with_another_version_412(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    seen = await caller.etag(reference)
    response = await caller.do(reference, {"kind": "take"}, etag=None)
    assert (response.status_code, problem(response)) == (428, "precondition-missing")
    assert (await caller.do(reference, {"kind": "acknowledge"}, etag=seen)).status_code == 200
    for old in (seen, f"W/{seen}", '"99"', '"nonsense"', '""'):
        response = await caller.do(reference, {"kind": "take"}, etag=old)
        assert (response.status_code, problem(response)) == (412, "task-changed")
        assert response.headers["ETag"] == await caller.etag(reference)
    for unread in ("1", "", '"1", "2"', '"1'):
        response = await caller.do(reference, {"kind": "take"}, etag=unread)
        assert (response.status_code, problem(response)) == (400, "precondition-not-understood")
    assert await acts(service) == 1


async def test_the_etag_changes_when_a_message_joins_and_when_one_is_revised(service: Service) -> None:
    caller = await service.caller()
    await service.books.project(decisions=[service.message("one")])
    (task,) = (await caller.get("/tasks")).json()["tasks"]
    bodies: dict[str, set[bytes]] = {}
    for decision in (
        None,
        service.message("two"),
        service.message("two", revision=2, sender="280051"),
        service.message("two", revision=3, unit=None),
    ):
        if decision is not None:
            await service.books.project(decisions=[decision])
        response = await caller.get(f"/tasks/{task['reference']}")
        bodies.setdefault(response.headers["ETag"], set()).add(response.content)
    assert len(bodies) >= 3
    assert all(len(found) == 1 for found in bodies.values())


async def test_the_same_key_does_the_same_deed_once_whatever_has_changed_meanwhile(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    seen = await caller.etag(reference)
    first = await caller.do(reference, ATTEMPT, etag=seen, key="one")
    assert "Idempotency-Replayed" not in first.headers
    assert (await caller.do(reference, {"kind": "take"})).status_code == 200
    for key in ("one", '"one"'):
        again = await caller.do(reference, ATTEMPT, etag=seen, key=key)
        assert again.status_code == 200
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.headers["ETag"] == await caller.etag(reference)
    # The same moment in another zone is the same deed.
    assert (
        await caller.do(reference, ATTEMPT | {"at": "2025-10-20T10:00:00+02:00"}, etag=seen, key="one")
    ).status_code == 200
    assert await acts(service) == 2


async def test_a_key_that_was_used_for_something_else_is_refused(service: Service) -> None:
    one, two = await service.task(), await service.task()
    caller = await service.caller()
    await caller.do(one, ATTEMPT, key="one")
    for response in (
        await caller.do(one, MISSED, key="one"),
        await caller.do(two, ATTEMPT, key="one"),
        await caller.do(one, ATTEMPT, key="one", worker=ANNA),
        await caller.do(one, {"kind": "take"}, key="one"),
    ):
        assert (response.status_code, problem(response)) == (422, "idempotency-key-reused")
    # Another client's keys are its own.
    both = await service.caller("both-system")
    assert (await both.do(two, ATTEMPT, key="one")).status_code == 200
    assert await acts(service) == 2


@pytest.mark.parametrize("key", [None, " ", "\x7f", "x" * 256, '""'])
async def test_a_write_without_a_key_that_can_be_used_is_refused(service: Service, key: str | None) -> None:
    reference = await service.task()
    caller = await service.caller()
    response = await caller.do(reference, {"kind": "take"}, key=key)
    assert (response.status_code, problem(response)) == (400, "idempotency-key-missing")
    assert await acts(service) == 0


async def test_ten_at_once_under_one_key_are_one_deed_and_under_one_etag_too(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    seen = await caller.etag(reference)
    same = await asyncio.gather(*(caller.do(reference, ATTEMPT, key="same", etag=seen) for _ in range(10)))
    assert {response.status_code for response in same} == {200}
    assert await acts(service) == 1
    seen = await caller.etag(reference)
    others = await asyncio.gather(*(caller.do(reference, {"kind": "take"}, etag=seen) for _ in range(10)))
    assert sorted(response.status_code for response in others) == [200] + [412] * 9
    assert await acts(service) == 2
    again = await caller.do(reference, ATTEMPT, key="another", etag=seen)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert await acts(service) == 2


@pytest.mark.parametrize(
    ("before", "deed", "refusal"),
    [
        ([], CLOSE, "no_contact_recorded"),
        ([MISSED], {"kind": "close", "ending": "not_reached"}, "not_reached_yet"),
        ([], {"kind": "reopen", "reason": "contact_lost"}, "task_not_closed"),
        ([ATTEMPT, CLOSE], {"kind": "take"}, "task_not_open"),
        ([], ATTEMPT | {"at": "2100-01-01T00:00:00Z"}, "attempt_out_of_time"),
        ([], {"kind": "hand_over", "to_unit": "unit-0101", "reason": "moved"}, "same_unit"),
        ([], {"kind": "hand_over", "to_unit": "unit-9999", "reason": "moved"}, "unknown_unit"),
    ],
)
async def test_what_the_task_does_not_allow_is_409_with_the_reason(
    service: Service, before: list[dict[str, Any]], deed: dict[str, Any], refusal: str
) -> None:
    reference = await service.task()
    caller = await service.caller()
    for earlier in before:
        assert (await caller.do(reference, earlier)).status_code == 200
    response = await caller.do(reference, deed)
    assert (response.status_code, problem(response)) == (409, "deed-refused")
    assert response.json()["refusal"] == refusal


@pytest.mark.parametrize(
    ("deed", "pointer"),
    [
        ({"kind": "close", "ending": "contact_made"}, "#/deed"),
        ({"kind": "close", "ending": "lapsed"}, "#/deed/ending"),
        ({"kind": "dance"}, "#/deed"),
        ({"kind": "take", "0101011234": 1}, "#/deed"),
        (ATTEMPT | {"at": "1700000000"}, "#/deed/at"),
        (ATTEMPT | {"at": 1700000000}, "#/deed/at"),
        (ATTEMPT | {"at": "2025-10-20T08:00:00"}, "#/deed/at"),
        (ATTEMPT | {"reached": "yes"}, "#/deed/reached"),
        (ATTEMPT | {"form": "0101011234"}, "#/deed/form"),
    ],
)
async def test_a_deed_that_does_not_fit_is_refused_with_its_place_and_without_its_words(
    service: Service, deed: dict[str, Any], pointer: str
) -> None:
    reference = await service.task()
    caller = await service.caller()
    response = await caller.do(reference, deed)
    assert (response.status_code, problem(response)) == (422, "not-valid")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert "0101011234" not in response.text
    assert "dance" not in response.text


@pytest.mark.parametrize(
    "worker",
    [
        {"id": "010101-1234", "name": "Anna"},
        {"id": "0101011234", "name": "Anna"},
        {"id": "anna", "name": "Anna 010101-1234"},
        {"id": "anna", "name": "Anna\n"},
        {"id": "anna/bo", "name": "Anna"},
        {"id": "anna"},
    ],
)
async def test_a_workers_name_is_no_place_for_a_cpr(service: Service, worker: dict[str, str]) -> None:
    reference = await service.task()
    caller = await service.caller()
    for response in (
        await caller.do(reference, {"kind": "take"}, worker=worker),
        await caller.open(reference, worker=worker),
    ):
        assert (response.status_code, problem(response)) == (422, "not-valid")
        assert "0101" not in response.text


async def test_opening_is_noted_and_gives_what_was_sealed(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    response = await caller.open(reference, worker=ANNA)
    assert response.headers["Cache-Control"] == "no-store"
    (message,) = response.json()["messages"]
    assert (message["cpr"], message["text"]) == (MADE_UP_CPR, TEXT)
    assert message["contact"]["name"] == "Karen Vejleder"
    ((detail,),) = await service.books.rows("SELECT detail FROM audit WHERE kind = 'opened'")
    assert detail == {
        "by_id": "case-system/abc123",
        "by_name": ANNA["name"],
        "via": "api",
        "purpose": "contact_person",
    }


async def test_what_was_handed_over_is_opened_no_more(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    await caller.do(reference, {"kind": "hand_over", "to_unit": OTHER_UNIT, "reason": "moved"})
    response = await caller.open(reference)
    assert (response.status_code, problem(response)) == (409, "nothing-to-open")
    assert MADE_UP_CPR not in response.text


@pytest.mark.parametrize(
    ("path", "content", "media", "expected"),
    [
        ("deeds", b"{", "application/json", (400, "not-json")),
        ("deeds", b"\xff\xfe", "application/json", (400, "not-json")),
        ("deeds", b"", "application/json", (400, "not-json")),
        ("deeds", b"{}", "text/plain", (415, "media-type")),
        ("deeds", b"{}", "", (415, "media-type")),
        ("open", b" " * (16 * 1024 + 1), "application/json", (413, "too-large")),
        ("open", b'{"purpose": "curiosity"}', "application/json", (422, "not-valid")),
    ],
)
async def test_a_body_that_is_none_is_refused(
    service: Service, path: str, content: bytes, media: str, expected: tuple[int, str]
) -> None:
    reference = await service.task()
    caller: Caller = await service.caller()
    headers = {"If-Match": "*", "Idempotency-Key": "k", "Content-Type": media}
    response = await caller.http.post(f"/tasks/{reference}/{path}", content=content, headers=headers)
    assert (response.status_code, problem(response)) == expected

    async def in_pieces() -> Any:
        for at in range(0, len(content), 1000):
            yield content[at : at + 1000]

    response = await caller.http.post(f"/tasks/{reference}/{path}", content=in_pieces(), headers=headers)
    assert (response.status_code, problem(response)) == expected
