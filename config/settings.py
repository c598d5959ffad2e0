"""The environment, read once and typed: ``FRAFALDSVARSEL_…``, every secret also as ``FRAFALDSVARSEL_…_FILE``.

Nothing else reads the environment. A process demands and gets its own sections (`config.environments`) and no other;
every fault is reported at once, a sentence each.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints

from pydantic import ValidationError

from config.environments import PROCESSES
from config.errors import ConfigError, Fault
from config.every_environment import EveryEnvironment
from config.key_environment import KEY_VARIABLES, least_keys
from config.sections.base import PREFIX, Section
from config.sections.keys import VARIABLE
from config.told_sections import ToldSections

__all__ = [
    "PREFIX",
    "SECRETS",
    "from_environment",
    "is_told",
    "load",
    "sections_of",
    "told_sections",
    "variables_of",
]

EnvironmentT = TypeVar("EnvironmentT")

SECRETS: Final = frozenset(
    {
        "KAFKA_PASSWORD",
        "DATABASE_URL",
        "MIGRATE_DATABASE_URL",
        "STREAM_KEYS",
        "TRAIL_KEY",
        "TRAIL_PUBLIC_KEYS",
        "SMTP_PASSWORD",
        "HEARTBEAT_URL",
        "OIDC_CLIENT_SECRET",
        "OTEL_EXPORTER_OTLP_HEADERS",
    }
)
"""What may stand in a file as well."""
_FILE: Final = "_FILE"


def sections_of(kind: type[Any]) -> Mapping[str, type[Section]]:
    """The sections of an environment, by the name under which it holds each."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def variables_of(kind: type[Any]) -> tuple[str, ...]:
    """The variables that an environment is read from, without the prefix, in order."""
    return tuple(name for section in sections_of(kind).values() for name in section.variables())


def from_environment(kind: type[EnvironmentT]) -> EnvironmentT:
    """What this process was told; raises `ConfigError` with a sentence for each fault."""
    return load(kind, os.environ)


def is_told(variable: str = "") -> bool:
    """Whether the environment holds `variable`, which is without the prefix; without one, any of ours."""
    return PREFIX + variable in os.environ or (not variable and any(map(_is_ours, os.environ)))


def load(kind: type[EnvironmentT], environ: Mapping[str, str]) -> EnvironmentT:
    """The sections of `kind` in `environ`; raises `ConfigError` with a sentence for each fault.

    What another process needs is neither demanded nor read. A name that no process has is a fault.
    """
    found, faults = _read(kind, environ)
    if faults:
        raise ConfigError(faults)
    return kind(**found)


def told_sections(
    kind: type[Any], environ: Mapping[str, str] | None = None
) -> tuple[ToldSections, tuple[Fault, ...]]:
    """Those sections of `kind` that can be read, and what is wrong; without `environ`, of the environment."""
    found, faults = _read(kind, os.environ if environ is None else environ)
    return ToldSections(found.values()), tuple(faults)


def _read(kind: type[Any], environ: Mapping[str, str]) -> tuple[dict[str, Section], list[Fault]]:
    faults = [
        Fault(f"{variable} is not a setting; see docs/settings.md for their names.")
        for variable in environ
        if _is_ours(variable) and variable.removeprefix(PREFIX) not in _KNOWN
    ]
    if kind in PROCESSES.values():
        faults += _needless(variables_of(kind), environ)
    elif PREFIX + VARIABLE not in environ:
        environ = least_keys(kind, environ, variables_of(kind))
    found: dict[str, Section] = {}
    for name, section in sections_of(kind).items():
        values = _values(section.variables(), environ, faults)
        try:
            found[name] = section.model_validate(values)
        except ValidationError as error:
            faults.extend(_sentences(error))
    return found, faults


def _needless(own: Iterable[str], environ: Mapping[str, str]) -> Iterable[Fault]:
    """Whoever has the memory of a process has what it was told: no process is told a key that it does not need."""
    needed = frozenset(own)
    for name in KEY_VARIABLES:
        for variable in (PREFIX + name, PREFIX + name + _FILE):
            if name not in needed and variable in environ:
                yield Fault(f"{variable} holds keys that this process does not need: do not tell it.")


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX)


_KNOWN: Final = {*variables_of(EveryEnvironment), *(name + _FILE for name in SECRETS)}


def _values(variables: Iterable[str], environ: Mapping[str, str], faults: list[Fault]) -> dict[str, str]:
    values = {name: environ[PREFIX + name] for name in variables if PREFIX + name in environ}
    for name in variables:
        file = PREFIX + name + _FILE
        if name not in SECRETS or name in values or file not in environ:
            continue
        try:
            values[name] = Path(environ[file]).read_text(encoding="utf-8").strip()
        except OSError as error:
            faults.append(Fault(f"{file} names a file that cannot be read: {error.strerror}."))
    return values


def _sentences(error: ValidationError) -> Iterable[Fault]:
    for detail in error.errors(include_url=False, include_input=False):
        variable = PREFIX + str(detail["loc"][0]) if detail["loc"] else ""
        why = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "missing":
            yield Fault(f"{variable} is missing.")
        elif detail["type"] == "keys":
            yield Fault(f"{variable}: {why}")
        elif detail["type"] == "sentence":
            yield Fault(f"{variable} {why}.".lstrip())
        else:
            yield Fault(f"{variable} is not valid: {why}.")
