"""The surfaces, by name, in the order in which they are told."""

from collections.abc import Mapping
from typing import Final

from tests.fuzz.surface import Surface
from tests.fuzz.surfaces.api import Api
from tests.fuzz.surfaces.files import Files
from tests.fuzz.surfaces.intake import Intake
from tests.fuzz.surfaces.mail import Mail
from tests.fuzz.surfaces.pages import Pages
from tests.fuzz.surfaces.provider import LogIn
from tests.fuzz.surfaces.webhooks import Webhooks

_ALL: Final[tuple[Surface, ...]] = (Api(), Pages(), LogIn(), Webhooks(), Mail(), Files(), Intake())
"""The slowest ones first: no process is left with one when the others have nothing to do any more."""
SURFACES: Final[Mapping[str, Surface]] = {one.name: one for one in _ALL}
