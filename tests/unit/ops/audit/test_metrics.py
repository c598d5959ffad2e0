"""The table, its page and the alert rules speak of the same metrics, and of nobody."""

import re
from typing import Final

import pytest
from prometheus_client import generate_latest

from infra.metrics import Metric, MetricKind, Metrics
from ops.audit import metrics
from ops.audit.metrics_export import show
from ops.audit.report import AuditReport, Check, CheckResult, Missing
from tests import scrape
from tests.paths import ROOT
from tools.docs import metrics as metrics_docs
from tools.docs.metrics import METRICS

RULES: Final = ROOT / "ops" / "alerts.yaml"
NAMED: Final = re.compile(r"(?:frafaldsvarsel|kafka)_\w+")
SERIES: Final = {
    metric.name + end: metric
    for metric in METRICS
    for end in (("_bucket", "_count", "_sum") if metric.kind is MetricKind.HISTOGRAM else ("",))
}
"""As a rule names them."""
LABELS: Final = {label for metric in METRICS for label in metric.labels}


def shown(values: Metrics) -> dict[str, float]:
    """What a scrape gets."""
    return scrape.values(generate_latest(values.registry).decode())


def missing(hop: Check, what: str, offset: int) -> Missing:
    return Missing(hop=hop, what=what, topic="benefits", partition=1, offset=offset)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_named_as_prometheus_wants_it_and_stands_on_the_page(metric: Metric) -> None:
    assert metric.name.startswith(("frafaldsvarsel_", "kafka_"))
    assert metric.name.endswith("_total") == (metric.kind is MetricKind.COUNTER) or metric is metrics.TOTAL
    assert metric.about.endswith(".")
    assert f"`{metric.name}`" in metrics_docs.page()


def test_every_metric_of_the_alert_rules_exists_and_every_label() -> None:
    rules = RULES.read_text("utf-8")
    assert len(rules.split("- alert:")) > 5
    assert set(NAMED.findall(rules)) <= SERIES.keys()
    for rule in rules.split("- alert:")[1:]:
        used = [SERIES[name] for name in NAMED.findall(rule)]
        assert used
        known = {label for metric in used for label in metric.labels}
        grouped = {name.strip() for group in re.findall(r"by \(([^)]*)\)", rule) for name in group.split(",")}
        # `job` and `instance` are Prometheus's own.
        assert grouped | set(re.findall(r"\$labels\.(\w+)", rule)) <= known | {"job", "instance"}


def test_every_rule_has_what_a_person_needs_who_is_rung() -> None:
    """What it asks, how long it must hold or that it rings at once, whom it rings, and a sentence."""
    for rule in RULES.read_text("utf-8").split("- alert:")[1:]:
        keys = re.findall(r"^ {8}(\w+):", rule, re.MULTILINE)
        assert len(keys) == len(set(keys))
        assert {"expr", "labels", "annotations"} <= set(keys) <= {"expr", "for", "labels", "annotations"}
        assert re.search(r"labels: \{ severity: (page|ticket) \}", rule)
        assert re.search(r'^ {10}summary: "[^"]+"$', rule, re.MULTILINE)
        expression = rule.split("expr:")[1].split("\n        for:")[0].split("\n        labels:")[0]
        assert all(expression.count(one) == expression.count(other) for one, other in ("()", "[]", "{}"))
        assert all(
            re.fullmatch(r"\d+[smh]", wait) for wait in re.findall(r"^ {8}for: (.+)$", rule, re.MULTILINE)
        )


HEADINGS: Final = ("What it means", "What to look at", "What to do", "What not to do")


def test_every_rule_has_a_runbook_and_every_runbook_a_rule() -> None:
    rung: dict[str, set[str]] = {}
    for rule in RULES.read_text("utf-8").split("- alert:")[1:]:
        (page,) = re.findall(r"^ {10}runbook_url: (docs/runbooks/[\w-]+\.md)$", rule, re.MULTILINE)
        rung.setdefault(page, set()).add(rule.split()[0])
    folder = ROOT / "docs" / "runbooks"
    assert {f"docs/runbooks/{page.name}" for page in folder.iterdir()} == rung.keys()
    for page, names in rung.items():
        text = (ROOT / page).read_text("utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(HEADINGS)
        assert set(re.findall(r"`(Frafaldsvarsel\w+)`", text)) == names


def test_every_rule_is_tried_where_it_must_ring() -> None:
    """`promtool test rules ops/alerts.test.yaml`; the names and metrics in it are held here."""
    named = re.findall(r"- alert: (\w+)", RULES.read_text("utf-8"))
    assert len(named) == len(set(named))
    tried = RULES.with_name("alerts.test.yaml").read_text("utf-8")
    assert set(re.findall(r"Frafaldsvarsel\w+", tried)) == set(named)
    assert set(NAMED.findall(tried)) <= SERIES.keys()


@pytest.mark.parametrize(
    "wanted",
    [
        "audit_unaccounted",
        "heartbeat",
        "retention_headroom",
        "duty_lag",
        "consumer_status",
        "lag_sample",
        "healings_given_up",
        "audit_not_moved",
        "canary_age",
    ],
)
def test_what_must_ring_rings(wanted: str) -> None:
    assert f"frafaldsvarsel_{wanted}" in RULES.read_text("utf-8")


def test_labels_are_places_and_causes() -> None:
    assert {
        *("hop", "part", "what", "group", "topic", "partition", "leg", "state", "status"),
        *(
            "municipality",
            "quantile",
            "route",
            "method",
            "step",
            "outcome",
            "reason",
            "answer",
            "channel",
            "kind",
            "sink",
        ),
    } == LABELS


def test_an_audit_is_shown_whole_and_what_has_gone_is_shown_no_longer() -> None:
    values = Metrics(metrics.AUDIT_METRICS)
    first = AuditReport(
        accounts=(
            CheckResult(
                hop=Check.RECEIPTS,
                total=7,
                parts={"accepted": 3, "rejected": 1},
                under_way=1,
                unaccounted=2,
                beside={"written_again": 5},
            ),
            CheckResult(hop=Check.TASKS, total=2, parts={"in_open_tasks": 1}),
        ),
        exceptions=(missing(Check.RECEIPTS, "no receipt", 1), missing(Check.RECEIPTS, "no receipt", 2)),
        oldest_seconds=4.5,
        read=11,
    )
    show(values, first, seconds=0.25, at=1000.0)
    found = shown(values)
    assert found['frafaldsvarsel_audit_total{hop="receipts"}'] == 7
    assert found['frafaldsvarsel_audit_part{hop="receipts",part="accepted"}'] == 3
    assert found['frafaldsvarsel_audit_beside{hop="receipts",what="written_again"}'] == 5
    assert found['frafaldsvarsel_audit_under_way{hop="receipts"}'] == 1
    assert found['frafaldsvarsel_audit_unaccounted{hop="receipts"}'] == 2
    assert found['frafaldsvarsel_audit_unaccounted{hop="tasks"}'] == 1, "a sum that is not one is an alarm"
    assert found['frafaldsvarsel_audit_exceptions{hop="receipts",what="no receipt"}'] == 2
    assert found["frafaldsvarsel_audit_oldest_under_way_seconds"] == 4.5
    assert found["frafaldsvarsel_audit_round_records"] == 11
    assert found["frafaldsvarsel_audit_round_timestamp_seconds"] == 1000
    show(values, AuditReport(accounts=()), seconds=0.1, at=1001.0)
    found = shown(values)
    assert not [name for name in found if "hop=" in name or "topic=" in name]
    assert found["frafaldsvarsel_audit_rounds_total"] == 2
