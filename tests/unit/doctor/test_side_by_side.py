"""Several are asked at once, and each is told by itself."""

import threading
import time

from doctor.side_by_side import NotSeen, side_by_side


def test_each_says_why_it_did_not_come_to_its_end() -> None:
    release, done = threading.Event(), list[str]()

    def refuse() -> None:
        raise NotSeen("Nobody may.")

    def break_off() -> None:
        raise RuntimeError("secret")

    def hang() -> None:
        release.wait(30)

    began = time.monotonic()
    why = side_by_side([refuse, break_off, hang, lambda: done.append("done")], seconds=0.2)
    release.set()
    assert time.monotonic() - began < 5
    assert why == [
        "Nobody may.",
        "The look at it broke off: RuntimeError.",
        "There was no answer within 0 seconds.",
        "",
    ]
    assert done == ["done"]


def test_what_comes_too_late_changes_nothing_that_was_said() -> None:
    release, ended = threading.Event(), threading.Event()

    def late() -> None:
        release.wait(30)
        ended.set()

    why = side_by_side([late], seconds=0.1)
    release.set()
    ended.wait(5)
    time.sleep(0.05)
    assert why != [""]
