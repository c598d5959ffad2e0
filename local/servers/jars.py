"""Fetches the broker's jars from Maven Central once and proves that they are the pinned ones.

It must never hand out a folder whose jars it has not compared with `kafka-jars.sha256`.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
DEFAULT_DIRECTORY: Final = ROOT / ".kafka"
PINS: Final = Path(__file__).with_name("kafka-jars.sha256")
STAMP: Final = ".verified"
DOWNLOAD_SECONDS: Final = 600


class JarsUnavailable(RuntimeError):
    """The broker's jars cannot be had; the message is a sentence that says what to do."""


def pinned_jars() -> dict[str, str]:
    """File name → SHA-256 in hex, as pinned in the repository."""
    lines = PINS.read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line)}


def ensure_jars(directory: Path = DEFAULT_DIRECTORY) -> Path:
    """Return `directory` holding exactly the pinned jars, downloading them when they are not all there."""
    pins = pinned_jars()
    if _is_complete(directory, pins):
        return directory
    java_program()
    directory.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".kafka-", dir=directory.parent))
    try:
        _download(fresh)
        _verify(fresh, pins)
        # Readable for the image's user too; mkdtemp makes a folder for its owner alone.
        fresh.chmod(0o755)
        (fresh / STAMP).write_text(_pins_digest(), "utf-8")
        if directory.exists() and not _is_complete(directory, pins):
            shutil.rmtree(directory)
        try:
            fresh.rename(directory)
        except OSError:
            # Another process was faster. What it left counts only when it is complete too.
            if not _is_complete(directory, pins):
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return directory


def java_program() -> str:
    """The java that JAVA_HOME or PATH names, or a sentence about how to get one."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").is_file():
        return str(Path(home) / "bin" / "java")
    found = shutil.which("java")
    if found is None:
        raise JarsUnavailable(
            "Kafka needs Java 17 or newer, and no `java` was found: "
            "install one (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME."
        )
    return found


def _is_complete(directory: Path, pins: dict[str, str]) -> bool:
    try:
        stamp = (directory / STAMP).read_text("utf-8")
    except OSError:
        return False
    present = {path.name for path in directory.glob("*.jar")}
    return stamp == _pins_digest() and present == set(pins)


def _pins_digest() -> str:
    return hashlib.sha256(PINS.read_bytes()).hexdigest()


def _download(target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise JarsUnavailable(
            "Kafka's jars are fetched with Maven, and no `mvn` was found: "
            "install it (Debian: apt-get install maven) and run this again."
        )
    command = [maven, "-q", "-B", "-f", str(ROOT / "pom.xml"), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        raise JarsUnavailable(f"Maven did not fetch Kafka's jars in {DOWNLOAD_SECONDS} seconds.") from late
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise JarsUnavailable(f"Maven could not fetch Kafka's jars (is the network there?). It said:\n{said}")


def _verify(directory: Path, pins: dict[str, str]) -> None:
    found = {path.name: path for path in directory.glob("*.jar")}
    for name in sorted(set(pins) | set(found)):
        if name not in found:
            raise JarsUnavailable(f"{name} is pinned but was not downloaded: pom.xml and the pins disagree.")
        if name not in pins:
            raise JarsUnavailable(f"{name} was downloaded but is not pinned: pom.xml and the pins disagree.")
        digest = hashlib.sha256(found[name].read_bytes()).hexdigest()
        if digest != pins[name]:
            raise JarsUnavailable(
                f"{name} has the SHA-256 {digest}, and {pins[name]} is pinned: do not run it; "
                "find out where the download came from."
            )
