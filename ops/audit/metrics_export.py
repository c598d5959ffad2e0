"""Puts what an audit has counted into the metrics."""

from infra.metrics import Metrics
from ops.audit.metrics import (
    BESIDE,
    EXCEPTIONS,
    OLDEST,
    PART,
    ROUND_AT,
    ROUND_READ,
    ROUND_SECONDS,
    ROUNDS,
    STUCK,
    TOTAL,
    UNACCOUNTED,
    UNDER_WAY,
    causes,
)
from ops.audit.report import AuditReport


def show(metrics: Metrics, result: AuditReport, *, seconds: float, at: float) -> None:
    """An audit that took `seconds` and ended `at` (Unix time). What it does not name is gone."""
    for metric in (TOTAL, PART, BESIDE, UNDER_WAY, UNACCOUNTED, EXCEPTIONS, STUCK):
        metrics.clear(metric)
    for account in result.accounts:
        hop = account.hop.value
        metrics.set(TOTAL, account.total, hop)
        metrics.set(UNDER_WAY, account.under_way, hop)
        metrics.set(UNACCOUNTED, account.unaccounted + (not account.balances), hop)
        for part, number in account.parts.items():
            metrics.set(PART, number, hop, part)
        for what, number in account.beside.items():
            metrics.set(BESIDE, number, hop, what)
    for cause, number in causes(result.exceptions).items():
        metrics.set(EXCEPTIONS, number, *cause)
    for one in result.waiting:
        metrics.set(STUCK, one.seconds, one.topic, str(one.partition))
    metrics.set(OLDEST, result.oldest_seconds)
    metrics.set(ROUND_SECONDS, seconds)
    metrics.set(ROUND_READ, result.read)
    metrics.set(ROUND_AT, at)
    metrics.count(ROUNDS)
