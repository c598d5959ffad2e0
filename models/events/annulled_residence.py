"""The data of ``residence.annulled``: part of the public contract, as `models.events.contract`."""

from models.base import Frozen
from models.events.contract import AboutPerson, Uuid


class ResidenceAnnulmentFields(Frozen):
    """A residence that never was this person's."""

    residence_id: Uuid


class ResidenceAnnulmentData(ResidenceAnnulmentFields, AboutPerson):
    """Data of ``residence.annulled``."""
