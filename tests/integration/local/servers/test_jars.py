"""No jar runs whose hash is not the pinned one, and what is missing is said in a sentence."""

import shutil
from pathlib import Path

import pytest

from local.servers import jars as module
from local.servers.jars import JarsUnavailable, ensure_jars, java_program


def test_a_verified_folder_is_returned_at_once(jars: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No jar of it is read again, and nothing is looked for."""
    for dear in ("_verify", "_download", "java_program"):
        monkeypatch.setattr(module, dear, pytest.fail)
    assert ensure_jars(jars) == jars


def test_a_jar_that_differs_from_its_pin_is_refused(jars: Path, tmp_path: Path) -> None:
    for jar in jars.glob("*.jar"):
        (tmp_path / jar.name).symlink_to(jar)
    changed = tmp_path / "slf4j-api-1.7.36.jar"
    changed.unlink()
    shutil.copy(jars / changed.name, changed)
    with changed.open("ab") as file:
        file.write(b"x")
    with pytest.raises(JarsUnavailable, match=r"slf4j-api-1\.7\.36\.jar has the SHA-256 .* do not run it"):
        module._verify(tmp_path, module.pinned_jars())


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(JarsUnavailable, match="no `java` was found"):
        java_program()
    java = tmp_path / "java"
    java.write_text("")
    java.chmod(0o755)
    with pytest.raises(JarsUnavailable, match="no `mvn` was found"):
        ensure_jars(tmp_path / "jars")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["java"]
