"""What this machine says: room in the folders of the settings, the age of the heartbeat's file, pages over HTTP."""

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from doctor.side_by_side import NotSeen

_SECONDS: Final = 5.0
_MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Room:
    """One file system: which folders lie on it, and how much of it is free."""

    folders: tuple[str, ...]
    """The names of their variables."""
    free_bytes: int
    total_bytes: int
    free_files: float
    """The part of its files that may still be made; 1.0 where it does not count them."""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Rooms:
    """All of them, and the folders that are not there."""

    rooms: Sequence[Room]
    missing: Sequence[str]


def read_rooms(folders: Iterable[tuple[str, Path]]) -> Rooms:
    """`folders`: the variable that names each, and the path; a file stands for its folder."""
    by_device: dict[int, list[tuple[str, Path]]] = {}
    missing = []
    for variable, path in folders:
        folder = path if path.is_dir() else path.parent
        try:
            by_device.setdefault(folder.stat().st_dev, []).append((variable, folder))
        except OSError:
            missing.append(variable)
    return Rooms([_room(named) for named in by_device.values()], missing)


def _room(named: Sequence[tuple[str, Path]]) -> Room:
    told = os.statvfs(named[0][1])
    return Room(
        folders=tuple(variable for variable, _ in named),
        free_bytes=told.f_bavail * told.f_frsize,
        total_bytes=told.f_blocks * told.f_frsize,
        free_files=told.f_favail / told.f_files if told.f_files else 1.0,
        read_only=bool(told.f_flag & os.ST_RDONLY),
    )


def touched_at(file: Path) -> datetime | None:
    """When a file was last touched; None: it is not there."""
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return None


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Not followed: the request goes where the setting says."""


def read_page(url: str) -> str:
    """A page, without a proxy and without redirects; raises `NotSeen`."""
    if not url.startswith(("http://", "https://")):
        raise NotSeen("The address is neither http nor https.")
    opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_SECONDS) as answer:
            return bytes(answer.read(_MOST_BYTES)).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        error.close()
        raise NotSeen(f"The answer was {error.code}.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotSeen(f"It does not answer: {type(error).__name__}.") from None
