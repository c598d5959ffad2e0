"""What the operators' page is told of the service. The inbox asks neither Kafka nor another process by itself."""

from typing import Protocol

from models.service_status import ServiceView


class ServiceFigures(Protocol):
    """Whoever looks at the service."""

    def seen(self) -> ServiceView | None:
        """What is known now, without asking anybody; None: nothing yet."""

    async def keep(self) -> None:
        """Look again and again, until cancelled."""
