"""A process is told what it needs, and nothing else: `docs/settings.md` is made from the same."""

import ast
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from config.command_environments import COMMANDS, role_of
from config.database_roles import DatabaseRole
from config.environments import (
    PROCESSES,
    AuditEnvironment,
    LedgerEnvironment,
    NotifierEnvironment,
    WorkerEnvironment,
)
from config.errors import ConfigError
from config.every_environment import EveryEnvironment
from config.settings import PREFIX, load, sections_of, variables_of
from crypto.key_file import KeyFile
from frafaldsvarsel.commands import MODULES
from tests.keys import stored_keys
from tests.paths import ROOT
from tests.unit.frafaldsvarsel.wiring.environments import COMPOSED, poisoned, told

ALL: Final = variables_of(EveryEnvironment)
KINDS: Final = {**PROCESSES, **COMMANDS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and files, made once."""
    return tmp_path_factory.mktemp("told")


def faults(kind: type[Any], environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(kind, environ)
    return [str(fault) for fault in caught.value.faults]


def demanded(kind: type[Any]) -> list[str]:
    return [
        name
        for section in sections_of(kind).values()
        for name, field in section.variables().items()
        if field.is_required()
    ]


@pytest.mark.parametrize("process", COMPOSED)
async def test_a_process_is_composed_of_its_own_settings_whatever_the_others_are(
    process: str, folder: Path
) -> None:
    """Every variable that the page does not name for it holds nonsense, and every other secret's file is away."""
    kind, compose = COMPOSED[process]
    assert kind is PROCESSES[process]
    compose(load(kind, poisoned(folder, kind, ALL)))


@pytest.mark.parametrize("name", KINDS)
def test_what_is_missing_is_one_sentence_that_names_the_variable(name: str, folder: Path) -> None:
    kind = KINDS[name]
    for variable in demanded(kind):
        environ = told(folder, kind)
        del environ[PREFIX + variable]
        assert faults(kind, environ) == [f"{PREFIX}{variable} is missing."]


@pytest.mark.parametrize("name", KINDS)
def test_what_it_does_not_need_is_not_demanded(name: str, folder: Path) -> None:
    kind = KINDS[name]
    needed = {PREFIX + variable for variable in demanded(kind)}
    load(kind, {variable: value for variable, value in told(folder, kind).items() if variable in needed})


def test_the_page_has_every_variable_of_every_process() -> None:
    for name, kind in KINDS.items():
        assert set(variables_of(kind)) <= set(ALL), name


def test_no_variable_stands_in_two_sections_of_a_process() -> None:
    for name, kind in KINDS.items():
        assert len(set(variables_of(kind))) == len(variables_of(kind)), name


def test_every_variable_is_read_by_some_process_or_by_a_command_before_them() -> None:
    before = ("topics", "migrate", "trail verify", "keys")
    kinds = (*PROCESSES.values(), *(COMMANDS[name] for name in before))
    assert {variable for kind in kinds for variable in variables_of(kind)} == set(ALL)


def test_the_ledger_has_no_relay_the_worker_no_database_and_who_only_looks_no_key() -> None:
    assert not {"SMTP_PASSWORD", "KEYS_DIR"} & set(variables_of(LedgerEnvironment))
    assert not {"DATABASE_URL", "SMTP_PASSWORD"} & set(variables_of(WorkerEnvironment))
    assert "KEYS_DIR" not in variables_of(AuditEnvironment)
    assert "KAFKA_PASSWORD" not in variables_of(NotifierEnvironment)


@pytest.mark.parametrize(("kind", "section"), [(WorkerEnvironment, "database"), (LedgerEnvironment, "smtp")])
def test_another_processs_section_is_not_there(kind: type[Any], section: str, folder: Path) -> None:
    with pytest.raises(AttributeError):
        getattr(load(kind, told(folder, kind)), section)


def test_no_process_is_handed_a_key_in_whatever_form(folder: Path) -> None:
    """Only what signs, opens or seals for a purpose."""
    told(folder)
    keys = stored_keys(folder).keys
    parts = (part for key in keys for part in (key.key, key.binding, key.private, (key.jwk or {}).get("d")))
    secrets = {part for part in parts if part is not None}
    assert len(secrets) > len(keys)
    for name, kind in PROCESSES.items():
        held = load(kind, told(folder, kind))
        assert not any(isinstance(one, KeyFile) for one in _within(held)), name
        assert not secrets & {one for one in _within(held) if isinstance(one, str)}, name
        assert not any(secret in repr(held) for secret in secrets), name


def _within(value: object) -> list[object]:
    """`value` and what its fields hold, as deep as our own settings go."""
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        found.append(one)
        if isinstance(one, BaseModel):
            waiting.extend(getattr(one, name) for name in type(one).model_fields)
        elif is_dataclass(one):
            waiting.extend(getattr(one, field.name) for field in fields(one))
    return found


@pytest.mark.parametrize("name", [*COMMANDS, *PROCESSES])
def test_the_page_names_commands_that_there_are(name: str) -> None:
    assert name.split()[0] in {command for names in MODULES.values() for command in names}


SOURCES: Final = [
    file
    for folder in (
        "api",
        "config",
        "crypto",
        "frafaldsvarsel",
        "inbox",
        "infra",
        "ledger",
        "models",
        "notifiers",
    )
    for file in sorted((ROOT / folder).rglob("*.py"))
] + [
    file
    for folder in ("ops", "publisher", "streams", "tools")
    for file in sorted((ROOT / folder).rglob("*.py"))
]


def test_nothing_but_the_settings_reads_the_environment() -> None:
    """Beside them what starts the servers of one machine does, in `local/`."""
    reading = {
        str(file.relative_to(ROOT))
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if _reads_environment(node)
    }
    assert reading == {"config/settings.py"}


def _reads_environment(node: ast.AST) -> bool:
    names = {"environ", "environb", "getenv", "getenvb"}
    if isinstance(node, ast.Attribute):
        return node.attr in names and isinstance(node.value, ast.Name) and node.value.id == "os"
    return (
        isinstance(node, ast.ImportFrom) and node.module == "os" and any(n.name in names for n in node.names)
    )


@pytest.mark.parametrize("name", PROCESSES)
def test_every_section_of_a_process_is_used_by_it(name: str) -> None:
    """The page would say more than is true."""
    files = {
        "worker": ("commands/service.py", "processes/worker.py", "wiring/worker.py", "wiring/common.py"),
        "ledger": ("commands/service.py", "processes/ledger.py", "wiring/ledger.py"),
        "notify": ("commands/service.py", "processes/notifier.py", "wiring/notifier.py", "wiring/notices.py"),
        "inbox": ("commands/service.py", "processes/inbox.py", "wiring/inbox.py"),
        "canary": ("commands/canary.py", "processes/probe.py", "wiring/probe.py"),
        "lag": ("commands/lag.py", "processes/lag.py"),
        "trail keep": ("commands/trail.py", "processes/trail.py", "wiring/trail.py"),
        "audit": ("processes/auditor.py", "commands/audit.py"),
        "audit --heal": (
            "processes/auditor.py",
            "commands/audit.py",
            "wiring/redrive.py",
            "wiring/common.py",
        ),
    }[name]
    text = "".join((ROOT / "frafaldsvarsel" / file).read_text("utf-8") for file in files)
    used = set(re.findall(r"\b(?:settings|known|_settings)\.(\w+)", text))
    assert set(sections_of(PROCESSES[name])) <= used


def test_every_process_with_a_database_comes_to_it_as_its_own_role() -> None:
    """Nor does one that has no row here come as the operator, who may not do its work."""
    roles = {name: role_of(kind) for name, kind in PROCESSES.items() if "database" in sections_of(kind)}
    assert DatabaseRole.OPERATOR not in roles.values()
    assert roles.pop("audit --heal") == roles["audit"]
    assert len(set(roles.values())) == len(roles)


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("variable", ["KEYS_DIR", "KEY_STORE", "STREAM_KEYS_FILE", "TRAIL_KEY_FILE"])
def test_a_process_refuses_a_key_that_it_does_not_need(name: str, variable: str, folder: Path) -> None:
    kind = PROCESSES[name]
    if variable.removesuffix("_FILE") in variables_of(kind):
        return
    assert faults(kind, told(folder, kind) | {PREFIX + variable: str(folder)}) == [
        f"{PREFIX}{variable} holds keys that this process does not need: do not tell it."
    ]
