"""The SBOM holds every locked library, once, with its hashes and its licence, and is the same each time."""

import json
import re
from typing import Any, Final

import pytest

from tests.paths import ROOT
from tools.sbom import Component, components, licence_of, main, sbom

FOUND: Final = components()
DOCUMENT: Final[dict[str, Any]] = json.loads(sbom(FOUND, version="0.1.0"))
SERVING: Final = (ROOT / "requirements.lock").read_text("utf-8")
EVERYTHING: Final = (ROOT / "requirements-dev.lock").read_text("utf-8")


def pinned(text: str) -> set[tuple[str, str]]:
    """Every line of a lock file that pins something, read in another way than the tool reads it."""
    lines = [line.split() for line in text.splitlines() if line[:1] not in (" ", "#", "")]
    return {(name, version) for first, *_ in lines for name, _, version in [first.partition("==")]}


def test_it_has_the_fields_that_cyclonedx_requires() -> None:
    assert DOCUMENT["bomFormat"] == "CycloneDX"
    assert DOCUMENT["specVersion"] == "1.6"
    assert DOCUMENT["version"] == 1
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", DOCUMENT["serialNumber"])
    assert DOCUMENT["metadata"]["component"]["type"] == "application"
    for each in DOCUMENT["components"]:
        assert each["type"] == "library"
        assert each["name"]
        assert each["version"]
        assert each["purl"] == each["bom-ref"]


def test_every_locked_library_is_in_it_once() -> None:
    python = [
        (each["name"], each["version"]) for each in DOCUMENT["components"] if each["purl"][:8] == "pkg:pypi"
    ]
    assert len(python) == len(set(python))
    assert set(python) == pinned(EVERYTHING) >= pinned(SERVING)
    pages = [each["name"] for each in DOCUMENT["components"] if each["purl"][:7] == "pkg:npm"]
    assert pages == ["axe-core", "dkfds"]


def test_what_the_image_holds_is_told_from_what_it_does_not() -> None:
    required = {
        (each["name"], each["version"]) for each in DOCUMENT["components"] if each["scope"] == "required"
    }
    assert required == pinned(SERVING) | {each for each in required if each[0] == "dkfds"}
    assert len(required) == len(pinned(SERVING)) + 1


@pytest.mark.parametrize("each", DOCUMENT["components"], ids=lambda each: each["name"])
def test_each_has_its_hashes_and_its_licence(each: dict[str, Any]) -> None:
    lengths = {"SHA-256": 64, "SHA-512": 128}
    assert each["hashes"]
    for one in each["hashes"]:
        assert re.fullmatch(rf"[0-9a-f]{{{lengths[one['alg']]}}}", one["content"])
    (licence,) = each["licenses"]
    assert licence.get("expression") or licence["license"]["name"]


def test_no_hash_of_the_lock_is_left_out() -> None:
    told = {one["content"] for each in DOCUMENT["components"] for one in each["hashes"]}
    assert set(re.findall(r"sha256:([0-9a-f]+)", EVERYTHING)) <= told


def test_what_needs_what_leads_to_everything_from_the_project() -> None:
    needs = {each["ref"]: each["dependsOn"] for each in DOCUMENT["dependencies"]}
    reached, open_ = set[str](), [DOCUMENT["metadata"]["component"]["bom-ref"]]
    while open_:
        ref = open_.pop()
        if ref not in reached:
            reached.add(ref)
            open_ += needs[ref]
    assert reached == set(needs)


def test_it_names_no_address_and_no_time() -> None:
    text = json.dumps(DOCUMENT)
    assert "://" not in text
    assert "timestamp" not in text


def test_it_is_the_same_each_time_and_another_number_where_anything_differs() -> None:
    assert sbom(FOUND, version="0.1.0") == sbom(components(), version="0.1.0")
    other = json.loads(sbom(FOUND[1:], version="0.1.0"))
    assert other["serialNumber"] != DOCUMENT["serialNumber"]


def test_an_expression_is_told_from_what_an_author_calls_it() -> None:
    assert licence_of("pydantic") == ("MIT", True)
    assert licence_of("confluent-kafka") == ("Apache Software License", False)
    made = Component(
        name="a", version="1", kind="pypi", serves=True, algorithm="SHA-256", hashes=("0" * 64,),
        licence="BSD License", is_spdx=False, needed_by=(),
    )  # fmt: skip
    assert json.loads(sbom([made], version="1"))["components"][0]["licenses"] == [
        {"license": {"name": "BSD License"}}
    ]


def test_it_wants_to_know_where_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "python -m tools.sbom FILE" in capsys.readouterr().err
