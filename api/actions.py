"""The routes that change something: an action on a task, and the opening of what is sealed of it."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Header, Request, Response

from api.authorize import CanOpen, CanWrite, dependencies_of
from api.body import body_document, read_body
from api.headers import act_id, etag, expected_version
from api.present import task_body
from api.problems import Problem, ProblemRaised, documented
from api.schemas import ActionRequest, Contact, Opened, OpenedMessage, OpenRequest, TaskBody, Worker
from api.tasks import ALWAYS, ReferencePath, owner_id
from api.tokens import Grant
from crypto.vault import KeyShreddedError, SealOpener
from ledger.actions.perform import ActionDiffers, ActionRefused, NoSuchTask, TaskChanged, perform
from ledger.actions.reveal_sensitive import NothingToOpen, SealedMessage, reveal_messages
from ledger.queries.task_detail import task, task_id
from models.events.sensitive_fields import SensitiveFields
from models.tasks.actions import Actor, Via

_WRITES: Final = (*ALWAYS, Problem.NO_SUCH_TASK, Problem.NOT_JSON, Problem.TOO_LARGE, Problem.MEDIA)
_EXAMPLES: Final = {
    "acknowledge": {"summary": "A person has seen it", "value": {"deed": {"kind": "acknowledge"}}},
    "take": {
        "summary": "A case worker takes it",
        "value": {"deed": {"kind": "take"}, "worker": {"id": "abc123", "name": "Anna Berg"}},
    },
    "attempt": {
        "summary": "Contact was sought",
        "value": {
            "deed": {
                "kind": "attempt",
                "at": "2026-10-07T10:15:00+02:00",
                "form": "phone",
                "reached": True,
            }
        },
    },
    "close": {
        "summary": "Contact was made, and something decided",
        "value": {"deed": {"kind": "close", "ending": "contact_made", "initiatives": ["mentor"]}},
    },
    "hand_over": {
        "summary": "Another unit has it from now on",
        "value": {"deed": {"kind": "hand_over", "to_unit": "jobcenter-0751", "reason": "moved"}},
    },
}

router = APIRouter(tags=["tasks"])


@router.post(
    "/tasks/{reference}/deeds",
    summary="Do something with a task",
    openapi_extra={"requestBody": body_document(ActionRequest, _EXAMPLES)},
    responses={
        **documented(
            *_WRITES,
            Problem.NO_KEY,
            Problem.BAD_PRECONDITION,
            Problem.DEED_REFUSED,
            Problem.TASK_CHANGED,
            Problem.KEY_REUSED,
            Problem.NO_PRECONDITION,
        ),
        200: {
            "description": "It is done; the task as it stands now",
            "headers": {
                "ETag": {"description": "The task's version", "schema": {"type": "string"}},
                "Idempotency-Replayed": {
                    "description": "`true` where this was done before, and nothing happened now",
                    "schema": {"type": "string", "enum": ["true"]},
                },
            },
        },
    },
)
async def perform_action(
    request: Request,
    response: Response,
    caller: CanWrite,
    reference: ReferencePath,
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description='The ETag that you have seen, or "*"; 428 without it',
            max_length=200,
        ),
    ] = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="The same key does the same deed once, however often it is sent; 400 without it",
            max_length=300,
        ),
    ] = None,
) -> TaskBody:
    """An action sent again under its key is answered as done, whatever has changed since; nothing happens twice."""
    parts = dependencies_of(request)
    deed_id = act_id(caller.client.id, idempotency_key)
    expected = expected_version(if_match)
    wanted = await read_body(ActionRequest, request)
    async with parts.connection(caller.units) as connection:
        identity = await task_id(connection, units=caller.units, reference=reference)
        if identity is None:
            raise ProblemRaised(Problem.NO_SUCH_TASK)
        try:
            done = await perform(
                connection,
                task_id=identity,
                units=caller.units,
                act_id=deed_id,
                by=_actor(caller, wanted.worker),
                deed=wanted.deed,
                rules=parts.rules,
                expected_version=expected,
            )
        except NoSuchTask:
            raise ProblemRaised(Problem.NO_SUCH_TASK) from None
        except TaskChanged as changed:
            raise ProblemRaised(Problem.TASK_CHANGED, {"ETag": etag(changed.version)}) from None
        except ActionRefused as refused:
            raise ProblemRaised(Problem.DEED_REFUSED, refusal=refused.refusal.value) from None
        except ActionDiffers:
            raise ProblemRaised(Problem.KEY_REUSED) from None
        view = await task(connection, units=caller.units, key=identity)
    if view is None:
        raise ProblemRaised(Problem.NO_SUCH_TASK)
    response.headers["ETag"] = etag(view.task.version)
    if done.repeated:
        response.headers["Idempotency-Replayed"] = "true"
    return task_body(view)


@router.post(
    "/tasks/{reference}/open",
    summary="Open CPR, text and contact person",
    openapi_extra={"requestBody": body_document(OpenRequest)},
    responses=documented(*_WRITES, Problem.NOTHING_TO_OPEN),
)
async def open_task(request: Request, caller: CanOpen, reference: ReferencePath) -> Opened:
    """Who opens them and why is noted before they are opened, and stands in the task's history for good."""
    parts = dependencies_of(request)
    wanted = await read_body(OpenRequest, request)
    async with parts.connection(caller.units) as connection:
        identity = await task_id(connection, units=caller.units, reference=reference)
        if identity is None:
            raise ProblemRaised(Problem.NO_SUCH_TASK)
        try:
            sealed = await reveal_messages(
                connection,
                task_id=identity,
                units=caller.units,
                by=_actor(caller, wanted.worker),
                purpose=wanted.purpose,
                chained=parts.chained,
            )
        except NoSuchTask:
            raise ProblemRaised(Problem.NO_SUCH_TASK) from None
        except NothingToOpen:
            raise ProblemRaised(Problem.NOTHING_TO_OPEN) from None
    return Opened(messages=tuple(_opened(parts.opener, sealed)))


def _actor(caller: Grant, worker: Worker | None) -> Actor:
    if worker is None:
        return Actor(id=caller.client.id, name=caller.client.name, via=Via.API)
    return Actor(id=owner_id(caller, worker.id), name=worker.name, via=Via.API)


def _opened(opener: SealOpener, sealed: Iterable[SealedMessage]) -> Iterator[OpenedMessage]:
    for message in sealed:
        try:
            content = opener.open(message.sealed, message.sealed_for)
        except KeyShreddedError:
            continue  # forgotten on purpose: there is nothing of it to hand over
        yield _message(message, content)


def _message(message: SealedMessage, content: bytes) -> OpenedMessage:
    particulars = SensitiveFields.model_validate(orjson.loads(content))
    return OpenedMessage(
        institution=message.sender,
        message_id=message.message_id,
        cpr=particulars.cpr,
        text=particulars.text,
        contact=None if particulars.contact is None else Contact.model_validate(particulars.contact),
    )
