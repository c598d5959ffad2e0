"""``python -m tools.docs.demo_picture FILE``: plays the demo, and draws its summary as a terminal shows it (SVG)."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from frafaldsvarsel import VERSION
from frafaldsvarsel.commands.play import show_result
from frafaldsvarsel.commands.terminal import fail, note, out
from local.demo.prepared_records import PreparedRecords
from local.demo.run import Demo, Result, demo_service

PICTURE: Final = Path("docs/pictures/demo.svg")
TITLE: Final = f"make demo ONCE=1 · frafaldsvarsel {VERSION}"
COLUMNS: Final = 108
_FORM: Final = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}</defs>
{chrome}<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">
{matrix}</g></g>
</svg>
"""
"""rich's own form without its fonts, which a reader would fetch from another host."""


def draw(result: Result) -> str:
    """The summary of a demo as SVG."""
    width, out.record, out.width = out.width, True, COLUMNS
    try:
        show_result(result)
        return out.export_svg(title=TITLE, code_format=_FORM, unique_id="demo")
    finally:
        out.record, out.width = False, width


def main() -> int:
    """The exit code."""
    target = Path(sys.argv[1]) if sys.argv[1:] else PICTURE
    with TemporaryDirectory() as folder:
        service = demo_service(Path(folder), note, pages=False)
        prepared = PreparedRecords(service.data, seed=None, messages=None)
        with service.running():
            demo = Demo(service, prepared)
            try:
                for act in demo.story.acts:
                    note(act.title)
                    demo.play(act, lambda *_: None)
                result = demo.result({})
            finally:
                demo.close()
    if not result.sound:
        fail(f"A demo that does not add up is not drawn: {result.differences or result.audit.exceptions}")
        return 1
    target.write_text(draw(result), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
