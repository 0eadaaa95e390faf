"""The parent's listening sockets: made when the first worker asks, given to every one that asks again.

A question is a datagram of JSON; the answer is a datagram with the socket's descriptor beside it, or with
what went wrong.  Which socket is meant is its place (address, port or path) and a number, which counts the
sockets that one worker has for the same place: two ports that each ask for any free port are two sockets.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from typing import Any

from sennit.core.errors import CannotListenError
from sennit.transport.tcp import TCPPort
from sennit.transport.unix_stream import UNIXPort

__all__ = ["ANSWER_TIMEOUT", "Asking", "SocketStore", "connected_pair"]

ANSWER_TIMEOUT = 30.0
"""Seconds that a worker waits for its parent's answer."""

_LONGEST = 1 << 16

Place = tuple[str, str, int]


def connected_pair() -> tuple[socket.socket, socket.socket]:
    """Make the two ends of the way that questions take."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


class SocketStore:
    """The parent's side.

    Args:
        reactor: The reactor that the parent runs on.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._sockets: dict[Place, tuple[Any, socket.socket]] = {}
        self._used: dict[Place, int] = {}

    def answer(self, question: dict[str, Any], generation: int) -> tuple[dict[str, Any], list[int]]:
        """Make the answer to a worker's question.

        Args:
            question: What it asked.
            generation: Which generation it is of.

        Returns:
            The message, and the descriptors to send with it.
        """
        place: Place = (str(question["kind"]), str(question["place"]), int(question["number"]))
        try:
            if place not in self._sockets:
                self._sockets[place] = self._make(question)
        except CannotListenError as error:
            reason = error.socketError
            number = getattr(reason, "errno", None) or errno.EADDRINUSE
            return {"errno": number, "text": getattr(reason, "strerror", None) or str(reason)}, []
        self._used[place] = max(generation, self._used.get(place, 0))
        return {}, [self._sockets[place][1].fileno()]

    def forget_before(self, generation: int) -> None:
        """Close the sockets that no worker of this generation, or a later one, has asked for."""
        for place in [place for place, used in self._used.items() if used < generation]:
            self._close(place)

    def close(self) -> None:
        """Close all."""
        for place in list(self._sockets):
            self._close(place)

    def _make(self, question: dict[str, Any]) -> tuple[Any, socket.socket]:
        port: Any
        backlog = int(question["backlog"])
        if question["kind"] == "tcp":
            port = TCPPort(
                int(question["port"]), _NO_FACTORY, backlog, str(question["interface"]), self._reactor
            )
        else:
            path = os.fsencode(question["place"])
            port = UNIXPort(
                path, _NO_FACTORY, backlog, int(question["mode"]), self._reactor, bool(question["lock"])
            )
        listening: socket.socket = port.make_listening_socket()
        return port, listening

    def _close(self, place: Place) -> None:
        port, listening = self._sockets.pop(place)
        del self._used[place]
        listening.close()
        port._after_close()


_NO_FACTORY: Any = None


class Asking:
    """A worker's side: a `sennit.transport.shared.SocketSource`.

    Args:
        way: The worker's end of the way to the parent.
    """

    def __init__(self, way: socket.socket) -> None:
        self._way = way
        self._had: dict[tuple[str, str], list[socket.socket]] = {}

    def tcp(self, interface: str, port: int | None, backlog: int) -> socket.socket:
        """Ask for the socket of a TCP port.

        Raises:
            OSError: If the parent cannot have it, or does not answer.
        """
        port = port or 0
        return self._ask("tcp", f"{interface} {port}", interface=interface, port=port, backlog=backlog)

    def unix(self, path: bytes, mode: int, backlog: int, *, lock: bool) -> socket.socket:
        """Ask for the socket of a path.

        Raises:
            OSError: If the parent cannot have it, or does not answer.
        """
        # The parent may be in another folder.
        name = path if path.startswith(b"\0") else os.path.abspath(path)  # noqa: PTH100 - it is bytes
        return self._ask("unix", os.fsdecode(name), mode=mode, backlog=backlog, lock=lock)

    def _ask(self, kind: str, place: str, **details: Any) -> socket.socket:
        had = self._had.setdefault((kind, place), [])
        # One that was closed, by a port that stopped, can be had again.
        number = next((index for index, one in enumerate(had) if one.fileno() < 0), len(had))
        question = {"kind": kind, "place": place, "number": number, **details}
        self._way.settimeout(ANSWER_TIMEOUT)
        self._way.send(json.dumps(question).encode())
        data, descriptors, _, _ = socket.recv_fds(self._way, _LONGEST, 1)
        if not descriptors:
            answer = json.loads(data)
            raise OSError(answer["errno"], answer["text"])
        made = socket.socket(fileno=descriptors[0])
        made.set_inheritable(False)
        made.setblocking(False)
        had[number : number + 1] = [made]
        return made
