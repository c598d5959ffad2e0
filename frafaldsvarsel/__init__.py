"""The command line, the composition, and the servers of the demo: the one package that knows all the others."""

from typing import Final

VERSION: Final = "0.1.0"
"""Here, because an image holds no metadata of packages; a test holds it to what the project declares."""
