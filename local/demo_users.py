"""The made-up people who can log in to the inbox of `up` and the demo: of different units and roles."""

from collections.abc import Iterable, Sequence
from typing import Final

from inbox.rights import Role
from local.servers.provider import Person

_COPENHAGEN: Final = "jc-0101"
_AARHUS: Final = "jc-0751"


def demo_people(units: Sequence[tuple[str, str]]) -> tuple[Person, ...]:
    """`units`: id and name of every unit. Where ours are not among them, the first two stand in."""
    names = dict(units)
    ids = [unit for unit in (_COPENHAGEN, _AARHUS) if unit in names] + list(names)
    first, second = ids[0], ids[1] if len(ids) > 1 else ids[0]
    return (
        _person("anna", "Anna Holm", f"Case worker, {names[first]}", (Role.CASE_WORKER, first)),
        _person("bilal", "Bilal Aydin", f"Case worker, {names[first]}", (Role.CASE_WORKER, first)),
        _person("ditte", "Ditte Krogh", f"Manager, {names[first]}", (Role.MANAGER, first)),
        _person("erik", "Erik Sund", f"Case worker, {names[second]}", (Role.CASE_WORKER, second)),
        _person(
            "freja",
            "Freja Lund",
            f"Manager, {names[first]} and {names[second]}",
            (Role.MANAGER, first),
            (Role.MANAGER, second),
        ),
        Person(
            subject="gert",
            name="Gert Bach",
            about="Service desk: the messages that no unit has yet",
            rights=({"role": Role.SERVICE_DESK.value},),
        ),
        Person(
            subject="hanne",
            name="Hanne Dahl",
            about="Operator: how the service stands, and nothing else",
            rights=({"role": Role.OPERATOR.value},),
        ),
        Person(subject="ida", name="Ida Frost", about="No rights in Frafaldsvarsel", rights=()),
    )


def units_of(people: Iterable[Person]) -> frozenset[str]:
    """The units at which some of them work."""
    return frozenset(
        str(unit) for person in people for right in person.rights for unit in right.get("units", ())
    )


def _person(subject: str, name: str, about: str, *rights: tuple[Role, str]) -> Person:
    return Person(
        subject=subject,
        name=name,
        about=about,
        rights=tuple({"role": role.value, "units": [unit]} for role, unit in rights),
    )
