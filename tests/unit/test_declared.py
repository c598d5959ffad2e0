"""What the project says that it is made of: every folder of code, and every library with its licence."""

import json
import re
import tomllib
from importlib.metadata import version
from typing import Any, Final

from frafaldsvarsel import VERSION
from tests.paths import ROOT

DECLARED: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LIBRARIES: Final = (ROOT / "docs" / "decisions" / "0009-libraries.md").read_text("utf-8")
_NAME: Final = re.compile(r"[a-z0-9-]+")


def test_the_image_holds_the_packages_that_serve_and_nothing_else() -> None:
    """A list of what may go in: whatever lies in the folder of whoever builds it, a key for one, stays out."""
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] != "#"]
    packages = {init.parent.name for init in ROOT.glob("*/__init__.py")}
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    shown = {"docs/doctor.md", "docs/runbooks"}  # by the operators' page
    assert allowed == packages - {"bench", "local", "tests", "tools"} | {"requirements.lock"} | shown


def test_the_version_is_the_same_wherever_it_is_said() -> None:
    image = re.search(r"^ARG VERSION=(.+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert image is not None
    assert {VERSION, DECLARED["project"]["version"], image[1]} == {VERSION}


def test_every_library_stands_with_its_licence_and_the_version_that_is_installed() -> None:
    stated = dict(
        pair
        for row in re.findall(r"^\| ([a-z][a-z0-9, -]*) \| ([0-9][0-9., ]*) \|", LIBRARIES, re.MULTILINE)
        for pair in zip(row[0].split(", "), row[1].split(", "), strict=True)
    )
    project = DECLARED["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["local"]]
    names = {match.group() for line in wanted if (match := _NAME.match(line))} - {project["name"]}
    npm = json.loads((ROOT / "inbox" / "package.json").read_text("utf-8"))
    expected = {name: version(name) for name in names} | npm["dependencies"] | npm["devDependencies"]
    assert {name: stated.get(name) for name in expected} == expected
