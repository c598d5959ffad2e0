"""``python -m tools.advisories``: whether an advisory is known against a locked library, by pip-audit.

pip-audit calls what it could not look up *skipped*, and ends well: "no known vulnerabilities" of libraries that nobody
has looked at. So its answer is counted here. Without an index of advisories this says so and ends with 0: it is no part
of `make check`, which must give the same everywhere.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LOCKED: Final = ROOT / "requirements-dev.lock"
"""Holds what is in the image, too."""
COMMAND: Final = (
    "uv", "tool", "run", "--quiet", "--from", "pip-audit==2.10.1",
    "pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json", "--requirement",
)  # fmt: skip
"""It is in no lock file of ours: it would bring thirty packages for a look now and then."""
_PATIENCE_SECONDS: Final = 120
NOT_REACHED: Final = "No index of advisories can be reached from here: nothing was looked up."


def judged(answer: str) -> tuple[Sequence[str], int]:
    """The sentences for pip-audit's answer, and the exit code: 1 where an advisory is known."""
    try:
        libraries = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [NOT_REACHED], 0
    looked_up = [each for each in libraries if "skip_reason" not in each]
    if not looked_up:
        return [NOT_REACHED], 0
    known = [
        f"{each['name']} {each['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version'}"
        for each in looked_up
        for one in each["vulns"]
    ]
    skipped = [each["name"] for each in libraries if "skip_reason" in each]
    sentences = [
        *known,
        f"{len(looked_up)} of {len(libraries)} libraries were looked up, {len(known)} advisories.",
    ]
    return [*sentences, *([f"Not looked up: {', '.join(skipped)}."] if skipped else [])], 1 if known else 0


def main() -> int:
    """The exit code."""
    program = Path(sys.executable).with_name(COMMAND[0])
    try:
        ran = subprocess.run(
            [str(program), *COMMAND[1:], str(LOCKED)],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        answer = ran.stdout
    except (OSError, subprocess.TimeoutExpired):
        answer = ""
    sentences, code = judged(answer)
    print("\n".join(sentences))
    return code


if __name__ == "__main__":
    sys.exit(main())
