"""What a machine's disk, the heartbeat and the auditor's last word mean. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, warning
from doctor.readers.auditor import AuditSaid
from doctor.readers.machine import Room, Rooms
from doctor.words import age, number_of, some

_GB: Final = 1024**3
LITTLE: Final = (0.10, _GB)
NONE: Final = (0.02, _GB // 10)
"""The part that is free, and bytes: below both there is too little."""
SILENT: Final = timedelta(minutes=5)
"""Five rounds of an auditor that looks every minute."""


def disk(rooms: Rooms) -> Iterable[Diagnosis]:
    """Whether what writes there can go on."""
    room_enough = True
    for room in rooms.rooms:
        sentence = f"{_free(room)} where {some(room.folders)} {'lies' if len(room.folders) == 1 else 'lie'}."
        if room.read_only:
            room_enough = False
            yield fault(HealthCheck.DISK, f"It is read-only: {some(room.folders)}.", "Mount it for writing.")
        elif _below(room, NONE):
            room_enough = False
            yield fault(HealthCheck.DISK, sentence, "Make room now.")
        elif _below(room, LITTLE):
            room_enough = False
            yield warning(HealthCheck.DISK, sentence, "Make room: logs and old files first.")
    if rooms.missing:
        yield warning(
            HealthCheck.DISK,
            f"Not on this machine: the folder of {some(rooms.missing)}.",
            "Look from the machine whose process uses it, or make the folder.",
        )
    if room_enough and not rooms.missing:
        yield fine(HealthCheck.DISK, "The folders of the settings have room.")


def _below(room: Room, bound: tuple[float, int]) -> bool:
    part, least = bound
    little = room.free_bytes < part * room.total_bytes and room.free_bytes < 10 * least
    return little or room.free_bytes < least or room.free_files < part


def _free(room: Room) -> str:
    if room.free_files < LITTLE[0] and room.free_bytes >= LITTLE[1]:
        return f"Only {room.free_files:.0%} of the files may still be made"
    return f"{room.free_bytes / _GB:,.1f} GB are free"


def heartbeat(is_set: bool, beaten_at: datetime | None, now: datetime) -> Diagnosis:
    """Whether the auditor's sign of life has a place, and comes. `beaten_at`: None where it cannot be seen."""
    if not is_set:
        return warning(
            HealthCheck.HEARTBEAT,
            "The audit's heartbeat has no place: nobody is rung when the audit stops.",
            "Set FRAFALDSVARSEL_HEARTBEAT_URL to a watch that rings when it stays away.",
        )
    if beaten_at is None:
        return fine(
            HealthCheck.HEARTBEAT, "The heartbeat has a place; from here it cannot be seen whether it comes."
        )
    if now - beaten_at > SILENT:
        return fault(
            HealthCheck.HEARTBEAT,
            f"No heartbeat for {age(beaten_at, now)}: something is unaccounted for, or the audit does not run.",
            "See the audit; start `frafaldsvarsel audit --watch 60 --heal` where it does not run.",
            beaten_at,
        )
    return fine(HealthCheck.HEARTBEAT, f"The last heartbeat came {age(beaten_at, now)} ago.")


def audit(said: AuditSaid, now: datetime) -> Diagnosis:
    """What the auditor last said, and how long ago."""
    if said.at is None:
        return warning(
            HealthCheck.AUDIT, "The auditor has not come to the end of a round.", "Look at its log."
        )
    if now - said.at > SILENT:
        return fault(
            HealthCheck.AUDIT,
            f"The auditor has not counted for {age(said.at, now)}.",
            "Look at its log: a server that it needs is away, or a round takes too long.",
            said.at,
        )
    if said.unaccounted:
        return fault(
            HealthCheck.AUDIT,
            f"{number_of(said.unaccounted, 'thing')} unaccounted for.",
            "`frafaldsvarsel audit` says which.",
        )
    return fine(HealthCheck.AUDIT, f"All was accounted for {age(said.at, now)} ago.")
