"""Kafka's classes as the JVM has them after loading, kept beside the jars: a broker then starts a second sooner.

Made once, after the jars. Without it, or with another Java, everything works as well, only slower.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from confluent_kafka import Consumer, Producer

from local.servers.jars import JarsUnavailable, ensure_jars
from local.servers.kafka import ARCHIVE, Broker

_MAKING: Final = ".making.jsa"
_WAIT_SECONDS: Final = 20


def ensure_archive(jars: Path) -> Path:
    """The archive in `jars`; made by a broker that starts, takes a record, hands it out and stops."""
    archive = jars / ARCHIVE
    if not archive.exists():
        making = jars / _MAKING
        with tempfile.TemporaryDirectory(prefix="kafka-classes-") as folder:
            broker = Broker(
                Path(folder),
                jars,
                settings={"auto.create.topics.enable": "true"},
                jvm_flags=[f"-XX:ArchiveClassesAtExit={making}"],
            )
            broker.start()
            try:
                broker.wait_ready()
                _use(broker.bootstrap)
            finally:
                broker.stop()
        if making.exists():
            making.replace(archive)
    return archive


def _use(bootstrap: str) -> None:
    """One record there and back, so that the classes for it are among those that are kept."""
    quiet = {"bootstrap.servers": bootstrap, "log_level": 0}
    producer = Producer({**quiet, "allow.auto.create.topics": "true"})
    producer.produce("classes", b"one")
    producer.flush(_WAIT_SECONDS)
    consumer = Consumer({**quiet, "group.id": "classes", "auto.offset.reset": "earliest"})
    consumer.subscribe(["classes"])
    consumer.poll(_WAIT_SECONDS)
    consumer.close()


def main() -> int:
    """`python -m local.servers.class_archive`: the jars, and the archive beside them."""
    try:
        ensure_archive(ensure_jars())
    except JarsUnavailable as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
