"""Traces of a process while it runs, where the settings name a collector. OpenTelemetry is loaded only then."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry

from config.sections.traces import TracesSection
from infra.traces import NO_TRACES, Traces


@contextmanager
def traced(
    settings: TracesSection, registry: CollectorRegistry, *, process: str, instance: str | None
) -> Iterator[Traces]:
    """What the process tells its spans. `process`: its kind, such as ``worker``; `instance`: its own name."""
    if settings.endpoint is None or settings.ratio == 0:
        yield NO_TRACES
        return
    from infra.otlp import SPANS, CollectorSettings, OtlpSpans

    registry.register(SPANS)
    spans = OtlpSpans(
        CollectorSettings(
            endpoint=settings.endpoint,
            headers=settings.pairs,
            ca_file=settings.ca_file,
            process=f"frafaldsvarsel-{process}",
            instance=instance,
        )
    )
    try:
        yield Traces(ratio=settings.ratio, tell=spans.put)
    finally:
        spans.stop()
