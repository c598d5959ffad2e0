"""Leaves out of what was seen some people about whom the judge has no rule."""

from collections.abc import Collection
from dataclasses import replace

from tests.faults.observation import MailSeen, Seen


def without(seen: Seen, cprs: Collection[str]) -> Seen:
    """Without their records, answers, tasks and mails. Every text stays: they are searched for CPR numbers."""
    places = {one.place for one in seen.inputs if one.sent.cpr in cprs}
    people = {person for place, person in seen.applied if place in places}
    tasks = {one.id for one in seen.tasks if one.person_id in people}
    deliveries = {str(one.id) for one in seen.deliveries if one.task_id in tasks}

    def is_theirs(mail: MailSeen) -> bool:
        return mail.message_id.partition("@")[0].lstrip("<") in deliveries

    return replace(
        seen,
        inputs=[one for one in seen.inputs if one.place not in places],
        receipts={place: status for place, status in seen.receipts.items() if place not in places},
        applied=[one for one in seen.applied if one[0] not in places],
        messages=[one for one in seen.messages if one.person_id not in people],
        tasks=[one for one in seen.tasks if one.id not in tasks],
        deliveries=[one for one in seen.deliveries if one.task_id not in tasks],
        mails=[one for one in seen.mails if not is_theirs(one)],
    )
