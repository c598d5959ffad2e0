"""What the peers need beside the project: an environment for Quix Streams, Kafka Streams' jars, the compiled peer."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_JAVA: Final = _HERE / "kafka_streams"
FOLDER: Final = _HERE.parents[1] / ".bench" / "peers"


class PeerUnavailable(RuntimeError):
    """A peer cannot be installed here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Installed:
    """Where it stands."""

    quix_python: Path
    class_path: str


def install(folder: Path = FOLDER) -> Installed:
    """Whatever is not there yet; takes a minute the first time."""
    folder.mkdir(parents=True, exist_ok=True)
    return Installed(_quix(folder / "quix"), f"{_classes(folder)}:{_jars(folder / 'jars')}/*")


def _quix(venv: Path) -> Path:
    lock, stamp = _HERE / "quix.lock", venv / "installed.lock"
    python = venv / "bin" / "python"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        _run([sys.executable, "-m", "venv", "--clear", str(venv)])
        _run(
            [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(lock)]
        )
        stamp.write_bytes(lock.read_bytes())
    return python


def _jars(folder: Path) -> Path:
    lines = (_JAVA / "jars.sha256").read_text("utf-8").splitlines()
    pins = {name: digest for digest, name in (line.split() for line in lines)}
    if _digests(folder) != pins:
        shutil.rmtree(folder, ignore_errors=True)
        words = ["-q", "-B", "-f", str(_JAVA / "pom.xml"), "dependency:copy-dependencies"]
        _run([_found("mvn"), *words, "-DincludeScope=runtime", f"-DoutputDirectory={folder}"])
        if _digests(folder) != pins:
            shutil.rmtree(folder)
            raise PeerUnavailable("Kafka Streams' jars are not the pinned ones (kafka_streams/jars.sha256).")
    return folder


def _digests(folder: Path) -> Mapping[str, str]:
    return {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}


def _classes(folder: Path) -> Path:
    classes, jars = folder / "classes", _jars(folder / "jars")
    shutil.rmtree(classes, ignore_errors=True)
    sources = [str(file) for file in sorted((_JAVA / "src").rglob("*.java"))]
    _run([_found("javac"), "--release", "17", "-nowarn", "-cp", f"{jars}/*", "-d", str(classes), *sources])
    return classes


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise PeerUnavailable(
            f"The peer on Kafka Streams needs {program} (Debian: maven, openjdk-17-jdk-headless)."
        )
    return path


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeerUnavailable(
            f"{command[0]} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}"
        )
