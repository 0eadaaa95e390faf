"""Stand-ins for private names of Twisted's that Sennit has nothing for.

Any name may be taken from here: it is a class, or an interface if it begins like one, that cannot be made or
called.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from zope.interface import Attribute, Interface, implementer
from zope.interface.interface import InterfaceClass, fromFunction

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.interfaces import IHostnameResolver, IHostResolution
from sennit.log import Logger
from sennit.transport.connector import Attempt
from sennit.transport.registry import open_things

__all__ = [
    "FunctionResolver",
    "PrivateNameError",
    "as_bytes",
    "coerced",
    "forget_attempts",
    "idna_text",
    "open_descriptors",
    "supported",
    "symlinks",
]

NUMERIC_ONLY = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
_log = Logger()


supported = True
"""What `twisted.internet.ssl.supported` says: whether TLS can be had."""


class PrivateNameError(AssertionError):
    """A test uses something private."""


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name.lstrip("_")[:2].isupper() and name.lstrip("_").startswith("I"):
        return InterfaceClass(name, __module__=__name__)

    def refuse(*args: object, **options: object) -> NoReturn:
        raise PrivateNameError(f"{name} is private")

    return type(name, (), {"__new__": refuse})


def coerced(path: str | bytes, new: str | bytes, encoding: str | None = None) -> str | bytes:
    """Return `new` as a string or bytes, whichever `path` is."""
    return os.fsencode(new) if isinstance(path, bytes) else os.fsdecode(new)


def as_bytes(path: str | bytes, encoding: str | None = None) -> bytes:
    """Return a path as bytes."""
    return os.fsencode(path)


def idna_text(name: bytes) -> str:
    """Return a host name from a certificate or a handshake as people write it."""
    import idna

    return idna.decode(name)


@implementer(IHostnameResolver)
class FunctionResolver:
    """A resolver of names by a function, with which tests of endpoints say what a name stands for.

    Args:
        look_up: Called with a name and a port; returns a Deferred of what ``getaddrinfo`` would give.
    """

    def __init__(self, look_up: Callable[[str, int], Any]) -> None:
        self._look_up = look_up

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Any = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Hand on what the function finds; a failure is logged."""
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)

        def found(answers: Any) -> None:
            for family, _kind, _protocol, _name, place in answers:
                kind = IPv6Address if family == socket.AF_INET6 else IPv4Address
                resolutionReceiver.addressResolved(kind(transportSemantics, *place))

        answer = self._look_up(hostName, portNumber).addCallback(found)
        answer.addErrback(lambda failure: _log.failure("No address", failure))
        answer.addCallback(lambda _: resolutionReceiver.resolutionComplete())
        return resolution


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Do nothing: the tests do without."""


def forget_attempts(reactor: Any) -> None:
    """Drop the connections that a test's reactor has not begun to make, without a word to its factories."""
    for each in list(open_things(reactor)):
        if isinstance(each, Attempt):
            each.give_up()


def open_descriptors() -> list[int]:
    """Return the numbers of the descriptors that this process has open."""
    return [int(each.name) for each in Path("/dev/fd").iterdir()]


def symlinks() -> bool:
    """Return whether there are symbolic links here."""
    return hasattr(os, "symlink")


class _RequestFace:
    """What a channel does to a request: tests wrap requests in proxies of its interface."""

    def gotLength(self, length: Any) -> None:
        """Prepare for a body."""

    def handleContentChunk(self, data: bytes) -> None:
        """Take a piece of the body."""

    def parseCookies(self) -> None:
        """Read the cookies."""

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Take the end of the request."""

    def connectionLost(self, reason: Any) -> None:
        """Take note that the client is gone."""

    def write(self, data: bytes) -> None:
        """Send a piece of the answer."""

    def finish(self) -> None:
        """End the answer."""

    def __eq__(self, other: object) -> bool:
        """Compare the wrapped request."""
        return self is other

    def __ne__(self, other: object) -> bool:
        """Compare the wrapped request."""
        return self is not other

    def __hash__(self) -> int:
        """Give the wrapped request's."""
        return id(self)


def _face() -> InterfaceClass:
    """Return the interface of `_RequestFace`, and of the attributes that a channel looks at."""
    names: dict[str, Any] = {
        name: fromFunction(method, imlevel=1)
        for name, method in vars(_RequestFace).items()
        if callable(method)
    }
    for name in ("_head", "requestHeaders", "persistent", "startedWriting", "finished"):
        names[name] = Attribute(name)
    return InterfaceClass("_IDeprecatedHTTPChannelToRequestInterface", (Interface,), names)


_IDeprecatedHTTPChannelToRequestInterface = _face()
