"""How often Python looks for garbage in cycles."""

import subprocess
import sys

_ASK = """
import gc, sys
from frafaldsvarsel import commands as cli
from infra import gc_tuning
calls = []
cli.commands = lambda *_: lambda: calls.append(gc.get_threshold())
cli.main()
gc_tuning.keep_for_good()
print(calls[0][0] > 10_000, gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


def test_a_command_searches_for_cycles_seldom_but_still_does_and_leaves_out_what_was_loaded() -> None:
    # In a process of its own: the setting is the whole process's.
    done = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]
