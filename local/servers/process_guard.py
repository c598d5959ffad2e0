"""Stands between us and a server program, so that the program never outlives whoever asked for it.

The kernel's "signal me when my parent dies" fires when the parent's *thread* ends, so it cannot be used from
a thread pool or asyncio; this process has one thread, waits for the end of its standard input (which comes
however its parent ends, SIGKILL included) and is itself tied to the program by that kernel promise.
It must import only the standard library: it runs with `python -I -S` and starts in some 20 ms.
"""

import ctypes
import json
import os
import pwd
import select
import shutil
import signal
import sys
import time
from typing import Any, Final, NoReturn

STOP: Final = b"s"
KILL: Final = b"k"

PR_SET_PDEATHSIG: Final = 1
PR_SET_KEEPCAPS: Final = 8
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_RAISE: Final = 2
CAP_DAC_OVERRIDE: Final = 1
CAP_DAC_READ_SEARCH: Final = 2
CAPABILITY_VERSION_3: Final = 0x20080522


def main() -> int:
    """Run the plan in argv[1]; print the program's process id; end with its exit code."""
    plan: dict[str, Any] = json.loads(sys.argv[1])
    # Whoever ends us politely means the program; the end of the parent is noticed below.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    wake, alarm = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)

    own = os.getpid()
    child = os.fork()
    if child == 0:
        _become_program(plan, own)
    os.write(1, f"{child}\n".encode())
    os.close(1)
    try:
        return _watch(child, wake, plan)
    finally:
        for path in plan["remove"]:
            shutil.rmtree(path, ignore_errors=True)


def _watch(child: int, wake: int, plan: dict[str, Any]) -> int:
    kill_at: float | None = None
    poll = select.poll()
    poll.register(0, select.POLLIN | select.POLLHUP)
    poll.register(wake, select.POLLIN)
    while True:
        # A pipe that a forked sibling has inherited does not end with our parent, so look at that too.
        for descriptor, _ in poll.poll(1000 if kill_at is None else 50):
            if descriptor == wake:
                if signal.SIGTERM in os.read(wake, 512) and kill_at is None:
                    kill_at = _stop(child, plan)
                continue
            order = os.read(0, 1)
            if order == KILL:
                os.kill(child, signal.SIGKILL)
            elif kill_at is None:
                kill_at = _stop(child, plan)
            if not order:
                poll.unregister(0)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if kill_at is None and os.getppid() != plan["parent"]:
            kill_at = _stop(child, plan)
        if kill_at is not None and time.monotonic() > kill_at:
            os.kill(child, signal.SIGKILL)


def _stop(child: int, plan: dict[str, Any]) -> float:
    os.kill(child, plan["stop_signal"])
    return time.monotonic() + float(plan["grace"])


def _become_program(plan: dict[str, Any], guard: int) -> NoReturn:
    try:
        log = os.open(plan["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        signal.set_wakeup_fd(-1)
        for each in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(each, signal.SIG_DFL)
        if plan["as_user"]:
            _give_up_root(plan["as_user"])
        # After the change of user, which clears it.
        _prctl(PR_SET_PDEATHSIG, plan["orphan_signal"])
        if os.getppid() != guard:
            os._exit(125)
        os.execve(plan["argv"][0], plan["argv"], plan["env"])  # noqa: S606 - no shell is the point
    except BaseException as problem:
        os.write(2, f"could not start {plan['argv'][0]}: {problem}\n".encode())
    os._exit(126)


def _give_up_root(user: str) -> None:
    """Become `user`, keeping only the right to reach files, so that no folder above needs new permissions."""
    entry = pwd.getpwnam(user)
    _prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    # Containers commonly lack the first of the two; with neither, ordinary permissions must do.
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        try:
            _keep_only(capability)
        except OSError:
            continue
        return


def _keep_only(capability: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    mask = 1 << capability
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    if libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _prctl(option: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *padded) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


if __name__ == "__main__":
    sys.exit(main())
