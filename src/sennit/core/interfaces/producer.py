"""Interfaces of flow control: who makes data, and who takes it.

A consumer tells its producer to pause when it is full.  A *push* producer runs by itself until it is
paused; a *pull* producer writes once each time it is resumed.
"""

from __future__ import annotations

from zope.interface import Interface

__all__ = ["IConsumer", "IProducer", "IPullProducer", "IPushProducer"]


class IProducer(Interface):
    """Something that makes data for a consumer."""

    def stopProducing() -> None:
        """End: the consumer is gone, or wants no more."""


class IPushProducer(IProducer):
    """A producer that writes by itself (registered with ``streaming=True``)."""

    def pauseProducing() -> None:
        """Write nothing until `resumeProducing`."""

    def resumeProducing() -> None:
        """Go on writing."""


class IPullProducer(IProducer):
    """A producer that writes when asked (registered with ``streaming=False``)."""

    def resumeProducing() -> None:
        """Write one piece."""


class IConsumer(Interface):
    """Something that takes data, at its own pace if a producer is registered."""

    def registerProducer(producer: IProducer, streaming: bool) -> None:
        """Let `producer` write here, under this consumer's control.

        Args:
            producer: An `IPushProducer` if `streaming`, else an `IPullProducer`, which is resumed each time
                the consumer has room.
            streaming: Which of the two it is.

        Raises:
            RuntimeError: If there is a producer already.
        """

    def unregisterProducer() -> None:
        """Forget the producer; it has written its last."""

    def write(data: bytes) -> None:
        """Take some data."""
