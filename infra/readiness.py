"""Says that a process is ready for its work: a file for whoever started it, a line for whoever reads the log."""

import logging
from pathlib import Path

log = logging.getLogger(__name__)


def announce(file: Path | None, text: str) -> None:
    """Write `text` into `file`, whole or not at all."""
    log.info("ready: %s", text)
    if file is not None:
        part = file.with_name(file.name + ".part")
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(file)
