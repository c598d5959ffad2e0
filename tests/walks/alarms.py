"""What a real Prometheus rings for, as the person who is rung reads it."""

import json
import time
import urllib.request
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alert that rings."""

    name: str
    severity: str
    summary: str
    description: str
    runbook: str
    labels: tuple[tuple[str, str], ...]
    since: str = ""
    """When its expression began to hold, as Prometheus shows it."""

    @classmethod
    def of(cls, held: dict[str, Any]) -> "Alarm":
        """As Prometheus tells it."""
        labels, said = held["labels"], held["annotations"]
        return cls(
            name=labels["alertname"],
            severity=labels["severity"],
            summary=said["summary"],
            description=said.get("description", ""),
            runbook=said["runbook_url"],
            since=held["activeAt"],
            labels=tuple(
                sorted(one for one in labels.items() if one[0] not in {"alertname", "severity", "instance"})
            ),
        )


class Alarms:
    """`address`: Prometheus's own."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ringing(self) -> list[Alarm]:
        """Everything that rings now; raises `OSError` while Prometheus does not answer."""
        asked = f"{self._address}api/v1/alerts"
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310 - our own address
            told = json.load(answer)["data"]["alerts"]
        return [Alarm.of(one) for one in told if one["state"] == "firing"]

    def wait_for(self, name: str, *, labels: Collection[tuple[str, str]] = (), seconds: float) -> None:
        """Until the alert rings, with these labels among its own. Raises `TimeoutError`."""
        end = time.monotonic() + seconds
        while not any(one.name == name and set(labels) <= set(one.labels) for one in self.ringing()):
            if time.monotonic() > end:
                others = sorted({one.name for one in self.ringing()})
                raise TimeoutError(f"{name} did not ring within {seconds:.0f} seconds; {others} did")
            time.sleep(0.3)

    def wait_for_quiet(self, *, seconds: float, beside: frozenset[str] = frozenset()) -> None:
        """Until nothing rings any more, but for `beside`. Raises `TimeoutError`."""
        end = time.monotonic() + seconds
        while left := [one for one in self.ringing() if one.name not in beside]:
            if time.monotonic() > end:
                raise TimeoutError(f"still ringing after {seconds:.0f} seconds: {[one.name for one in left]}")
            time.sleep(0.3)

    def wait_for_end(self, name: str, *, seconds: float) -> None:
        """Until the alert rings no more. Raises `TimeoutError`."""
        end = time.monotonic() + seconds
        while any(one.name == name for one in self.ringing()):
            if time.monotonic() > end:
                raise TimeoutError(f"{name} still rings after {seconds:.0f} seconds")
            time.sleep(0.3)
