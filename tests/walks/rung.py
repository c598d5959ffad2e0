"""Of each alert: where it has rung and ended on a running service, or why it is tried by `promtool` alone."""

from typing import Final

from tests.walks.rings import RINGS

_WALK: Final = "the walk *{}*".format
LIVE: Final = {
    "FrafaldsvarselConsumerStopped": f"{_WALK('worker stopped')}, {_WALK('ledger stopped')}, {_WALK('database read-only')}",
    "FrafaldsvarselConsumerStalled": _WALK("one partition stuck"),
    "FrafaldsvarselNoWayOut": _WALK("relay refusing"),
    "FrafaldsvarselNotifierShutOut": _WALK("a notifier with a wrong password"),
    "FrafaldsvarselRetentionComesNear": _WALK("retention near"),
    "FrafaldsvarselSenderOverBound": _WALK("a sender flooding"),
    "FrafaldsvarselSlow": f"{_WALK('relay refusing')}, beside the alert that names it",
    "FrafaldsvarselDutyLag": f"{_WALK('one partition stuck')}, beside the alert that names it",
    "FrafaldsvarselRetentionPassed": "`tests/integration/ops/lag/test_prometheus.py`: a real broker, lag and Prometheus",
    **{one.alert: f"staged: {one.staged}" for one in RINGS},
}
"""With a real Prometheus."""
_HOURS: Final = "its expression looks over hours; shortened it would be another rule"
_CANARY: Final = (
    "the rig sends no canary; `tests/integration/ops/probe` tries the probe, `promtool` its rules"
)
_TRAIL: Final = (
    "the rig runs no keeper of the trail; `tests/integration/ops/trail` tries it, `promtool` its rules"
)
NOT_LIVE: Final = {
    "FrafaldsvarselHeartbeatMissing": "its expression waits for five minutes without a heartbeat",
    "FrafaldsvarselNobodyLeftToTell": "it takes the last level of an escalation, which is days away",
    "FrafaldsvarselConsumerSlow": "it takes a window in which the lag never becomes smaller, while it moves: a load that this machine cannot hold",
    "FrafaldsvarselStuck": "its expression waits for five minutes; the walks lift their troubles sooner",
    "FrafaldsvarselNoticesWait": "its expression waits for five minutes; `FrafaldsvarselNoWayOut` rings before it in the walk",
    "FrafaldsvarselHealed": "the rig's auditor does not heal, so that nothing is hidden from the judge",
    "FrafaldsvarselHealingGivenUp": "the same",
    "FrafaldsvarselCprInLog": "no code of ours logs a CPR; the planted bug that does is found by the judge",
    "FrafaldsvarselCanaryMissing": _CANARY,
    "FrafaldsvarselCanaryLost": _CANARY,
    "FrafaldsvarselCanarySlow": _CANARY,
    "FrafaldsvarselCanaryNotTakenBack": _CANARY,
    "FrafaldsvarselCanaryProcessGone": _CANARY,
    "FrafaldsvarselSealKeyMissing": "the rig's clock is the machine's, and its keys are made for months to come",
    "FrafaldsvarselTrailBroken": _TRAIL,
    "FrafaldsvarselTrailStandsStill": _TRAIL,
    "FrafaldsvarselTrailUnsigned": _TRAIL,
    "FrafaldsvarselOpenedUnchained": _TRAIL,
    "FrafaldsvarselManyLooks": _TRAIL,
    "FrafaldsvarselRetentionOverdue": "it takes data that are months old, and an hour; `promtool` tries its rule",
    "FrafaldsvarselRetentionNotRun": "it takes two days; the same",
    "FrafaldsvarselAnswersLateFast": _HOURS,
    "FrafaldsvarselAnswersLateSlow": _HOURS,
    "FrafaldsvarselNoticesLateFast": _HOURS,
    "FrafaldsvarselNoticesLateSlow": _HOURS,
}
