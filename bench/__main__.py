"""``make bench``: throughput of one worker and the time from publish to task and mail, with medians."""

import asyncio
import json
import platform
import time
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from bench import latency, throughput
from bench.events import person_events
from bench.place import Place, place
from bench.yardstick import consumed_per_second
from frafaldsvarsel.commands.terminal import note, out
from local.demo.scenario.story import ensure_story_keys, make_story, outgoing
from publisher.keys import KeyFolder
from publisher.publish import PublishResult, publish


def main(
    events: Annotated[int, typer.Option(help="Person events for match.")] = 100_000,
    records: Annotated[int, typer.Option(help="At-risk messages of the story for intake.")] = 8_000,
    runs: Annotated[int, typer.Option(help="Runs of each; the median counts.")] = 3,
    rate: Annotated[int, typer.Option(help="Messages a second for the latency.")] = 200,
    seconds: Annotated[int, typer.Option(help="Seconds of that pace.")] = 10,
    output: Annotated[Path | None, typer.Option(help="Also write the figures as JSON.")] = None,
) -> None:
    """Measure."""
    figures: dict[str, object] = {"machine": platform.processor() or platform.machine(), "runs": runs}
    match, bare, intake, published = [], [], [], []
    for run in range(runs):
        note(f"[dim]match, run {run + 1} of {runs}[/]")
        with place() as here:
            number = throughput.run_fill(here, person_events(events, seed=run))
            bare.append(consumed_per_second(here, number))
            match.append(throughput.match_rate(here, number))
        note(f"[dim]intake, run {run + 1} of {runs}[/]")
        with place() as here:
            result = _publish_story(here, records)
            published.append(result.acknowledged / result.seconds)
            intake.append(throughput.intake_rate(here, result.acknowledged))
    figures["match_events_per_second"] = round(median(match))
    figures["bare_aiokafka_reads_per_second"] = round(median(bare))
    figures["match_share_of_bare_read"] = round(
        median(one / other for one, other in zip(match, bare, strict=True)), 3
    )
    figures["intake_records_per_second"] = round(median(intake))
    figures["publish_events_per_second"] = round(median(published))
    note(f"[dim]latency at {rate} messages/s for {seconds} s, {runs} runs[/]")
    spreads = latency.measure(rate=rate, seconds=seconds, runs=runs)
    for name in ("task", "mail"):
        found = [latency.Latencies.spread(getattr(one, name)) for one in spreads]
        figures[f"publish_to_{name}_p50_ms"] = round(median(p50 for p50, _ in found) * 1000)
        figures[f"publish_to_{name}_p99_ms"] = round(median(p99 for _, p99 in found) * 1000)
    # By the same run's bare loop, a core of which reads so many records.
    spent = [sum(one.processor.values()) / len(one.task) for one in spreads]
    figures["processor_us_per_message"] = round(median(spent) * 1e6)
    figures["processor_per_message_in_bare_reads"] = round(median(spent) * median(bare))
    for name in sorted(spreads[0].processor):
        of_one = median(one.processor.get(name, 0.0) / len(one.task) for one in spreads)
        figures[f"processor_us_per_message_of_{name}"] = round(of_one * 1e6)
    for name, value in figures.items():
        out.print(f"{name.replace('_', ' '):36} {value}", highlight=False)
    if output is not None:
        output.write_text(
            json.dumps(figures | {"at": time.strftime("%Y-%m-%d")}, indent=1) + "\n", encoding="utf-8"
        )


def _publish_story(here: Place, messages: int) -> PublishResult:
    story = make_story(messages=messages)
    ensure_story_keys(here.data, story.cast)
    keys = KeyFolder(here.data / "keys")
    items = [item for act in story.acts for item in act.items]
    return asyncio.run(publish(outgoing(items, keys), kafka=here.kafka))


if __name__ == "__main__":
    typer.run(main)
