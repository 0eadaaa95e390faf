"""The factory of TLS layers: what it is given as TLS settings, and how that becomes an engine.

Settings come in many forms, because programs have many: options of ours, an `ssl.SSLContext`, an object that
makes pyOpenSSL connections, or one that gives a context.  Options of ours choose the engine themselves.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable

from sennit.core.extras import MissingExtraError
from sennit.core.interfaces import (
    ILoggingContext,
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
    IProtocolNegotiationFactory,
)
from sennit.protocol.wrapping import WrappingFactory
from sennit.tls.bridge import openssl_ssl
from sennit.tls.engine import Engine
from sennit.tls.standard import StandardEngine
from sennit.tls.wrapper import BufferingTLSTransport, TLSMemoryBIOProtocol

__all__ = ["StandardSettings", "TLSMemoryBIOFactory"]

HANDSHAKE_TIMEOUT = 60.0
SHUTDOWN_TIMEOUT = 30.0


@runtime_checkable
class StandardSettings(Protocol):
    """TLS settings that the standard library can serve."""

    def standard_engine(self, is_client: bool, protocols: Sequence[bytes] | None) -> Engine | None:
        """Make one end of a connection; None if these settings need pyOpenSSL.

        Args:
            is_client: Which end.
            protocols: What the program's factory wants ALPN to offer, if it says so.
        """


class TLSMemoryBIOFactory(WrappingFactory[TLSMemoryBIOProtocol]):
    """Puts TLS under the protocols of another factory.

    Args:
        contextFactory: The TLS settings: `CertificateOptions`, what `optionsForClientTLS` gives, an
            `ssl.SSLContext`, an `IOpenSSLClientConnectionCreator` or `IOpenSSLServerConnectionCreator`, or
            an object whose ``getContext()`` gives an `OpenSSL.SSL.Context` or an `ssl.SSLContext`.
        isClient: Whether this is the client's end of its connections.
        wrappedFactory: The program's factory.
        clock: The `IReactorTime` for timers and for the end of a turn; None for the current reactor.
        handshake_timeout: Seconds until a handshake is given up; None for never.  It counts where there is
            a `clock`.
        shutdown_timeout: Seconds to wait for the other side's close_notify after ours; None for as long as
            it takes.
    """

    protocol = BufferingTLSTransport

    def __init__(
        self,
        contextFactory: Any,
        isClient: bool,
        wrappedFactory: Any,
        clock: Any | None = None,
        *,
        handshake_timeout: float | None = HANDSHAKE_TIMEOUT,
        shutdown_timeout: float | None = SHUTDOWN_TIMEOUT,
    ) -> None:
        super().__init__(wrappedFactory)
        self.noisy = getattr(wrappedFactory, "noisy", False)
        self.clock = clock
        self.handshake_timeout = handshake_timeout
        self.shutdown_timeout = shutdown_timeout
        # The last transport's declaration, and what a layer's is made of it.
        self.provided: tuple[Any, Any] = (None, None)
        self._is_client = bool(isClient)
        self._settings = contextFactory
        self._make_engine = engine_maker(contextFactory, self._is_client)

    def logPrefix(self) -> str:
        """Give the wrapped factory's prefix, and that this is TLS."""
        wrapped = self.wrappedFactory
        name = wrapped.logPrefix() if ILoggingContext.providedBy(wrapped) else type(wrapped).__name__
        return f"{name} (TLS)"

    def engine_for(self, protocol: Any) -> Engine:
        """Make one end of a connection for a layer."""
        return self._make_engine(protocol, self._protocols())

    def openssl_engine_for(self, protocol: Any) -> Engine | None:
        """Make an end by pyOpenSSL where the standard library would do; None if that cannot be."""
        settings = self._settings
        if not isinstance(settings, StandardSettings):
            return None
        if not (hasattr(settings, _creator(self._is_client)) or hasattr(settings, "getContext")):
            return None
        try:
            return engine_maker(settings, self._is_client, by_openssl=True)(protocol, self._protocols())
        except MissingExtraError:
            return None

    def _protocols(self) -> Sequence[bytes] | None:
        wrapped = self.wrappedFactory
        if IProtocolNegotiationFactory.providedBy(wrapped):
            offered: Sequence[bytes] = wrapped.acceptableProtocols()
            return offered
        return None


def _creator(is_client: bool) -> str:
    return "clientConnectionForTLS" if is_client else "serverConnectionForTLS"


def engine_maker(
    settings: Any, is_client: bool, *, by_openssl: bool = False
) -> Callable[[Any, Sequence[bytes] | None], Engine]:
    """Give the function that makes engines of these settings.

    Args:
        settings: TLS settings in any of the forms that `TLSMemoryBIOFactory` takes.
        is_client: Which end is wanted.
        by_openssl: Whether to use pyOpenSSL where the standard library would do.

    Raises:
        TypeError: If the settings have none of these forms.
    """
    if isinstance(settings, ssl.SSLContext):
        return lambda _layer, _protocols: StandardEngine(settings, server=not is_client)
    interface = IOpenSSLClientConnectionCreator if is_client else IOpenSSLServerConnectionCreator
    if interface.providedBy(settings):
        create = getattr(settings, _creator(is_client))

        def from_creator(layer: Any, protocols: Sequence[bytes] | None) -> Engine:
            return _openssl_engine(create(layer), is_client, protocols)

        fallback: Callable[[Any, Sequence[bytes] | None], Engine] = from_creator
    elif hasattr(settings, "getContext"):
        # What is wrong with a certificate file should be known at once.
        _probe(settings)

        def from_context(layer: Any, protocols: Sequence[bytes] | None) -> Engine:
            context = settings.getContext()
            if isinstance(context, ssl.SSLContext):
                return StandardEngine(context, server=not is_client)
            SSL = openssl_ssl()
            _offer(context, is_client, protocols)
            return _openssl_engine(SSL.Connection(context, None), is_client, None)

        fallback = from_context
    elif isinstance(settings, StandardSettings):

        def fallback(layer: Any, protocols: Sequence[bytes] | None) -> Engine:
            raise TypeError(f"{settings!r} gives no settings for {'clients' if is_client else 'servers'}.")

    else:
        raise TypeError(
            f"{settings!r} gives no TLS settings: pass CertificateOptions, optionsForClientTLS(hostname), an "
            "ssl.SSLContext, or an object with getContext()."
        )
    if by_openssl or not isinstance(settings, StandardSettings):
        return fallback

    def chosen(layer: Any, protocols: Sequence[bytes] | None) -> Engine:
        return settings.standard_engine(is_client, protocols) or fallback(layer, protocols)

    return chosen


def _probe(settings: Any) -> None:
    """Have old-fashioned settings make their context now, unless ours need not."""
    if not isinstance(settings, StandardSettings):
        settings.getContext()


def _openssl_engine(connection: Any, is_client: bool, protocols: Sequence[bytes] | None) -> Engine:
    from sennit.tls.openssl import OpenSSLEngine

    if protocols is not None:
        if is_client:
            connection.set_alpn_protos(list(protocols))
        else:
            _offer(connection.get_context(), is_client, protocols)
    return OpenSSLEngine(connection, server=not is_client)


def _offer(context: Any, is_client: bool, protocols: Sequence[bytes] | None) -> None:
    """Have a pyOpenSSL context negotiate these protocols."""
    if protocols is None:
        return
    from sennit.tls.alpn import set_acceptable_protocols

    # A context that is in use already was told before, or must not be changed.
    with suppress(ValueError):
        set_acceptable_protocols(context, list(protocols))
