"""A small file system in memory, for a server whose disk is to be full."""

import subprocess
from pathlib import Path
from typing import Final

_MEGABYTES: Final = 700


def small_disk(folder: Path) -> bool:
    """Mount a file system of its own at `folder`; False where this user may not."""
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={_MEGABYTES}m"
    done = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True, check=False
    )
    return done.returncode == 0


def remove_disk(folder: Path) -> None:
    """Unmount it."""
    subprocess.run(["/bin/umount", "-l", str(folder)], capture_output=True, check=False)
