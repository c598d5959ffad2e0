"""Reports that a process is ready: by a file for the program that started it, and by a line in the log."""

import logging
from pathlib import Path

log = logging.getLogger(__name__)


def announce(file: Path | None, text: str) -> None:
    """Log `text` and write it to `file`, in one step, so that nobody reads half of it."""
    log.info("ready: %s", text)
    if file is not None:
        part = file.with_name(file.name + ".part")
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(file)
