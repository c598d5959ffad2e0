"""``python -m tools.sbom FILE``: what the service is made of, in CycloneDX 1.6 (ECMA-424) as JSON.

From the lock files, and the licences from the metadata of what is installed. The same locks give the same bytes: it
holds no time and no address. A library for it would bring half a dozen packages for a document of a few fields.
"""

import base64
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, uuid5

ROOT: Final = Path(__file__).resolve().parents[1]
SERVING: Final = ROOT / "requirements.lock"
EVERYTHING: Final = ROOT / "requirements-dev.lock"
PAGES: Final = ROOT / "inbox" / "package-lock.json"
_LOCKED: Final = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+) \\\n((?:    .*\n?)*)", re.MULTILINE)
_SHA256: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA: Final = re.compile(r"^    # (?:via |  )([a-z0-9][a-z0-9.-]*)(?: \(pyproject\.toml\))?$", re.MULTILINE)
_OURSELVES: Final = "frafaldsvarsel"
_SPDX: Final = frozenset({"Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "PSF-2.0"})
"""Identifiers that stand in the older field for a licence, which may hold any text."""
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A library, as a lock file has it."""

    name: str
    version: str
    kind: str
    """``pypi`` or ``npm``."""
    serves: bool
    """Whether the image holds it; else it is for developing and trying out."""
    algorithm: str
    hashes: tuple[str, ...]
    """Hexadecimal: of every file that the lock lets in."""
    licence: str
    """An SPDX expression, or what its author calls it."""
    is_spdx: bool
    needed_by: tuple[str, ...]
    """Names; the project's own where it asks for it itself."""

    @property
    def purl(self) -> str:
        """Package URL: names it on every index, and none of them."""
        return f"pkg:{self.kind}/{self.name}@{self.version}"


def locked(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, version and the lines below, of each package of a lock file."""
    return ((found[1], found[2], found[3]) for found in _LOCKED.finditer(text))


def licence_of(name: str) -> tuple[str, bool]:
    """The licence of an installed package, and whether it is an SPDX expression."""
    told = metadata(name)
    expression, text = told["License-Expression"], (told["License"] or "").strip()
    if expression:
        return expression, True
    if text and "\n" not in text and len(text) <= _LONGEST_NAME:
        return text, text in _SPDX
    named = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line[:7] == "License"]
    return " / ".join(named), False


def of_python(serving: str, everything: str) -> Iterator[Component]:
    """What pip installs."""
    served = {name for name, _, _ in locked(serving)}
    for name, version, below in locked(everything):
        licence, is_spdx = licence_of(name)
        yield Component(
            name=name,
            version=version,
            kind="pypi",
            serves=name in served,
            algorithm="SHA-256",
            hashes=tuple(_SHA256.findall(below)),
            licence=licence,
            is_spdx=is_spdx,
            needed_by=tuple(_VIA.findall(below)),
        )


def of_pages(text: str) -> Iterator[Component]:
    """What npm fetches."""
    for place, each in json.loads(text)["packages"].items():
        if place:
            algorithm, _, digest = each["integrity"].partition("-")
            yield Component(
                name=place.rpartition("node_modules/")[2],
                version=each["version"],
                kind="npm",
                serves=not each.get("dev", False),
                algorithm=algorithm.upper().replace("SHA", "SHA-"),
                hashes=(base64.b64decode(digest).hex(),),
                licence=each["license"],
                is_spdx=True,
                needed_by=(_OURSELVES,),
            )


def components() -> Sequence[Component]:
    """Everything that is locked, in the order of its name."""
    python = of_python(SERVING.read_text("utf-8"), EVERYTHING.read_text("utf-8"))
    return sorted([*python, *of_pages(PAGES.read_text("utf-8"))], key=lambda each: each.purl)


def sbom(found: Sequence[Component], *, version: str) -> str:
    """The document."""
    root = f"pkg:generic/{_OURSELVES}@{version}"
    listed = [
        {
            "type": "library",
            "bom-ref": each.purl,
            "name": each.name,
            "version": each.version,
            "scope": "required" if each.serves else "excluded",
            "hashes": [{"alg": each.algorithm, "content": digest} for digest in each.hashes],
            "licenses": [
                {"expression": each.licence} if each.is_spdx else {"license": {"name": each.licence}}
            ],
            "purl": each.purl,
        }
        for each in found
    ]
    needs = [
        {"ref": ref, "dependsOn": [other.purl for other in found if name in other.needed_by]}
        for ref, name in [(root, _OURSELVES), *((each.purl, each.name) for each in found)]
    ]
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": _OURSELVES,
                "version": version,
                "purl": root,
            }
        },
        "components": listed,
        "dependencies": needs,
    }
    # Its number follows from what it says.
    number = uuid5(NAMESPACE_URL, json.dumps(content, sort_keys=True))
    return json.dumps({**content, "serialNumber": f"urn:uuid:{number}"}, indent=1, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    if len(arguments) != 1:
        print("usage: python -m tools.sbom FILE", file=sys.stderr)
        return 2
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    found = components()
    file = Path(arguments[0])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(sbom(found, version=version), "utf-8")
    served = sum(each.serves for each in found)
    print(f"{file}: {len(found)} libraries, {served} of them in the image")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
