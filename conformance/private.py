"""Stand-ins for private names of Twisted's that Sennit has nothing for.

Any name may be taken from here: it is a class, or an interface if it begins like one, that cannot be made or
called.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from zope.interface import Attribute, Interface, implementer
from zope.interface.interface import InterfaceClass, fromFunction

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.errors import ReactorAlreadyRunning
from sennit.core.failure import Failure
from sennit.core.interfaces import IHostnameResolver, IHostResolution
from sennit.log import Logger
from sennit.transport.connector import Attempt
from sennit.transport.registry import open_things

__all__ = [
    "FunctionResolver",
    "PrivateNameError",
    "as_bytes",
    "coerced",
    "idna_text",
    "open_descriptors",
    "supported",
    "symlinks",
    "take_leave",
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


class Worker:
    """Does things when it is told to, one at a time: a thread of a test."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()

    def do(self, work: Callable[[], object]) -> None:
        """Keep it for later."""
        self._waiting.append(work)

    def go_on(self) -> bool:
        """Do the next thing; tell whether there was one."""
        if not self._waiting:
            return False
        self._waiting.popleft()()
        return True


def memory_worker() -> tuple[Worker, Callable[[], bool]]:
    """Return a worker, and what has it go on."""
    worker = Worker()
    return worker, worker.go_on


class Coordinator:
    """Stands for what keeps the workers of a team apart; there is one worker."""

    def __init__(self, *args: object) -> None:
        """Take what there is."""


class Team:
    """Stands for the threads of a pool in tests that make one of their own.

    Args:
        coordinator: Has nothing to do here.
        make_worker: Gives the worker.
        log_exception: Has nothing to do here.
    """

    def __init__(self, coordinator: object, make_worker: Callable[[], Any], log_exception: object) -> None:
        self.do = lambda work: make_worker().do(work)


def in_team_or(in_thread: Callable[..., None]) -> Callable[..., None]:
    """Return what stands for ``callInThreadWithCallback``, in pools too that a test has given a team."""

    def call(pool: Any, on_result: Any, function: Callable[..., Any], *args: Any, **options: Any) -> None:
        if "_team" not in vars(pool):
            in_thread(pool, on_result, function, *args, **options)
            return

        def work() -> None:
            try:
                result, good = function(*args, **options), True
            except Exception:
                result, good = Failure(), False
            on_result(good, result)

        pool._team.do(work)

    return call


_finished: list[Any] = []


def take_leave(reactor: Any) -> None:
    """Begin to clean up after a reactor that a test has made; close those of the tests before.

    Connections that it has not begun to make are dropped without a word to their factories.
    """
    while _finished:
        with suppress(ReactorAlreadyRunning):
            _finished.pop().close()
    _finished.append(reactor)
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
