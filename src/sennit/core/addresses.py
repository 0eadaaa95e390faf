"""Network addresses: immutable values that a transport gives for its two ends.

Two addresses are equal when their class and all their fields are; `UNIXAddress` also follows the file
system, because two paths may name one socket.  All of them are hashable.
"""

from __future__ import annotations

import os
from typing import Any, Literal

from zope.interface import implementer

from sennit.core.interfaces.address import IAddress
from sennit.values import Value

__all__ = ["HostnameAddress", "IPv4Address", "IPv6Address", "ProcessAddress", "UNIXAddress"]

_TYPES = ("TCP", "UDP")


def _no_type(given: object) -> ValueError:
    return ValueError(f"'type' must be 'TCP' or 'UDP', not {given!r}.")


@implementer(IAddress)
class _Address(Value):
    """A value that has a place among those of its class."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return self._key() < other._key() if type(other) is type(self) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._key() <= other._key() if type(other) is type(self) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self._key() > other._key() if type(other) is type(self) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self._key() >= other._key() if type(other) is type(self) else NotImplemented


_set = object.__setattr__


class IPv4Address(_Address):
    """One end of an IPv4 conversation.

    Args:
        type: ``"TCP"`` or ``"UDP"``.
        host: The address as dotted quad.
        port: The port number.

    Raises:
        ValueError: For any other `type`.
    """

    __slots__ = __match_args__ = ("type", "host", "port")

    type: Literal["TCP", "UDP"]
    host: str
    port: int

    def __init__(self, type: Literal["TCP", "UDP"], host: str, port: int) -> None:
        if type not in _TYPES:
            raise _no_type(type)
        _set_type(self, type)
        _set_host(self, host)
        _set_port(self, port)

    def _key(self) -> tuple[Any, ...]:
        return self.type, self.host, self.port


# Each accepted connection makes one: this takes two thirds of what `_set` does.
_set_type, _set_host, _set_port = [vars(IPv4Address)[name].__set__ for name in IPv4Address.__match_args__]


class IPv6Address(_Address):
    """One end of an IPv6 conversation.

    Args:
        type: ``"TCP"`` or ``"UDP"``.
        host: The address in the presentation form of RFC 5952, without a scope.
        port: The port number.
        flowInfo: The flow label (RFC 3493, section 3.3).
        scopeID: The scope: an interface's index or name.

    Raises:
        ValueError: For any other `type`.
    """

    __slots__ = __match_args__ = ("type", "host", "port", "flowInfo", "scopeID")

    type: Literal["TCP", "UDP"]
    host: str
    port: int
    flowInfo: int
    scopeID: str | int

    def __init__(
        self,
        type: Literal["TCP", "UDP"],
        host: str,
        port: int,
        flowInfo: int = 0,
        scopeID: str | int = 0,
    ) -> None:
        if type not in _TYPES:
            raise _no_type(type)
        _set(self, "type", type)
        _set(self, "host", host)
        _set(self, "port", port)
        _set(self, "flowInfo", flowInfo)
        _set(self, "scopeID", scopeID)

    def _key(self) -> tuple[Any, ...]:
        return self.type, self.host, self.port, self.flowInfo, self.scopeID


class HostnameAddress(_Address):
    """A host by name, before it is resolved.

    Args:
        hostname: The name as bytes, IDNA-encoded.
        port: The port number.
    """

    __slots__ = __match_args__ = ("hostname", "port")

    hostname: bytes
    port: int

    def __init__(self, hostname: bytes, port: int) -> None:
        _set(self, "hostname", hostname)
        _set(self, "port", port)

    def _key(self) -> tuple[Any, ...]:
        return self.hostname, self.port


class UNIXAddress(_Address):
    """One end of a conversation over a UNIX socket.

    Two of them are equal when they have the same name, or when both names lead to the same file.

    Args:
        name: The path; text is encoded as the file system does.  None for a socket without a name.
    """

    __slots__ = ("name",)

    name: bytes | None

    def __init__(self, name: bytes | str | None) -> None:
        _set(self, "name", None if name is None else os.fsencode(name))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UNIXAddress):
            return NotImplemented
        if self.name == other.name:
            return True
        return (ours := self._file()) is not None and ours == other._file()

    def __hash__(self) -> int:
        return hash(self._file() or self.name)

    def __repr__(self) -> str:
        return f"UNIXAddress({None if self.name is None else os.fsdecode(self.name)!r})"

    def _key(self) -> tuple[Any, ...]:
        return (self.name,)

    def _file(self) -> tuple[int, int] | None:
        """The identity of the file that the name leads to, if there is one."""
        if self.name is None:
            return None
        try:
            found = os.stat(self.name)  # noqa: PTH116 (pathlib costs more to load than all of this room)
        except (OSError, ValueError):
            return None
        return found.st_dev, found.st_ino


class ProcessAddress(_Address):
    """The address of a transport that is a process or a pair of pipes: it has none to tell."""

    __slots__ = ()
