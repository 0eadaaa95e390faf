"""Listening for HTTP/3: a UDP port whose QUIC connections a factory answers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, succeed
from sennit.core.extras import missing_extra

__all__ = ["Http3Port", "listen_http3"]


class Http3Port:
    """A UDP port that speaks HTTP/3.

    Args:
        factory: The factory that answers.

    Attributes:
        factory: The factory that answers.
    """

    def __init__(self, factory: Any) -> None:
        self.factory = factory
        self._server: Any = None
        self._host: Any = None

    def begin(self, server: Any, address: tuple[Any, ...]) -> None:
        """Take aioquic's server, and where it listens."""
        self._server = server
        kind = IPv6Address if ":" in address[0] else IPv4Address
        self._host = kind("UDP", address[0], address[1])

    def getHost(self) -> Any:
        """Return our address."""
        return self._host

    def stopListening(self) -> Deferred[None]:
        """Close the port, and every connection on it: they share it."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        return succeed(None)


async def listen_http3(
    factory: Any,
    port: int = 443,
    *,
    certificate: str | Path,
    key: str | Path | None = None,
    interface: str = "0.0.0.0",  # noqa: S104 (as every listening port does)
    retry: bool = True,
    reactor: Any = None,
) -> Http3Port:
    """Answer over HTTP/3 what a factory answers over TCP.

    Drain the factory before the port is closed: its connections end with it.  Clients learn of HTTP/3 by a
    field of the responses over TCP: ``Site(root, headers={"Alt-Svc": 'h3=":443"'})``.

    Args:
        factory: An `HTTPFactory` or `Site`.
        port: The UDP port; 0 lets the system choose.
        certificate: The file with the certificate and its chain.
        key: The file with the key; by default it is in the certificate's.
        interface: The address to listen on.
        retry: Whether clients prove their address before they get a connection (RFC 9000 section 8.1.2).
        reactor: The reactor; the current one by default.

    Raises:
        MissingExtraError: If the extra ``http3`` is not installed.
        OSError: If the port cannot be had, or a file cannot be read.
    """
    try:
        from aioquic.asyncio.server import QuicServer
        from aioquic.h3.connection import H3_ALPN
        from aioquic.quic.configuration import QuicConfiguration

        from sennit.http.h3.server import Http3Channel
    except ImportError:
        raise missing_extra("HTTP/3", "http3") from None
    if reactor is None:
        reactor = current_reactor()
    configuration = QuicConfiguration(
        is_client=False, alpn_protocols=H3_ALPN, idle_timeout=factory.timeOut or 3600.0
    )
    configuration.load_cert_chain(Path(certificate), Path(key or certificate))
    listening = Http3Port(factory)
    transport, server = await reactor.loop.create_datagram_endpoint(
        lambda: QuicServer(
            configuration=configuration, create_protocol=partial(Http3Channel, port=listening), retry=retry
        ),
        local_addr=(interface, port),
    )
    listening.begin(server, transport.get_extra_info("sockname"))
    return listening
