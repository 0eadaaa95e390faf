"""Where data goes: PORT, PASV, EPRT and EPSV (RFC 959, RFC 2428), and what protects it (RFC 4217).

A server that connects to wherever it is told can be made to attack others (RFC 2577): PORT and EPRT may name
the client's own host only, and no port below 1024, unless `allow_foreign_addresses` is set.
"""

from __future__ import annotations

import contextlib
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, fail
from sennit.core.errors import CannotListenError
from sennit.core.failure import Failure
from sennit.framing.numbers import NumberError, parse_decimal
from sennit.ftp import replies
from sennit.ftp.addresses import decodeExtendedAddress, decodeHostPort, encodeHostPort, same_host
from sennit.ftp.data import DTP, DTPFactory
from sennit.ftp.events import Reply
from sennit.ftp.refusals import (
    BadCmdSequenceError,
    CmdArgSyntaxError,
    DataConnectionError,
    PASVIPv6NotImplementedError,
    PolicyError,
    UnsupportedNetworkProtocolError,
)
from sennit.ftp.session import Session

__all__ = ["DataChannel"]

_LOWEST_PORT = 1024


def _check_network_protocol(protocol: str) -> None:
    try:
        number = parse_decimal(protocol, 65535)
    except NumberError:
        raise CmdArgSyntaxError(protocol) from None
    if number not in {1, 2}:
        raise UnsupportedNetworkProtocolError("1,2")


def _ignore(_: Failure) -> None:
    """Forget why there was no data connection: the client has asked for another, or is gone."""


