"""What a release rests on, and what it consists of: for whoever makes it again, and for a catalogue of data. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

SOURCES: Final = ("reports", "models/eligibility")
"""The code that decides what the numbers are."""
JsonValue = str | int | None | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Of one release."""

    first: date
    last: date
    as_of: date
    threshold: int
    version: str
    code: str
    """`code_hash`."""
    law_versions: tuple[str, ...]
    tables: Mapping[str, str]
    """Reference file → its hash."""
    offsets: Mapping[str, int]
    erased: Mapping[str, int]
    """Rows that are counted without a person, by what they are."""
    before: tuple[date, ...] = ()
    """Of a follow-up: as of which days the period was released before."""


def code_hash(root: Path) -> str:
    """Of every file below `SOURCES` that is part of the program, by its path."""
    digest = sha256()
    for source in SOURCES:
        for path in sorted((root / source).rglob("*")):
            if path.suffix in (".py", ".toml", ".csv", ".typ"):
                digest.update(f"{path.relative_to(root)}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def file_hashes(folder: Path) -> dict[str, str]:
    """Of the reference tables."""
    return {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.suffix in (".csv", ".toml")
    }


def manifest(about: About, files: Mapping[str, bytes]) -> bytes:
    """`manifest.json`. It holds no clock's time, so that it is the same when it is made again."""
    return as_json(
        {
            "period": {"first": f"{about.first}", "last": f"{about.last}"},
            "as_of": f"{about.as_of}",
            **({"follows": [f"{day}" for day in about.before]} if about.before else {}),
            "threshold": about.threshold,
            "width": about.threshold,
            "version": about.version,
            "code_sha256": about.code,
            "law_versions": list(about.law_versions),
            "reference_sha256": dict(about.tables),
            "kafka_offsets": dict(about.offsets),
            "rows_of_erased_people": dict(about.erased),
            "files": {
                name: {"bytes": len(content), "sha256": sha256(content).hexdigest()}
                for name, content in sorted(files.items())
            },
        }
    )


_TYPES: Final = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
}
_FREQUENCY: Final = "http://publications.europa.eu/resource/authority/frequency/IRREG"
_ACCESS: Final = "http://publications.europa.eu/resource/authority/access-right/PUBLIC"
_THEME: Final = "http://publications.europa.eu/resource/authority/data-theme/SOCI"


def catalogue(about: About, files: Mapping[str, bytes]) -> bytes:
    """`dcat.jsonld`: the data set and its files by DCAT-AP-DK 2.0; who puts it up adds publisher and addresses.

    Sources: DCAT-AP-DK 2.0.2 (digst.github.io/DCAT-AP-DK), DCAT 2, SPDX's checksum. Its shapes know SHA-1 alone, as
    DCAT-AP 2.0 did; that is no longer a protection, so ours is another one (docs/report.md).
    """
    name = f"frafaldsvarsel-{about.first:%Y-%m}-{about.last:%Y-%m}" + (
        f"-{about.as_of}" if about.before else ""
    )
    return as_json(
        {
            "@context": {
                "dcat": "http://www.w3.org/ns/dcat#",
                "dct": "http://purl.org/dc/terms/",
                "spdx": "http://spdx.org/rdf/terms#",
                "xsd": "http://www.w3.org/2001/XMLSchema#",
            },
            "@id": f"urn:{name}",
            "@type": "dcat:Dataset",
            "dct:title": [
                {"@language": "da", "@value": "Opfølgning på underretninger om frafaldsrisiko"},
                {"@language": "en", "@value": "Follow-up on messages about a risk of dropping out"},
            ],
            "dct:description": [
                {
                    "@language": "da",
                    "@value": "Starter, underretninger, kontakt, indsats og fastholdelse; små tal er skjult.",
                },
                {
                    "@language": "en",
                    "@value": "Starts, messages, contact, initiatives and retention; small numbers are hidden.",
                },
            ],
            "dct:identifier": name,
            "dct:issued": {"@type": "xsd:date", "@value": f"{about.as_of}"},
            "dct:accrualPeriodicity": {"@id": _FREQUENCY},
            "dct:accessRights": {"@id": _ACCESS},
            "dcat:theme": {"@id": _THEME},
            "dct:language": [
                {"@id": f"http://publications.europa.eu/resource/authority/language/{language}"}
                for language in ("DAN", "ENG")
            ],
            "dct:temporal": {
                "@type": "dct:PeriodOfTime",
                "dcat:startDate": {"@type": "xsd:date", "@value": f"{about.first}"},
                "dcat:endDate": {"@type": "xsd:date", "@value": f"{about.last}"},
            },
            "dcat:distribution": [
                {
                    "@id": f"urn:{name}:{file}",
                    "@type": "dcat:Distribution",
                    "dct:title": file,
                    "dcat:mediaType": {
                        "@id": f"https://www.iana.org/assignments/media-types/{_TYPES[Path(file).suffix]}"
                    },
                    "dcat:byteSize": {"@type": "xsd:decimal", "@value": f"{len(content)}"},
                    "spdx:checksum": {
                        "@type": "spdx:Checksum",
                        "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                        "spdx:checksumValue": sha256(content).hexdigest(),
                    },
                }
                for file, content in sorted(files.items())
                if Path(file).suffix in _TYPES
            ],
        }
    )


def as_json(content: JsonValue) -> bytes:
    """UTF-8, indented, in the order given."""
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
