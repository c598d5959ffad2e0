"""An event of every type, good as it stands: what inputs on the topics are made of."""

import json
from dataclasses import replace
from typing import Final

from publisher.events import PlainEvent
from tests.factories import INSTITUTION, MUNICIPALITY, REGISTER
from tests.paths import ROOT
from tests.unit.streams.senders import Senders, number_change_event, risk_event

_AUTUMN: Final = ROOT / "docs/contract/examples/autumn.jsonl"
_WHO: Final = {"900101": INSTITUTION, "0101": MUNICIPALITY, "REG-CPR": REGISTER}


def good_events(senders: Senders) -> list[PlainEvent]:
    """By senders whose keys are there."""
    return [*_autumn(senders), *_others(senders)]


def _autumn(senders: Senders) -> list[PlainEvent]:
    """The contract's own example, by senders whose keys are here."""
    events = []
    for line in _AUTUMN.read_text("utf-8").splitlines():
        told = json.loads(line)
        number = _WHO[told["sender"]]
        data = {
            name: _WHO.get(one, one) if isinstance(one, str) else one for name, one in told["data"].items()
        }
        events.append(
            PlainEvent(
                type=told["type"],
                id=told["id"],
                sender=number,
                source=senders.entries[number].source,
                time=told["time"],
                data=data,
            )
        )
    return events


def _others(senders: Senders) -> list[PlainEvent]:
    """What the example lacks."""
    by_type = {event.type: event for event in _autumn(senders)}
    prefix = risk_event().type.removesuffix("dropout-risk.raised.v1")
    enrolment = by_type[f"{prefix}enrolment.registered.v1"]
    period = by_type[f"{prefix}benefit-period.registered.v1"]
    annulled = {name: period.data[name] for name in ("cpr", "period_id", "municipality_code")}
    return [
        risk_event(),
        number_change_event(),
        replace(risk_event(), sequence="7"),
        replace(enrolment, type=f"{prefix}enrolment.corrected.v1", id="7c9e6679-7425-40de-944b-aaaa00000021"),
        replace(
            period,
            type=f"{prefix}benefit-period.annulled.v1",
            id="7c9e6679-7425-40de-944b-aaaa00000022",
            data=annulled,
        ),
    ]
