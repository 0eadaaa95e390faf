"""A client factory that connects again."""

from __future__ import annotations

import contextlib
import math
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.errors import NotConnectingError
from sennit.core.failure import Failure
from sennit.core.interfaces import IConnector, IDelayedCall, IReactorTime
from sennit.protocol.factory import ClientFactory, P, logger_of

__all__ = ["ReconnectingClientFactory"]

_FORGOTTEN = ("connector", "retries", "delay", "continueTrying", "_callID", "clock")


class ReconnectingClientFactory(ClientFactory[P]):
    """Connects again when a connection fails or is lost, waiting longer each time.

    A protocol calls ``self.factory.resetDelay()`` when its connection has proved good.

    Attributes:
        maxDelay: The longest wait in seconds, before jitter.
        initialDelay: The first wait in seconds.
        factor: By how much each wait is longer than the one before.
        jitter: The standard deviation of a wait, as a share of it, so that clients that lost one server
            together do not come back together.  None for none.
        delay: The next wait in seconds.
        retries: How many times it has tried since `resetDelay`.
        maxRetries: How many times to try, or None for ever.
        continueTrying: Whether it goes on.
        connector: The connector it tries with.
        clock: The `IReactorTime` to wait with; None for the current reactor.
    """

    maxDelay: float = 3600
    initialDelay: float = 1.0
    factor: float = math.e
    jitter: float | None = 0.119626565582
    delay: float = initialDelay
    retries: int = 0
    maxRetries: int | None = None
    continueTrying: int = 1
    connector: IConnector | None = None
    clock: IReactorTime | None = None
    _callID: IDelayedCall | None = None

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """Try again, unless `stopTrying` was called."""
        if self.continueTrying:
            self.connector = connector
            self.retry()

    def clientConnectionLost(self, connector: IConnector, unused_reason: Failure) -> None:
        """Try again, unless `stopTrying` was called."""
        if self.continueTrying:
            self.connector = connector
            self.retry()

    def retry(self, connector: IConnector | None = None) -> None:
        """Wait, then connect.

        Args:
            connector: What to connect with; None for the attribute `connector`.

        Raises:
            ValueError: If there is no connector.
        """
        if not self.continueTrying:
            if self.noisy:
                logger_of(self).info("Abandoning {connector} on explicit request", connector=connector)
            return
        if connector is None:
            if self.connector is None:
                raise ValueError("There is no connector to try again with.")
            connector = self.connector
        self.retries += 1
        if self.maxRetries is not None and self.retries > self.maxRetries:
            if self.noisy:
                logger_of(self).info(
                    "Abandoning {connector} after {retries} retries.",
                    connector=connector,
                    retries=self.retries,
                )
            return
        wait = self.delay
        if self.jitter:
            import random  # a program that loses no connection does without

            wait = max(0.0, random.normalvariate(wait, wait * self.jitter))
        self.delay = min(wait * self.factor, self.maxDelay)
        if self.noisy:
            logger_of(self).info(
                "{connector} will retry in {delay:.3g} seconds", connector=connector, delay=wait
            )
        clock = self.clock if self.clock is not None else current_reactor()
        self._callID = clock.callLater(wait, self._connect_again, connector)

    def _connect_again(self, connector: IConnector) -> None:
        self._callID = None
        connector.connect()

    def stopTrying(self) -> None:
        """Give up, also a connect that is under way."""
        if self._callID is not None:
            self._callID.cancel()
            self._callID = None
        self.continueTrying = 0
        if self.connector is not None:
            with contextlib.suppress(NotConnectingError):
                self.connector.stopConnecting()

    def resetDelay(self) -> None:
        """Begin anew with the first wait: the connection is good."""
        self.delay = self.initialDelay
        self._callID = None
        self.retries = 0
        self.continueTrying = 1

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what holds for this run only."""
        return {name: value for name, value in self.__dict__.items() if name not in _FORGOTTEN}
