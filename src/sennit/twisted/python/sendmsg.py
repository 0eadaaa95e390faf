"""Messages with ancillary data, open descriptors above all: the socket module's calls as functions."""

from __future__ import annotations

from collections.abc import Sequence
from socket import CMSG_SPACE, SCM_RIGHTS, socket
from typing import NamedTuple

__all__ = ["SCM_RIGHTS", "ReceivedMessage", "getSocketFamily", "recvmsg", "sendmsg"]

Socket = socket


class ReceivedMessage(NamedTuple):
    """What `recvmsg` received.

    Attributes:
        data: The bytes.
        ancillary: The ancillary messages: level, type and data of each.
        flags: The flags of the message as a whole.
    """

    data: bytes
    ancillary: list[tuple[int, int, bytes]]
    flags: int


def sendmsg(
    socket: Socket, data: bytes, ancillary: Sequence[tuple[int, int, bytes]] = (), flags: int = 0
) -> int:
    """Send a message.

    Args:
        socket: The socket.
        data: Bytes for the other side to read.
        ancillary: Ancillary messages: level, type and data of each.
        flags: As for `socket.socket.sendmsg`.

    Returns:
        How many of the bytes were sent.

    Raises:
        OSError: What the system call failed with.
    """
    return socket.sendmsg([data], ancillary, flags)


def recvmsg(socket: Socket, maxSize: int = 8192, cmsgSize: int = 4096, flags: int = 0) -> ReceivedMessage:
    """Receive a message.

    Args:
        socket: The socket.
        maxSize: The most bytes to receive.
        cmsgSize: The most bytes of ancillary data to receive.
        flags: As for `socket.socket.recvmsg`.

    Raises:
        OSError: What the system call failed with.
    """
    data, ancillary, received_flags = socket.recvmsg(maxSize, CMSG_SPACE(cmsgSize), flags)[:3]
    return ReceivedMessage(data, ancillary, received_flags)


def getSocketFamily(socket: Socket) -> int:
    """Return the address family of a socket."""
    return socket.family
