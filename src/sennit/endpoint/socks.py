"""Connecting through a SOCKS proxy, version 5 (RFC 1928), with user name and password if need be (RFC 1929).

The proxy is told the name of the destination and looks it up itself, so that names do not leak to the local
resolver.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from sennit.endpoint.tunnelling import TunnelEndpoint, TunnelError, Tunnelling

__all__ = ["SOCKS5ClientEndpoint", "SOCKSHandshake"]

_VERSION, _CONNECT = 5, 1
_NO_AUTHENTICATION, _PASSWORD, _NO_METHOD = 0, 2, 0xFF
_IPV4, _NAME, _IPV6 = 1, 3, 4
_REPLIES = {
    1: "it has failed",
    2: "its rules forbid the connection",
    3: "the network cannot be reached",
    4: "the host cannot be reached",
    5: "the connection was refused",
    6: "the time to live has expired",
    7: "it does not connect",
    8: "it does not know that kind of address",
}


class SOCKSHandshake:
    """The client's side of the opening of a way, without I/O.

    Args:
        host: The destination's name or address.
        port: The destination's port.
        user: Who we are; None to be nobody.
        password: The password.

    Attributes:
        done: Whether the way is open.

    Raises:
        ValueError: If name, user or password is too long to be said.
    """

    def __init__(
        self, host: bytes, port: int, user: bytes | None = None, password: bytes | None = None
    ) -> None:
        if not 0 < len(host) <= 255:
            raise ValueError(f"SOCKS takes a host name of 1 to 255 octets, not {len(host)}.")
        if user is not None and not (0 < len(user) <= 255 and 0 < len(password or b"") <= 255):
            raise ValueError("SOCKS takes a user name and a password of 1 to 255 octets.")
        self._host = host
        self._port = port
        self._user = user
        self._password = password or b""
        self._data = b""
        self._step = self._method_chosen
        self.done = False

    def greeting(self) -> bytes:
        """Return what to send first."""
        if self._user is None:
            return bytes((_VERSION, 1, _NO_AUTHENTICATION))
        return bytes((_VERSION, 2, _NO_AUTHENTICATION, _PASSWORD))

    def receive_data(self, data: bytes) -> bytes:
        """Take octets from the proxy, and return what to send.

        Raises:
            TunnelError: If the proxy refuses, or what it says is no SOCKS.
        """
        self._data += data
        answer = b""
        while not self.done:
            step = self._step
            sent = step()
            if sent is None:
                break
            answer += sent
        return answer

    def take_rest(self) -> bytes:
        """Return what came after the way was open."""
        rest, self._data = self._data, b""
        return rest

    def _take(self, size: int) -> bytes | None:
        if len(self._data) < size:
            return None
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def _method_chosen(self) -> bytes | None:
        reply = self._take(2)
        if reply is None:
            return None
        if reply[0] != _VERSION:
            raise TunnelError("The proxy does not speak SOCKS 5.")
        if reply[1] == _PASSWORD and self._user is not None:
            self._step = self._authenticated
            user, password = self._user, self._password
            return bytes((1, len(user))) + user + bytes((len(password),)) + password
        if reply[1] != _NO_AUTHENTICATION:
            raise TunnelError("The SOCKS proxy wants to know who we are, in a way that we cannot tell.")
        return self._ask()

    def _authenticated(self) -> bytes | None:
        reply = self._take(2)
        if reply is None:
            return None
        if reply[1] != 0:
            raise TunnelError("The SOCKS proxy does not accept the user name and password.")
        return self._ask()

    def _ask(self) -> bytes:
        self._step = self._connected
        try:
            address = ipaddress.ip_address(self._host.decode("ascii"))
        except ValueError:
            destination = bytes((_NAME, len(self._host))) + self._host
        else:
            destination = bytes((_IPV4 if address.version == 4 else _IPV6,)) + address.packed
        return bytes((_VERSION, _CONNECT, 0)) + destination + self._port.to_bytes(2, "big")

    def _connected(self) -> bytes | None:
        data = self._data
        if len(data) < 5:
            return None
        if data[0] != _VERSION:
            raise TunnelError("The proxy does not speak SOCKS 5.")
        if data[1] != 0:
            reason = _REPLIES.get(data[1], f"it says {data[1]}")
            raise TunnelError(f"The SOCKS proxy did not open the way: {reason}.")
        sizes = {_IPV4: 10, _IPV6: 22, _NAME: 7 + data[4]}
        size = sizes.get(data[3])
        if size is None:
            raise TunnelError("The SOCKS proxy names an address of no known kind.")
        if self._take(size) is None:
            return None
        self.done = True
        return b""


class _SOCKSTunnel(Tunnelling):
    def __init__(self, handshake: SOCKSHandshake) -> None:
        super().__init__()
        self._handshake = handshake

    def connectionMade(self) -> None:
        self.transport.write(self._handshake.greeting())

    def dataReceived(self, data: bytes) -> None:
        handshake = self._handshake
        try:
            answer = handshake.receive_data(data)
        except TunnelError as error:
            self.refuse(error)
            return
        if answer:
            self.transport.write(answer)
        if handshake.done:
            self.open_with(handshake.take_rest())


class SOCKS5ClientEndpoint(TunnelEndpoint):
    """Connects through a SOCKS 5 proxy.

    Args:
        endpoint: Where the proxy is.
        host: The destination's name or address.
        port: The destination's port.
        user: Who we are; None to be nobody.
        password: The password.

    Raises:
        ValueError: If name, user or password is too long to be said.
    """

    def __init__(
        self,
        endpoint: Any,
        host: bytes | str,
        port: int,
        user: bytes | None = None,
        password: bytes | None = None,
    ) -> None:
        host = host.encode("idna") if isinstance(host, str) else host
        SOCKSHandshake(host, port, user, password)
        super().__init__(
            endpoint, host, port, lambda: _SOCKSTunnel(SOCKSHandshake(host, port, user, password))
        )
