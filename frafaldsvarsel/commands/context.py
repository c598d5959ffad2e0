"""Where a command finds the service: the environment, or the folder of a service started with `up`."""

import json
import os
from pathlib import Path

from config.errors import ConfigError, Fault
from config.settings import PREFIX, Settings, load


def settings(data: Path | None) -> Settings:
    """The settings of the service in `data`, or of the environment; raises `ConfigError`."""
    if data is None and not any(name.startswith(PREFIX) for name in os.environ):
        raise ConfigError(
            [Fault(f"Which service? Set {PREFIX}… in the environment, or give --data DIR of a running `up`.")]
        )
    return load(os.environ if data is None else _of_folder(data))


def _of_folder(data: Path) -> dict[str, str]:
    file = data / "addresses.json"
    try:
        known: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))["environment"]
    except (OSError, ValueError, KeyError):
        raise ConfigError(
            [Fault(f"No service has been started in {data}: it holds no addresses.json.")]
        ) from None
    return known
