"""Every query asks for metrics, labels and values that exist; every page is one that Grafana can show."""

import json
import re
from typing import Final

import pytest

from infra.metrics import MetricKind
from ledger.queries.duty_figures import DutyState
from models.notifications.delivery import Channel, DeliveryStatus
from ops.audit.report import Check
from ops.lag.consumer_status import ConsumerStatus
from tests.promql import named
from tools.dashboards.files import DASHBOARDS, files
from tools.dashboards.model import Dashboard, PromQuery
from tools.docs.metrics import METRICS

LABELS: Final = {"up": {"job", "instance"}}
"""Of each series, Prometheus's own with them."""
for metric in METRICS:
    ends = ("_bucket", "_sum", "_count") if metric.kind is MetricKind.HISTOGRAM else ("",)
    for end in ends:
        LABELS[metric.name + end] = {*metric.labels, "job", "instance"} | (
            {"le"} if end == "_bucket" else set()
        )
BOUNDS: Final = {metric.name + "_bucket": set(map(str, metric.buckets)) for metric in METRICS}
VALUES: Final[dict[str, set[str]]] = {
    "state": {*DutyState, "failing", "off"},
    "status": {*ConsumerStatus, *DeliveryStatus, "lost", "5.."},
    "channel": set(Channel),
    "hop": set(Check),
    "what": {"nobody_left"},
    "step": {"intake", "match"},
    "outcome": {"accepted", "rejected"},
    "municipality": {"$municipality"},
    "job": {"frafaldsvarsel.*"},
}
"""What a selector may ask for: a word that no series has would show nothing for ever."""
EVERY: Final = [
    pytest.param(page, query, id=f"{page.name} {number}")
    for page in DASHBOARDS
    for number, query in enumerate(page.queries)
]


@pytest.mark.parametrize(("page", "query"), EVERY)
def test_a_query_names_what_exists(page: Dashboard, query: PromQuery) -> None:
    asked = named(query.expr)
    assert asked.metrics, "it asks for something"
    assert asked.metrics <= LABELS.keys()
    labels = set.union(*(LABELS[name] for name in asked.metrics))
    assert asked.grouped <= labels
    for name, label, value in asked.matched:
        assert label in LABELS[name]
        words = {value} if label in ("municipality", "job", "le") else set(value.split("|"))
        assert words <= (BOUNDS[name] if label == "le" else VALUES[label]), (name, label, value)
    shown = set(re.findall(r"\{\{(\w+)\}\}", query.named))
    assert shown <= (asked.grouped or labels), "a name in the legend that the query has left out"


@pytest.mark.parametrize("page", DASHBOARDS, ids=lambda page: page.name)
def test_what_can_be_chosen_is_a_label_and_is_used(page: Dashboard) -> None:
    for choice in page.choices:
        assert choice.label in LABELS[choice.metric]
        assert any(f"${choice.name}" in query.expr for query in page.queries)
    used = {name for query in page.queries for name in re.findall(r"\$(\w+)", query.expr)}
    assert used <= {choice.name for choice in page.choices} | {"__rate_interval"}


@pytest.mark.parametrize("name", [path.name for path in files()])
def test_a_page_has_what_grafana_asks_for(name: str) -> None:
    (text,) = (text for path, text in files().items() if path.name == name)
    page = json.loads(text)
    panels = page["panels"]
    assert page["uid"] == f"frafaldsvarsel-{name.removesuffix('.json')}"
    assert len(page["uid"]) <= 40
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        grid = panel["gridPos"]
        assert grid["x"] + grid["w"] <= 24
        place = {
            (x, y)
            for x in range(grid["x"], grid["x"] + grid["w"])
            for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not place & taken, "one over the other"
        taken |= place
    for panel in panels:
        if panel["type"] != "row":
            assert panel["description"].endswith(".")
            assert panel["fieldConfig"]["defaults"]["noValue"] == "unknown", "what nobody knows is not 0"


def test_every_metric_that_a_promise_stands_on_is_on_the_first_page() -> None:
    asked = set.union(*(set(named(query.expr).metrics) for query in DASHBOARDS[0].queries))
    assert {
        "frafaldsvarsel_audit_unaccounted",
        "frafaldsvarsel_duty_lag_seconds",
        "frafaldsvarsel_duty_tasks",
        "frafaldsvarsel_delivery_oldest_seconds",
    } <= asked


def test_the_tokenizer_sees_what_is_named() -> None:
    found = named(
        'sum by (a, b) (rate(x_total{c="d|e",f!="sum(z)"}[5m])) / on (g) group_left () max(y) > 0 or vector(0)'
    )
    assert found.metrics == {"x_total", "y"}
    assert found.matched == (("x_total", "c", "d|e"), ("x_total", "f", "sum(z)"))
    assert found.grouped == {"a", "b", "g"}
