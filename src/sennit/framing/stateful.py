"""A protocol of strings whose state is the name of the method that takes the next one."""

from __future__ import annotations

from typing import Any

from sennit.log import Logger

__all__ = ["StatefulStringProtocol"]

_log = Logger()


class StatefulStringProtocol:
    """A mixin for a receiver of strings.

    Each string goes to the method ``proto_<state>``, which returns the next state; the state ``"done"``
    closes the connection.

    Attributes:
        state: The state.
    """

    state: Any = "init"
    transport: Any

    def stringReceived(self, string: bytes) -> None:
        """Hand a string to the method of the present state."""
        method = getattr(self, f"proto_{self.state}", None)
        if method is None:
            _log.error("{protocol} has no method proto_{state}.", protocol=self, state=self.state)
            return
        self.state = method(string)
        if self.state == "done":
            self.transport.loseConnection()
