"""Where the interface stands in another application: it answers for every address under its path, whatever is in it."""

import re

from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Scope

from api.problems import PREFIX


class ApiMount(Mount):
    """A mount of whole paths: the library's own pattern stops at a line's end, and its application would answer."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(PREFIX, app)
        self.path_regex = re.compile(rf"^{re.escape(self.path)}/(?P<path>.*)\Z", re.DOTALL)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As every mount does; the bare path, which a mount passes over, is the index too."""
        if scope.get("path") != scope.get("root_path", "") + self.path:
            return super().matches(scope)
        whole = {"path": f"{scope['path']}/"}
        match, child = super().matches({**scope, **whole})
        return match, {**child, **whole}
