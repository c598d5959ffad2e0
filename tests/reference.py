"""The reference data that the service ships with, read once for all tests."""

from typing import Final

from config.reference.checks.all import sound_reference
from config.reference.tables import Reference

SHIPPED: Final[Reference] = sound_reference()
