"""What the receivers share: to pause between two messages of one read."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["PauseableMixin"]


class PauseableMixin:
    """A protocol that is a push producer: it can be paused in the middle of a read.

    Attributes:
        paused: Whether messages are held back.
    """

    paused: bool = False
    transport: Any

    def pauseProducing(self) -> None:
        """Deliver no more messages until `resumeProducing`, also of what has been received."""
        self.paused = True
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Deliver what was held back, and go on."""
        self.paused = False
        self.transport.resumeProducing()
        cast("Any", self).dataReceived(b"")

    def stopProducing(self) -> None:
        """Deliver no more messages, and close."""
        self.paused = True
        self.transport.stopProducing()
