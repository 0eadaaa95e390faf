"""Endpoints whose connections begin with a PROXY header."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sennit.core.interfaces import IStreamServerEndpoint
from sennit.endpoint.tls import WrapperServerEndpoint
from sennit.haproxy import TRUSTED_BY_DEFAULT, HAProxyWrappingFactory, TrustedSources

__all__ = ["proxyEndpoint", "trusted_networks"]


def proxyEndpoint(
    wrappedEndpoint: IStreamServerEndpoint,
    *,
    trusted: Iterable[str] = TRUSTED_BY_DEFAULT,
    header_timeout: float | None = None,
    direct: bool = False,
) -> WrapperServerEndpoint:
    """Have each connection of an endpoint begin with a PROXY header, from trusted sources only.

    Args:
        wrappedEndpoint: The endpoint below.
        trusted: Networks whose headers are believed; by default the machine itself and private networks.
        header_timeout: Seconds until a connection without a header is closed.
        direct: Take connections from other sources as what they are, without a header; else refuse them.

    Raises:
        ValueError: If one of `trusted` is no network.
    """
    options: dict[str, Any] = {"trusted": tuple(trusted), "direct": direct}
    TrustedSources(options["trusted"])
    if header_timeout is not None:
        options["header_timeout"] = header_timeout
    return WrapperServerEndpoint(wrappedEndpoint, lambda factory: HAProxyWrappingFactory(factory, **options))


def trusted_networks(text: str | None) -> Iterable[str]:
    """Read a list of networks with commas between them, as descriptions have it; None for the default."""
    return TRUSTED_BY_DEFAULT if text is None else [name.strip() for name in text.split(",") if name.strip()]
