"""Opens what names the person: deliberately, for a stated purpose, written down first, and shown this once."""

import logging

from pydantic import ValidationError
from starlette.responses import Response

from crypto.vault import KeyShreddedError, NotOpenedError
from inbox.action_forms import FieldFault
from inbox.auth_guard import NotFound
from inbox.page_context import Visit
from inbox.pages.task import read, show
from ledger.actions.perform import NoSuchTask
from ledger.actions.reveal_sensitive import NothingToOpen, TooManyLooks, reveal_messages
from models.events.sensitive_fields import OpenPurpose, SensitiveFields

log = logging.getLogger(__name__)


async def open_person(visit: Visit) -> Response:
    """The task's page with CPR, texts and contact persons in it. It is never kept, and no address leads to it."""
    view = await read(visit)
    reason = visit.form.one("purpose")
    if reason not in set(OpenPurpose):
        fault = FieldFault("person-purpose", "fault.purpose")
        return await show(visit, view, kind="person", faults=(fault,), form=visit.form, status=422)
    try:
        async with visit.connection() as connection:
            sealed = await reveal_messages(
                connection,
                task_id=view.task.id,
                units=visit.rights.tasks_of,
                by=visit.actor,
                purpose=OpenPurpose(reason),
                chained=visit.parts.chained,
            )
    except NoSuchTask:
        raise NotFound from None
    except TooManyLooks:
        fault = FieldFault("person-purpose", "fault.too_many_looks")
        return await show(visit, view, kind="person", faults=(fault,), form=visit.form, status=429)
    except NothingToOpen:
        fault = FieldFault("person-purpose", "fault.nothing_to_open")
        return await show(visit, view, kind="person", faults=(fault,), form=visit.form, status=409)
    found: dict[tuple[str, str], SensitiveFields] = {}
    shredded: set[tuple[str, str]] = set()
    for one in sealed:
        try:
            content = visit.parts.opener.open(one.sealed, one.sealed_for)
            found[one.sender, one.message_id] = SensitiveFields.model_validate_json(content)
        except KeyShreddedError:
            shredded.add((one.sender, one.message_id))
        except (NotOpenedError, ValidationError):
            log.error("a message of task %s cannot be opened", view.task.reference)
    # Read again: the look stands in the history of the very page that shows it.
    return await show(visit, await read(visit), opened=found, shredded=shredded)
