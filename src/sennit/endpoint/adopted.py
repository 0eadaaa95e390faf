"""Listening on a socket that this process did not make: inherited from systemd or from a parent."""

from __future__ import annotations

import os
import socket
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.errors import AlreadyListened
from sennit.core.failure import Failure
from sennit.core.interfaces import IListeningPort, IStreamServerEndpoint

__all__ = ["AdoptedStreamServerEndpoint", "inherited_descriptors"]

_FIRST_INHERITED = 3  # sd_listen_fds(3): SD_LISTEN_FDS_START


@implementer(IStreamServerEndpoint)
class AdoptedStreamServerEndpoint:
    """Listens on a descriptor that is bound and listening already.

    The reactor takes a duplicate, and the descriptor itself is closed: an endpoint listens once.

    Args:
        reactor: An `IReactorSocket`.
        fileno: The descriptor.
        addressFamily: Its address family: ``socket.AF_INET``, ``AF_INET6`` or ``AF_UNIX``.
    """

    def __init__(self, reactor: Any, fileno: int, addressFamily: int) -> None:
        self.reactor = reactor
        self.fileno = fileno
        self.addressFamily = addressFamily
        self._used = False

    # What is done to the descriptor, apart so that a test can do without one.
    _close = staticmethod(os.close)

    @staticmethod
    def _setNonBlocking(descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        os.set_inheritable(descriptor, False)

    def listen(self, factory: Any) -> Deferred[IListeningPort]:
        """Listen, with `factory` building a protocol for each connection.

        Args:
            factory: An `IProtocolFactory`.

        Returns:
            A Deferred that fires with the `IListeningPort`, or fails with `AlreadyListened` when it is
            asked a second time.
        """
        if self._used:
            return fail(AlreadyListened())
        self._used = True
        try:
            self._setNonBlocking(self.fileno)
            port = self.reactor.adoptStreamPort(self.fileno, self.addressFamily, factory)
            self._close(self.fileno)
        except Exception:
            return fail(Failure())
        return succeed(port)


def family_of(descriptor: int) -> int:
    """Return the address family of a socket's descriptor.

    Raises:
        ValueError: If `descriptor` is no socket.
    """
    try:
        with socket.socket(fileno=os.dup(descriptor)) as duplicate:
            return duplicate.family
    except OSError as error:
        raise ValueError(f"Descriptor {descriptor} is not a socket: {error.strerror}.") from None


def inherited_descriptors(environment: Any = os.environ) -> dict[str, list[int]]:
    """Return the sockets that systemd passed to this process, by name (sd_listen_fds(3)).

    Args:
        environment: Where ``LISTEN_PID``, ``LISTEN_FDS`` and ``LISTEN_FDNAMES`` are looked up.

    Returns:
        Names to descriptors, in the order they were passed; empty when they are meant for another
        process, or when there are none.  A socket without a name is called ``unknown``.
    """
    pid, count = environment.get("LISTEN_PID", ""), environment.get("LISTEN_FDS", "")
    if not (pid.isdecimal() and count.isdecimal() and int(pid) == os.getpid()):
        return {}
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    found: dict[str, list[int]] = {}
    for index in range(int(count)):
        name = names[index] if index < len(names) and names[index] else "unknown"
        found.setdefault(name, []).append(_FIRST_INHERITED + index)
    return found
