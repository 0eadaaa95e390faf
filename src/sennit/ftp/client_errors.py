"""What a client reports: the server refused, broke the protocol, or is gone."""

from __future__ import annotations

__all__ = [
    "BadResponse",
    "CommandFailed",
    "ConnectionLost",
    "FTPError",
    "UnexpectedData",
    "UnexpectedResponse",
]


class FTPError(Exception):
    """Something that a client asked for was not done."""


class CommandFailed(FTPError):
    """The server refused a command (4yz, 5yz); the argument is the list of its reply's lines."""

    @property
    def code(self) -> int:
        """The reply's code; 0 if there is none."""
        lines = self.args[0] if self.args else ()
        last = str(lines[-1])[:3] if lines else ""
        return int(last) if last.isdecimal() else 0


class ConnectionLost(FTPError):
    """The connection is gone, and what was asked will not be answered; why is the last argument."""


class UnexpectedResponse(FTPError):
    """The server answered what was not asked, or says too much; the argument is what it said."""


class BadResponse(FTPError):
    """The server answered with a code that the protocol doesn't have; the argument is the reply's lines."""


class UnexpectedData(FTPError):
    """The server sent data over a connection that is there to send data to it."""
