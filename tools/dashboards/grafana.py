"""A dashboard as Grafana's JSON (schema 39: Grafana 11). The data source is asked for when it is imported."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from tools.dashboards.model import Choice, Dashboard, Look, Panel, PanelRow, ValueUnit

Json = Mapping[str, "Json"] | Sequence["Json"] | str | float | int | bool | None
_SCHEMA: Final = 39
_WIDTH: Final = 24
_SOURCE: Final[Json] = {"type": "prometheus", "uid": "${source}"}
_GREEN, _AMBER, _RED = "green", "orange", "red"


def text(dashboard: Dashboard) -> str:
    """The file's content."""
    return json.dumps(_page(dashboard), indent=1, ensure_ascii=False) + "\n"


def _page(dashboard: Dashboard) -> Json:
    panels: list[Json] = []
    top = 0
    for row in dashboard.rows:
        panels.append(_heading(row, len(panels) + 1, top))
        width = _WIDTH // len(row.panels)
        for place, panel in enumerate(row.panels):
            grid: Json = {"x": place * width, "y": top + 1, "w": width, "h": row.height}
            panels.append(_panel(panel, len(panels) + 1, grid))
        top += 1 + row.height
    source: Json = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return {
        "uid": f"frafaldsvarsel-{dashboard.name}",
        "title": f"Frafaldsvarsel: {dashboard.title}",
        "tags": ["frafaldsvarsel"],
        "schemaVersion": _SCHEMA,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [
            {
                "type": "dashboards",
                "tags": ["frafaldsvarsel"],
                "title": "Frafaldsvarsel",
                "asDropdown": True,
                "keepTime": True,
            }
        ],
        "templating": {"list": [source, *map(_choice, dashboard.choices)]},
        "panels": panels,
    }


def _choice(choice: Choice) -> Json:
    return {
        "name": choice.name,
        "type": "query",
        "datasource": _SOURCE,
        "query": f"label_values({choice.metric}, {choice.label})",
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _heading(row: PanelRow, number: int, top: int) -> Json:
    return {
        "id": number,
        "type": "row",
        "title": row.title,
        "collapsed": False,
        "gridPos": {"x": 0, "y": top, "w": _WIDTH, "h": 1},
        "panels": [],
    }


def _panel(panel: Panel, number: int, grid: Json) -> Json:
    now = panel.look is not Look.CURVE
    return {
        "id": number,
        "type": panel.look.value,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "gridPos": grid,
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _SOURCE,
                "expr": query.expr,
                "legendFormat": query.named or "__auto",
                "instant": now,
                "range": not now,
                "format": "table" if panel.look is Look.TABLE else "time_series",
            }
            for place, query in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _options(panel),
    }


def _field(panel: Panel) -> Json:
    # An absent value is never 0: whoever looks must see that nobody knows.
    defaults: dict[str, Json] = {"unit": panel.unit.value, "noValue": "unknown", "thresholds": _bounds(panel)}
    if panel.look is Look.NUMBER:
        defaults["color"] = {"mode": "thresholds"}
    if panel.unit is ValueUnit.SHARE:
        defaults["max"] = 1
    return defaults


def _bounds(panel: Panel) -> Json:
    steps: list[Json] = [{"color": _RED if panel.low_is_bad else _GREEN, "value": None}]
    if panel.low_is_bad and panel.red is not None:
        steps += [{"color": _AMBER if panel.amber is not None else _GREEN, "value": panel.red}]
        if panel.amber is not None:
            steps += [{"color": _GREEN, "value": panel.amber}]
    elif not panel.low_is_bad:
        bounds = ((_AMBER, panel.amber), (_RED, panel.red))
        steps += [{"color": color, "value": bound} for color, bound in bounds if bound is not None]
    return {"mode": "absolute", "steps": steps}


def _options(panel: Panel) -> Json:
    match panel.look:
        case Look.NUMBER:
            return {
                "colorMode": "background",
                "graphMode": "none",
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            }
        case Look.CURVE:
            return {
                "legend": {"displayMode": "list", "placement": "bottom"},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        case Look.TABLE:
            return {"showHeader": True}
