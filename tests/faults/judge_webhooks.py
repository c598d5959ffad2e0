"""Webhooks: what endpoints have read, against the tasks and mails of their units.

Pure. What is wanted is told from the tasks and from what the same units were mailed, not from the webhooks' own rows.
"""

from collections import Counter, defaultdict

from tests.faults.observation import DeliverySeen, HookSeen, Seen
from tests.faults.verdict import Verdict

_MAIL_ALONE = ("channel_off", "digest")
_CALLS = ("new", "taken_over", "more_messages")
_ENDS = ("withdrawn", "handed_over")


def judge_hooks(seen: Seen, verdict: Verdict) -> None:
    """None lost, none unwanted, none astray, and a copy is the very same once more."""
    by_id: defaultdict[str, list[HookSeen]] = defaultdict(list)
    for hook in seen.hooks:
        by_id[hook.id].append(hook)
    units = {task.reference: task.unit_id for task in seen.tasks}
    told: Counter[tuple[str, str]] = Counter()
    heard: Counter[tuple[str, str]] = Counter()
    for name, copies in by_id.items():
        first = copies[0]
        verdict.copies += len(copies) - 1
        told[first.task, first.occasion] += 1
        heard[first.task, first.occasion] += any(copy.answered for copy in copies)
        if not all(copy.signed for copy in copies):
            verdict.note("wrong", f"webhook {name} has no signature that fits")
        if len({copy.digest for copy in copies}) > 1:
            verdict.note("duplicate_mails", f"webhook {name} went out with different words")
        if first.task not in units:
            verdict.note("phantom", f"webhook {name} names no task of this cell")
        for copy in copies:
            if not copy.unit == copy.named == units.get(copy.task, copy.unit) or copy.unit not in seen.hooked:
                verdict.note("wrong_unit", f"webhook {name} went to somebody else's endpoint")
    _against_mails(seen, told, heard, verdict)
    _against_books(seen, by_id, verdict)


def _against_mails(
    seen: Seen, told: Counter[tuple[str, str]], heard: Counter[tuple[str, str]], verdict: Verdict
) -> None:
    """Whatever a unit with an endpoint is mailed of a task, its endpoint hears too: once, and nothing else."""
    references = {task.id: task.reference for task in seen.tasks if task.unit_id in seen.hooked}
    owed = {task.reference for task in seen.tasks if task.unit_id in seen.hooked - seen.gone}
    over = {task.reference for task in seen.tasks if task.status != "open"}
    mailed: Counter[tuple[str, str]] = Counter()
    certain: Counter[tuple[str, str]] = Counter()
    for one in seen.deliveries:
        if one.channel != "email" or one.audience != "unit" or one.occasion in _MAIL_ALONE:
            continue
        if one.task_id in references:
            mailed[references[one.task_id], one.occasion] += 1
            certain[references[one.task_id], one.occasion] += one.status != "superseded"
    for task in seen.tasks:
        called = heard[task.reference, "new"] + heard[task.reference, "taken_over"]
        if task.reference in owed and task.status == "open" and called == 0:
            verdict.note("lost", f"no endpoint was told of task {task.reference}")
    for key, times in certain.items():
        if key[0] in owed and heard[key] < times and not _overtaken(key, over, heard):
            verdict.note("lost", f"{heard[key]} webhooks of {times}, {key[1]}, for task {key[0]}")
    for key, times in told.items():
        if times > mailed[key]:
            verdict.note("duplicate_mails", f"{times} webhooks of {mailed[key]}, {key[1]}, for task {key[0]}")


def _overtaken(key: tuple[str, str], over: set[str], heard: Counter[tuple[str, str]]) -> bool:
    """Whether the task was over before its endpoint could be reached, and the endpoint has heard that it is."""
    reference, occasion = key
    return occasion in _CALLS and reference in over and any(heard[reference, end] for end in _ENDS)


def _against_books(seen: Seen, by_id: dict[str, list[HookSeen]], verdict: Verdict) -> None:
    """What the ledger says of a webhook is what its endpoint knows."""
    units = {task.id: task.unit_id for task in seen.tasks}
    booked: dict[str, DeliverySeen] = {
        str(one.id): one for one in seen.deliveries if one.channel == "webhook"
    }
    for name in by_id.keys() - booked.keys():
        verdict.note("duplicate_mails", f"a webhook {name} that belongs to no notice")
    for name, one in booked.items():
        taken = any(copy.answered for copy in by_id.get(name, ()))
        match one.status:
            case "delivered" if not taken:
                verdict.note("lost", f"webhook {name} is said to be sent, and no endpoint has taken it")
            case "delivered" | "superseded":
                pass
            case "refused" if units.get(one.task_id) in seen.gone:
                verdict.refused += 1
            case status:
                verdict.note("lost", f"webhook {name} is {status}")
