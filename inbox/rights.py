"""What a person may do: a right is a role with its restriction to units, as KOMBIT's privileges have it.

Pure. It must never give more than a claim says in so many words: what cannot be read gives nothing.
"""

from collections.abc import Container, Mapping
from enum import StrEnum
from typing import Any, Final

from models.base import Frozen


class Role(StrEnum):
    """What a right allows."""

    CASE_WORKER = "case_worker"
    """Works with the tasks of the units that the right names."""
    MANAGER = "manager"
    """The same, and sees those units' figures, and the undecided messages about people who live there."""
    SERVICE_DESK = "service_desk"
    """Looks after messages that no unit has yet; sees no task and opens nobody's data."""
    OPERATOR = "operator"
    """Runs the service; sees how it stands in numbers, and no task, no message and no person."""


_WITHOUT_UNITS: Final = frozenset({Role.SERVICE_DESK, Role.OPERATOR})


class Right(Frozen):
    """A role, and the units that it holds for."""

    role: Role
    units: tuple[str, ...] = ()


class Rights(Frozen):
    """All rights of one person."""

    held: tuple[Right, ...] = ()

    @property
    def tasks_of(self) -> frozenset[str]:
        """The units whose tasks the person may see and work with."""
        return self._units(Role.CASE_WORKER, Role.MANAGER)

    @property
    def figures_of(self) -> frozenset[str]:
        """The units whose figures the person may see."""
        return self._units(Role.MANAGER)

    @property
    def undecided(self) -> bool:
        """Whether the person looks after the messages that nobody has yet."""
        return any(right.role is Role.SERVICE_DESK for right in self.held)

    @property
    def sees_undecided(self) -> bool:
        """Whether the person may see any of them: all, or those about people who live where the person manages."""
        return self.undecided or bool(self.figures_of)

    @property
    def operates(self) -> bool:
        """Whether the person runs the service."""
        return any(right.role is Role.OPERATOR for right in self.held)

    @property
    def any(self) -> bool:
        """Whether there is anything at all that the person may do."""
        return bool(self.tasks_of) or self.undecided or self.operates

    def _units(self, *roles: Role) -> frozenset[str]:
        return frozenset(unit for right in self.held if right.role in roles for unit in right.units)


def rights_of(claims: Mapping[str, Any], name: str, known_units: Container[str]) -> Rights:
    """The rights in the claim called `name`: a list of ``{"role": …, "units": […]}``.

    A role or a unit that is not known here is another system's and is passed over.
    """
    listed = claims.get(name)
    if not isinstance(listed, list):
        return Rights()
    return Rights(held=tuple(right for entry in listed if (right := _right(entry, known_units)) is not None))


def _right(entry: object, known_units: Container[str]) -> Right | None:
    if not isinstance(entry, dict):
        return None
    try:
        role = Role(entry.get("role", ""))
    except ValueError:
        return None
    if role in _WITHOUT_UNITS:
        return Right(role=role)
    listed = entry.get("units")
    if not isinstance(listed, list):
        return None
    units = tuple(sorted({unit for unit in listed if isinstance(unit, str) and unit in known_units}))
    return Right(role=role, units=units) if units else None
