"""What the running bot knows of the way by which Slack reaches it."""

from typing import Protocol


class Inbound(Protocol):
    """Brings Slack's payloads to Bolt's app."""

    @property
    def is_open(self) -> bool:
        """Whether payloads can come in, as far as is known."""

    @property
    def tells_of_removal(self) -> bool:
        """Whether it closes where the app is removed from the workspace. Where not, Slack has to be asked."""

    def open(self) -> None:
        """Begin to take payloads. Raises UserError."""

    def close(self) -> None:
        """Take nothing new. What came in before is answered. Returns within seconds."""
