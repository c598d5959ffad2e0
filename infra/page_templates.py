"""Templates of HTML files that are handed to somebody: what is put in is escaped, and nothing may be missing."""

from pathlib import Path

import jinja2


def page_templates(folder: Path) -> jinja2.Environment:
    """Those in `folder`."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
