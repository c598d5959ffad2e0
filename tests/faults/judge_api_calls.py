"""What case systems were told over the interface, against the acts that are there.

Pure. An act is known by the worker whom its call named, not by the id that the service made for it.
"""

from collections import Counter, defaultdict
from typing import Final

from tests.faults.observation import ActSeen, Seen
from tests.faults.verdict import Verdict

_DONE: Final = 200
CLIENTS: Final = ("rig-one", "rig-two")


def judge_calls(seen: Seen, verdict: Verdict) -> None:
    """Each deed that was told as done is there once, no other is there, and no version was acted upon twice."""
    acts: defaultdict[str, list[ActSeen]] = defaultdict(list)
    for act in seen.acts:
        if act.by.partition("/")[0] in CLIENTS:
            acts[act.by].append(act)
    won: Counter[tuple[object, str]] = Counter()
    for call in seen.calls:
        found = acts.pop(call.by, [])
        name = f"{call.kind} on task {call.task_id}"
        if len(found) > 1:
            verdict.note("wrong", f"{name} was sent as one deed and stands there {len(found)} times")
        if call.status == _DONE:
            won[call.task_id, call.etag] += 1
            if not found:
                verdict.note("lost", f"{name} was answered as done, and is not there")
            elif (found[0].task_id, found[0].kind) != (call.task_id, call.kind):
                verdict.note("wrong", f"{name} stands there as {found[0].kind} on task {found[0].task_id}")
        elif found:
            verdict.note("phantom", f"{name} was answered with {call.status}, and is there")
    for one, stray in acts.items():
        verdict.note("phantom", f"{stray[0].kind} on task {stray[0].task_id} by {one}, who sent nothing")
    for (task_id, etag), times in won.items():
        if times > 1:
            verdict.note("wrong", f"{times} deeds were done on version {etag} of task {task_id}")
