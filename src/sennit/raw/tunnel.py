"""TUN and TAP devices (Linux, networking/tuntap): network interfaces whose other end is this program.

What the system sends out through the interface is read here, and what is written here comes in to the system
through it: Ethernet frames with TAP, IP packets with TUN.  To make one needs the right to administer the
network.  The interface is gone when the port is closed, unless it was made to persist.
"""

from __future__ import annotations

import os
import struct
from enum import IntFlag
from typing import Any, ClassVar

from zope.interface import implementer

from sennit.core.errors import CannotListenError
from sennit.core.failure import Failure
from sennit.core.interfaces import IAddress
from sennit.log import Logger
from sennit.raw.interfaces import IEthernetProtocol
from sennit.transport.datagram import DatagramPort

__all__ = ["TunnelAddress", "TunnelFlags", "TuntapPort"]

_log = Logger()

_DEVICE = b"/dev/net/tun"
# From <linux/if_tun.h>.
_TUNSETIFF = 0x400454CA
_NAME = 16
_REQUEST = struct.Struct("16sH22x")


class TunnelFlags(IntFlag):
    """How a device is made (<linux/if_tun.h>)."""

    IFF_TUN = 0x0001
    IFF_TAP = 0x0002
    TUN_FASYNC = 0x0010
    TUN_NOCHECKSUM = 0x0020
    TUN_NO_PI = 0x0040
    TUN_ONE_QUEUE = 0x0080
    TUN_PERSIST = 0x0100
    TUN_VNET_HDR = 0x0200
    IFF_NO_PI = 0x1000
    IFF_ONE_QUEUE = 0x2000
    IFF_VNET_HDR = 0x4000
    IFF_TUN_EXCL = 0x8000


@implementer(IAddress)
class TunnelAddress:
    """The address of a device.

    Args:
        type: ``TunnelFlags.IFF_TUN`` or ``TunnelFlags.IFF_TAP``.
        name: The interface's name, as bytes.
    """

    __slots__ = ("name", "type")

    compareAttributes: ClassVar[tuple[str, ...]] = ("type", "name")
    showAttributes: ClassVar[tuple[str, ...]] = ("type", "name")

    def __init__(self, type: TunnelFlags, name: bytes) -> None:
        self.type = type
        self.name = name

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TunnelAddress):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.compareAttributes)

    def __hash__(self) -> int:
        return hash((self.type, self.name))

    def __repr__(self) -> str:
        return f"<TunnelAddress type={self.type.name} name={self.name!r}>"


class _System:
    """What the system is asked for; somebody else may stand in for it."""

    O_RDWR = os.O_RDWR
    O_NONBLOCK = os.O_NONBLOCK
    O_CLOEXEC = os.O_CLOEXEC
    open = staticmethod(os.open)
    read = staticmethod(os.read)
    write = staticmethod(os.write)
    close = staticmethod(os.close)

    @staticmethod
    def ioctl(fd: int, opt: int, arg: bytes) -> bytes:
        # Not on every system.
        from fcntl import ioctl

        return ioctl(fd, opt, arg)


class _Device:
    """A device in the form of a socket; the sender of what it receives tells whether the end is missing."""

    __slots__ = ("_fd", "_system")

    def __init__(self, system: Any, fd: int) -> None:
        self._system = system
        self._fd = fd

    def recvfrom(self, size: int) -> tuple[bytes, int]:
        # The system cuts what is longer, and does not tell.
        data = self._system.read(self._fd, size + 1)
        return (data[:size], 1) if len(data) > size else (data, 0)

    def sendto(self, data: bytes, _addr: object) -> None:
        self._system.write(self._fd, data)

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            self._system.close(fd)


class TuntapPort(DatagramPort):
    """A TUN or TAP device; it is there once `startListening` is called.

    Args:
        interface: The interface's name, at most 15 bytes; empty for any that is free.
        proto: Takes what is read: an `IEthernetProtocol` frames, anything else IP packets; by
            ``datagramReceived(data, partial=0)``.
        maxPacketSize: The longest packet taken, in bytes; longer ones are cut to it, and said to be partial.
        reactor: The reactor; by default the current one.
        system: Stands in for the system: ``open``, ``ioctl``, ``read``, ``write``, ``close``, as `os` and
            `fcntl` have them, and the constants for ``open``.

    Attributes:
        interface: The interface's name.
    """

    def __init__(
        self,
        interface: bytes | str,
        proto: Any,
        maxPacketSize: int = 8192,
        reactor: Any = None,
        system: Any = None,
    ) -> None:
        super().__init__(proto, maxPacketSize, reactor)
        self.interface = os.fsencode(interface)
        self._system = _System if system is None else system
        ethernet = IEthernetProtocol.providedBy(proto)
        self._mode = TunnelFlags.IFF_TAP if ethernet else TunnelFlags.IFF_TUN

    def getHost(self) -> TunnelAddress:
        """Give the device's address."""
        return TunnelAddress(self._mode, self.interface)

    def write(self, datagram: bytes) -> None:  # type: ignore[override]  # there is one way to go
        """Send a frame or packet into the system, through the interface.

        Raises:
            MessageLengthError: If it is longer than the system takes.
            OSError: What else the system says, such as that the interface is down.
        """
        super().write(datagram)

    def writeSequence(self, seq: Any) -> None:  # type: ignore[override]  # there is one way to go
        """Send a frame or packet that is given in pieces."""
        self.write(b"".join(seq))

    def logPrefix(self) -> str:
        """Say whose port this is in a line of a log."""
        return f"{super().logPrefix()} ({self._mode.name})"

    def _make_socket(self) -> Any:
        system = self._system
        fd = None
        try:
            fd = system.open(_DEVICE, system.O_RDWR | system.O_CLOEXEC | system.O_NONBLOCK)
            if len(self.interface) >= _NAME:
                raise OSError(f"The name of an interface has {_NAME - 1} bytes at most.")
            request = _REQUEST.pack(self.interface, self._mode | TunnelFlags.IFF_NO_PI)
            made = system.ioctl(fd, _TUNSETIFF, request)
        except OSError as error:
            if fd is not None:
                system.close(fd)
            raise CannotListenError(None, self.interface, error) from None
        self.interface = made[:_NAME].partition(b"\0")[0]
        return _Device(system, fd)

    def _checked(self, addr: Any) -> Any:
        return None

    def _deliver(self, datagram: bytes, partial: int) -> None:
        self.protocol.datagramReceived(datagram, partial=partial)

    def _refused(self, error: OSError) -> None:
        # The interface was taken away.
        _log.warn("{port!r} is closed: {error}", port=self, error=error)
        self.connectionLost(Failure(error))

    def _address_text(self) -> str:
        return os.fsdecode(self.interface)
