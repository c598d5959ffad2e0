"""Requests are counted by patterns: no address, no reference and no number of series that a stranger chooses."""

import httpx2
import pytest
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from infra.metrics import Metrics
from infra.request_metrics import HTTP_METRICS, RequestMetrics


async def fine(_: Request) -> Response:
    return PlainTextResponse("fine")


async def broken(_: Request) -> Response:
    raise ValueError("of 010101-1234")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(HTTP_METRICS)


@pytest.fixture
def client(metrics: Metrics) -> httpx2.AsyncClient:
    inner = Starlette(routes=[Route("/tasks/{reference}", fine, methods=["GET", "POST"])])
    app = Starlette(
        routes=[Route("/opgaver/{reference}", fine), Route("/broken", broken), Mount("/api/v1", inner)]
    )
    transport = httpx2.ASGITransport(app=RequestMetrics(app, metrics), raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://inbox.example")


def counted(metrics: Metrics, route: str, method: str, status: int) -> float | None:
    labels = {"route": route, "method": method, "status": str(status)}
    return metrics.registry.get_sample_value("frafaldsvarsel_http_requests_total", labels)


async def test_a_request_counts_under_its_routes_pattern(
    metrics: Metrics, client: httpx2.AsyncClient
) -> None:
    async with client:
        await client.get("/opgaver/FV-0101-0112")
        await client.get("/opgaver/FV-0101-0113")
        await client.post("/api/v1/tasks/FV-0101-0112")
        await client.get("/broken")
    assert counted(metrics, "/opgaver/{reference}", "GET", 200) == 2
    assert counted(metrics, "/api/v1/tasks/{reference}", "POST", 200) == 1
    assert counted(metrics, "/broken", "GET", 500) == 1
    text = generate_latest(metrics.registry).decode()
    assert "FV-0101" not in text
    assert "1234" not in text
    seconds = {"route": "/opgaver/{reference}", "method": "GET"}
    assert metrics.registry.get_sample_value("frafaldsvarsel_http_request_seconds_count", seconds) == 2


async def test_what_a_stranger_asks_for_makes_no_series(metrics: Metrics, client: httpx2.AsyncClient) -> None:
    async with client:
        for number in range(20):
            await client.get(f"/nothing/{number}")
            await client.request(f"ODD{number}", "/nothing")
            await client.get(f"/api/v1/nothing/{number}")
    series = [
        line for line in generate_latest(metrics.registry).decode().splitlines() if "requests_total{" in line
    ]
    assert len(series) <= 4
