"""What can go wrong in a conversation of the core.

`RemoteProtocolError` is the other side's fault and carries the reply that tells it so; `LocalProtocolError`
is this program's, and is raised before anything reaches the wire.  What a server answers to a command that it
cannot carry out is in `sennit.ftp.refusals`, what a client reports in `sennit.ftp.client_errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sennit.ftp.events import Reply

__all__ = ["LocalProtocolError", "ProtocolError", "RemoteProtocolError"]


class ProtocolError(Exception):
    """Somebody broke the protocol."""


class RemoteProtocolError(ProtocolError):
    """The other side broke the protocol, or passed a limit.

    Args:
        reply: What a server says to it; a client, which has nothing to say, reads the text only.
    """

    def __init__(self, reply: Reply) -> None:
        super().__init__(" ".join(reply.lines))
        self.reply = reply


class LocalProtocolError(ProtocolError):
    """This program asked for something that the protocol forbids."""
