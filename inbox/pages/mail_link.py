"""The link in a mail by which its reader acknowledges a task without a log-in: GET shows, POST acts.

It shows a reference, a unit and a date, and nothing that the mail did not say already.
"""

from datetime import date

from starlette.responses import Response

from crypto.acknowledge_link import Link, LinkExpiredError, NotALinkError, read_link_token
from inbox.page_context import Visit
from ledger.actions.perform import ActionDiffers, ActionRefused, NoSuchTask, perform
from ledger.queries import task_detail
from ledger.queries.task_detail import TaskView
from models.tasks.actions import Acknowledge, Actor, Via
from models.tasks.status import TaskStatus


async def show(visit: Visit) -> Response:
    """What would be acknowledged. Mail scanners follow links, so looking changes nothing."""
    return await _page(visit, done=False)


async def acknowledge(visit: Visit) -> Response:
    """The deed. Sent again it is the same deed."""
    link = _link(visit)
    if not isinstance(link, Link):
        return _unusable(visit, link)
    try:
        async with visit.parts.served.of({link.unit_id}) as connection:
            await perform(
                connection,
                task_id=link.task_id,
                units=frozenset({link.unit_id}),
                act_id=link.act_id,
                by=Actor(
                    id=f"mail:{link.recipient}", name=visit.parts.unit_name(link.unit_id), via=Via.MAIL_LINK
                ),
                deed=Acknowledge(),
                rules=visit.parts.rules,
            )
    except (NoSuchTask, ActionRefused, ActionDiffers):
        return await _page(visit, done=False)
    return await _page(visit, done=True)


async def _page(visit: Visit, *, done: bool) -> Response:
    link = _link(visit)
    if not isinstance(link, Link):
        return _unusable(visit, link)
    view = await _read(visit, link)
    if view is None:
        return _unusable(visit, "gone")
    react_by: date = view.task.react_by
    return visit.page(
        "mail_link.html",
        reference=view.task.reference,
        unit=visit.parts.unit_name(link.unit_id),
        react_by=react_by,
        is_open=view.task.status is TaskStatus.OPEN,
        acknowledged=view.task.acknowledged_at,
        done=done,
    )


async def _read(visit: Visit, link: Link) -> TaskView | None:
    async with visit.parts.served.of({link.unit_id}) as connection:
        return await task_detail.task(connection, units=frozenset({link.unit_id}), key=link.task_id)


def _link(visit: Visit) -> Link | str:
    """What the address holds, or which sentence says why not."""
    try:
        return read_link_token(visit.parts.link_tags, visit.request.path_params["token"], now=visit.now)
    except LinkExpiredError:
        return "expired"
    except NotALinkError:
        return "unusable"


def _unusable(visit: Visit, why: str) -> Response:
    return visit.page("mail_link_unusable.html", 410 if why == "expired" else 404, why=why)
