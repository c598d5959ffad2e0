"""compose.yaml runs every process that there is, says when each can work, and waits for what each needs."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package of their own

from frafaldsvarsel import processes
from tests.paths import ROOT

SERVICES: Final[dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
COMMANDS: Final = {
    "run_worker": "worker",
    "run_ledger": "ledger",
    "run_notifier": "notify",
    "run_inbox": "inbox",
    "run_canary": "canary",
    "run_lag": "lag",
    "run_trail": "trail",
}
"""Each process, and the command that runs it."""
LASTING: Final = (*COMMANDS.values(), "audit")
"""The audit is a command that ends, unless it watches."""


def test_every_process_has_its_command_here() -> None:
    modules = [import_module(f"{processes.__name__}.{one.name}") for one in iter_modules(processes.__path__)]
    found = {
        name for module in modules for name, value in vars(module).items() if is_run(name, value, module)
    }
    assert set(COMMANDS) == found


def is_run(name: str, value: Any, module: ModuleType) -> bool:
    return (
        name.startswith("run_")
        and getattr(value, "__module__", "") == module.__name__
        and name != "run_until_stopped"
    )


@pytest.mark.parametrize("command", LASTING)
def test_every_process_is_a_service_that_says_whether_it_can_work_and_is_started_again(command: str) -> None:
    found = [service for service in SERVICES.values() if (service.get("command") or [""])[0] == command]
    assert len(found) == 1
    (service,) = found
    assert service["restart"] == "unless-stopped"
    assert not service["healthcheck"].get("disable")
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert "FRAFALDSVARSEL_DATABASE_URL_FILE" in service["environment"]


def test_the_audit_watches_for_the_canary_that_flies() -> None:
    watching, flying = SERVICES["audit"], SERVICES["canary"]
    assert "--watch" in watching["command"]
    seconds = "FRAFALDSVARSEL_CANARY_SECONDS"
    assert watching["environment"][seconds] == flying["environment"][seconds]
    assert watching["environment"]["FRAFALDSVARSEL_HEARTBEAT_FILE"] in watching["healthcheck"]["test"][1]


def test_whoever_is_waited_for_is_there_and_can_say_that_it_is_ready() -> None:
    for name, service in SERVICES.items():
        for other, wanted in service.get("depends_on", {}).items():
            assert other in SERVICES, f"{name} waits for {other}"
            if wanted["condition"] == "service_healthy":
                assert not SERVICES[other]["healthcheck"].get("disable"), f"{name} waits for {other}"


def test_nothing_but_the_pages_needs_more_than_a_plain_up() -> None:
    behind = {name for name, service in SERVICES.items() if "inbox" in service.get("profiles", ())}
    assert behind == {"inbox"}
