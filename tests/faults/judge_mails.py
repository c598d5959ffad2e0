"""Mails: what the relay has read, against the tasks and the notices of the ledger.

Pure, like the judge that calls it.
"""

from collections import Counter, defaultdict
from typing import Final
from uuid import UUID

from tests.faults.observation import DeliverySeen, MailSeen, Seen
from tests.faults.reference_rules import Rules
from tests.faults.verdict import Verdict

_CALLS: Final = ("new", "taken_over")


def judge_mails(seen: Seen, rules: Rules, verdict: Verdict) -> None:
    """None lost, none unwanted, none to somebody else, and a copy is the very same once more."""
    by_id: defaultdict[str, list[MailSeen]] = defaultdict(list)
    for mail in seen.mails:
        by_id[mail.message_id.partition("@")[0].lstrip("<")].append(mail)
    mailed = [delivery for delivery in seen.deliveries if delivery.channel == "email"]
    deliveries = {str(delivery.id): delivery for delivery in mailed}
    tasks = {task.id: task for task in seen.tasks}
    for name, mails in by_id.items():
        delivery = deliveries.get(name)
        if delivery is None:
            verdict.note("duplicate_mails", f"a mail {name} that belongs to no notice")
            continue
        if len({mail.digest for mail in mails}) > 1:
            verdict.note("duplicate_mails", f"notice {name} went out with different words")
        task = tasks.get(delivery.task_id)
        for mail in mails:
            if task is None or mail.recipient not in _may_be_told(delivery, task.unit_id, rules):
                verdict.note("wrong_unit", f"notice {name} went to somebody else's address")
        verdict.copies += len(mails) - 1
    told: Counter[tuple[UUID, str, str, str]] = Counter()
    called: set[UUID] = set()
    for delivery in mailed:
        told[delivery.task_id, delivery.occasion, delivery.cause, delivery.recipient] += 1
        if delivery.occasion in _CALLS:
            called.add(delivery.task_id)
        heard = any(mail.answered for mail in by_id.get(str(delivery.id), ()))
        match delivery.status:
            case "delivered" if not heard:
                verdict.note("lost", f"notice {delivery.id} is said to be sent, and no relay has taken it")
            case "refused" if rules.refusals:
                verdict.refused += 1
            case "delivered" | "superseded":
                pass
            case status:
                verdict.note("lost", f"notice {delivery.id} is {status}")
    for (task_id, occasion, _, _), times in told.items():
        if times > 1:
            verdict.note("duplicate_mails", f"{times} notices of one cause, {occasion}, for task {task_id}")
    told_instead = {one.task_id for one in mailed if one.occasion == "escalation"}
    for delivery in mailed:
        task = tasks.get(delivery.task_id)
        unheard = rules.refusals and delivery.status == "refused" and delivery.occasion in _CALLS
        if unheard and task is not None and task.status == "open" and task.id not in told_instead:
            verdict.note("lost", f"notice {delivery.id} was refused, and nobody was told instead")
    for task in seen.tasks:
        if task.status == "open" and task.id not in called:
            verdict.note("lost", f"nobody was told of task {task.id}")


def _may_be_told(delivery: DeliverySeen, unit: str, rules: Rules) -> frozenset[str]:
    own = frozenset({rules.addresses.get(unit, "")})
    return own | rules.above if delivery.occasion == "escalation" else own
