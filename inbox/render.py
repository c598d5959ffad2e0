"""Templates to text. It knows no request, and everything that it is handed is escaped."""

import hashlib
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
DESIGN: Final = STATIC / "dkfds" / "css" / "dkfds.min.css"


class Renderer:
    """The pages' templates, and the address under which a browser keeps their static files for good."""

    def __init__(self) -> None:
        self.static_path: Final = f"/statisk/{_digest()}"
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"static": self.static_path, "icon": self._icon}

    def render(self, template: str, **values: Any) -> str:
        """The whole page."""
        return self._environment.get_template(template).render(**values)

    def _icon(self, name: str, label: str = "", *, kind: str = "") -> Markup:
        """A sign of the design system; without a label it is decoration, and a screen reader passes it over."""
        said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        return Markup(
            '<svg class="icon-svg {}" focusable="false" {}><use href="{}/dkfds/img/all-svg-icons.svg#{}"></use></svg>'
        ).format(kind, said, self.static_path, name)


def _digest() -> str:
    """Changes when a static file does, so that no browser shows an old one."""
    digest = hashlib.sha256()
    for file in (DESIGN, STATIC / "inbox.css", STATIC / "inbox.js"):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