class DataChannel(Session):
    """A control connection with its data connections.

    Attributes:
        dtpFactory: What waits for the data connection.
        dtpInstance: The data connection.
        dtpPort: The port, or the connector, that it comes by.
        dtpTimeout: Seconds to wait for it.
        data_timeout: Seconds after which it is dropped if nothing moves; None for never.
        passivePortRange: The ports that clients connect to.
        passive_address: The IPv4 address to tell clients that are to connect, if it is not the server's own:
            that of a gateway before it.
        allow_foreign_addresses: Whether data may come from and go to hosts that are not the client's.
        tls_context: The settings of TLS, or None if it is not offered.
        require_tls: Whether there is no log-in, and no data, without TLS.
    """

    dtpFactory: Any = None
    dtpInstance: Any = None
    dtpPort: Any = None
    dtpTimeout: float = 10
    data_timeout: float | None = 300
    passivePortRange: Any = range(1)
    passive_address: str | None = None
    allow_foreign_addresses: bool = False
    tls_context: Any = None
    require_tls: bool = False
    secure = False
    _protected = False
    _buffer_agreed = False
    _extended_only = False

    @staticmethod
    def listenFactory(port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        """Listen for data connections; may be replaced."""
        return current_reactor().listenTCP(port, factory, backlog, interface)

    def getDTPPort(self, factory: Any, interface: str = "") -> Any:
        """Listen on one of `passivePortRange`.

        Args:
            factory: What builds the data connection.
            interface: The address to listen on.

        Raises:
            CannotListenError: If none is free.
        """
        for number in self.passivePortRange:
            try:
                return self.listenFactory(number, factory, interface=interface)
            except CannotListenError:
                continue
        raise CannotListenError(
            "", number if self.passivePortRange else 0, f"No port available in range {self.passivePortRange}"
        )

    def _wait_for_data(self, host: str | None) -> Any:
        self.cleanupDTP()
        factory = self.dtpFactory = DTPFactory(pi=self, peerHost=host)
        factory.context = self.tls_context if self._protected else None
        factory.idle_timeout = self.data_timeout
        factory.setTimeout(self.dtpTimeout)
        return factory

    def _listen(self, *interfaces: str) -> int:
        """Listen for the data connection on the first of these addresses that can be listened on."""
        factory = self._wait_for_data(None if self.allow_foreign_addresses else self.transport.getPeer().host)
        for interface in interfaces:
            with contextlib.suppress(CannotListenError):
                self.dtpPort = self.getDTPPort(factory, interface)
                return int(self.dtpPort.getHost().port)
        self.cleanupDTP()
        raise DataConnectionError

    def ftp_PASV(self) -> Any:
        """Wait for the client to connect (RFC 959 section 4.1.2)."""
        if self._extended_only:
            raise BadCmdSequenceError("may not send PASV after EPSV ALL")
        here = str(self.transport.getHost().host)
        mapped = here.lower().removeprefix("::ffff:")
        if ":" in mapped:
            raise PASVIPv6NotImplementedError
        port = self._listen(here)
        self.reply(replies.ENTERING_PASV_MODE, encodeHostPort(self.passive_address or mapped, port))

    def ftp_EPSV(self, protocol: str = "") -> Any:
        """Wait for the client to connect, to the address that it knows (RFC 2428 section 3).

        That may be one that only a gateway has, and by the other version of IP: any is listened on, if no
        version is asked for.
        """
        if protocol.upper() == "ALL":
            self._extended_only = True
            return replies.EPSV_ALL_OK
        here = str(getattr(self.transport.getHost(), "host", ""))
        if protocol:
            _check_network_protocol(protocol)
            # The scope that goes with a link's address is not known: any address then.
            same = (protocol == "2") == (":" in here) and not here.startswith("fe80")
            interfaces = [here if same else "::" if protocol == "2" else "0.0.0.0"]  # noqa: S104 (told to)
        else:
            interfaces = ["::", here]
        self.reply(replies.ENTERING_EPSV_MODE, self._listen(*interfaces))
        return None

    def ftp_PORT(self, address: str) -> Any:
        """Connect to the client (RFC 959 section 4.1.2)."""
        if self._extended_only:
            raise BadCmdSequenceError("may not send PORT after EPSV ALL")
        try:
            host, port = decodeHostPort(address)
        except ValueError:
            raise CmdArgSyntaxError(address) from None
        return self._connect(host, port)

    def ftp_EPRT(self, extendedAddress: str) -> Any:
        """Connect to the client (RFC 2428 section 2)."""
        if self._extended_only:
            raise BadCmdSequenceError("may not send EPRT after EPSV ALL")
        try:
            protocol, host, port = decodeExtendedAddress(extendedAddress)
        except ValueError:
            raise CmdArgSyntaxError(extendedAddress) from None
        _check_network_protocol(protocol)
        return self._connect(host, port)

    def _connect(self, host: str, port: int) -> Deferred[Any]:
        if not self.allow_foreign_addresses:
            if not same_host(host, str(self.transport.getPeer().host)):
                return fail(PolicyError(504, "Data goes to the client's own address only."))
            if port < _LOWEST_PORT:
                return fail(PolicyError(504, "Data does not go to a port below 1024."))
        factory = self._wait_for_data(host)
        factory.active = True
        factory.peerCheck = False
        self.dtpPort = current_reactor().connectTCP(host, port, factory, timeout=self.dtpTimeout)
        connecting: Deferred[Any] = factory.deferred
        return connecting.addCallbacks(self._connected, self._not_connected)

    def _connected(self, _: object) -> str:
        return replies.ENTERING_PORT_MODE

    def _not_connected(self, failure: Failure) -> Failure:
        self.cleanupDTP()
        return Failure(DataConnectionError())

    def cleanupDTP(self) -> None:
        """Be done with the data connection: close it, and listen no more."""
        port, self.dtpPort = self.dtpPort, None
        instance, self.dtpInstance = self.dtpInstance, None
        factory, self.dtpFactory = self.dtpFactory, None
        if factory is not None:
            factory.cancelTimeout()
            factory.timeoutFactory()
            factory.deferred.addErrback(_ignore)
        if port is not None:
            if hasattr(port, "stopListening"):
                port.stopListening()
            elif instance is None:
                port.disconnect()
        if isinstance(instance, DTP) and instance.isConnected:
            instance.abort()

    # Protection

    def ftp_AUTH(self, mechanism: str) -> Any:
        """Begin TLS (RFC 4217 section 4)."""
        if self.tls_context is None:
            raise PolicyError(502, "TLS is not offered here.")
        if mechanism.upper() not in {"TLS", "TLS-C", "SSL"}:
            raise PolicyError(504, "TLS is what is offered here.")
        if self.secure:
            raise PolicyError(503, "It is under TLS already.")
        self.cleanupDTP()
        self._forget_login()
        self.send_reply(Reply(234, ("AUTH TLS begins.",)))
        self._conversation.tls_started()
        self.clearLineBuffer()
        self.transport.startTLS(self.tls_context)
        self.secure = True

    def _forget_login(self) -> None:
        """Forget who has logged in, if anybody."""

    def ftp_PBSZ(self, size: str) -> Any:
        """Agree on the size of a protected block: TLS has none (RFC 4217 section 8)."""
        if not self.secure:
            raise PolicyError(503, "PBSZ comes after AUTH TLS.")
        self._buffer_agreed = True
        return Reply(200, ("PBSZ=0",))

    def ftp_PROT(self, level: str) -> Any:
        """Say whether data is protected (RFC 4217 section 9)."""
        if not self._buffer_agreed:
            raise PolicyError(503, "PROT comes after PBSZ.")
        level = level.upper()
        if level not in {"C", "P"}:
            raise PolicyError(536 if level in {"S", "E"} else 504, "The levels are C and P.")
        if level == "C" and self.require_tls:
            raise PolicyError(534, "Data is protected here.")
        self._protected = level == "P"
        return Reply(200, (f"Protection is {level}.",))
