"""``python -m tools.docs``: write what is generated; with ``--check`` write nothing, and end with 1 where it is old."""

import sys

from tools.docs.generator import differences, write


def main() -> int:
    """The exit code."""
    if "--check" not in sys.argv[1:]:
        for path in write():
            print(f"{path} written")
        return 0
    found = differences()
    for sentence in found:
        print(sentence, file=sys.stderr)
    if found:
        print("Run: make docs", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
