"""A release for people: the pages as a tagged PDF that screen readers can read, by Typst. It decides no number."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import typst

from reports.font import unpacked
from reports.manifest import JsonValue

_PAGE: Final = Path(__file__).parent / "page.typ"
_FONTS: Final = ("IBMPlexSans-Regular.woff", "IBMPlexSans-Bold.woff")


def pdf(data: Mapping[str, JsonValue], fonts: Path | None, *, made: int) -> bytes:
    """The file. `fonts`: the folder of the pages' typeface; `made`: its own time, in seconds since 1970."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        (folder / "page.typ").write_bytes(_PAGE.read_bytes())
        paths: list[Path] = []
        for font in _FONTS:
            packed = None if fonts is None else fonts / font
            if packed is not None and packed.exists():
                paths = [folder]
                (folder / font).with_suffix(".ttf").write_bytes(unpacked(packed.read_bytes()))
        made_of = typst.Compiler(
            input=folder / "page.typ", root=folder, font_paths=paths, ignore_system_fonts=True
        )
        content = made_of.compile(format="pdf", timestamp=made, pdf_standards=["ua-1"])
    if not isinstance(content, bytes):
        raise TypeError("one PDF was asked for")
    return content
