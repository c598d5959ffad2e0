"""The metrics as a page, made from their table: ``python -m tools.docs.metrics``."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.metrics import Metric
from ops.audit.metrics import AUDIT_METRICS
from ops.audit.report import ABOUT
from ops.probe.metrics import CANARY_METRICS
from ops.probe.trace import ABOUT as LEGS

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
_AGAIN: Final = "<!-- Made by `python -m tools.docs.metrics`; change the code, then run it again. -->"


def page() -> str:
    """Every metric, and what the label `hop` may hold."""
    lines = [
        "# Metrics",
        "",
        _AGAIN,
        "",
        "The auditor serves them: `frafaldsvarsel audit --watch 60 --metrics-port 9090`, "
        "or the setting `FRAFALDSVARSEL_METRICS_PORT`.",
        "The canary serves its own: `FRAFALDSVARSEL_CANARY_METRICS_PORT`.",
        "No label holds anything about a person.",
        "The rules that ring for them are in [`ops/alerts.yaml`](../ops/alerts.yaml).",
        "",
        "## The auditor's",
        "",
        *_table(AUDIT_METRICS),
        "",
        "## The canary's",
        "",
        *_table(CANARY_METRICS),
        "",
        "`what` is the cause as the audit says it; the others are a hop, a consumer group, a place of the log, "
        "and a leg of the canary's way.",
        "",
        "| `hop` | what must hold |",
        "| --- | --- |",
        *(f"| `{hop}` | {about} |" for hop, about in ABOUT.items()),
        "",
        "| `leg` | it is over when |",
        "| --- | --- |",
        *(f"| `{leg}` | {about} |" for leg, about in LEGS.items()),
        "",
    ]
    return "\n".join(lines)


def _table(metrics: Sequence[Metric]) -> list[str]:
    return [
        "| metric | kind | labels | meaning |",
        "| --- | --- | --- | --- |",
        *(f"| `{one.name}` | {one.kind} | {_labels(one)} | {one.about} |" for one in metrics),
    ]


def _labels(metric: Metric) -> str:
    return ", ".join(f"`{label}`" for label in metric.labels)


def is_old() -> bool:
    """Whether the page is not what the code says."""
    return not FILE.exists() or FILE.read_text(encoding="utf-8") != page()


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with ``--check`` say that it is old."""
    if not is_old():
        return 0
    if "--check" in arguments:
        sys.stderr.write("docs/metrics.md is old: run `python -m tools.docs.metrics`.\n")
        return 1
    FILE.write_text(page(), encoding="utf-8")
    sys.stdout.write("docs/metrics.md written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))


METRICS: Final = (*AUDIT_METRICS, *CANARY_METRICS)
