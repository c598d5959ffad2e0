"""Processor time, user and system, of other processes, as the kernel counts it (proc(5))."""

import os
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def of(pid: int) -> float:
    """Seconds of a process, and of its children that have ended and were waited for; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def with_children(pid: int) -> float:
    """Likewise, and of the children that live."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return sum(map(of, [*map(int, children), pid]))
