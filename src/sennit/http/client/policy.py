"""How the server of an https URI is verified: by default as browsers do, by the platform's authorities."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.http.client.interfaces import IPolicyForHTTPS

__all__ = ["BrowserLikePolicyForHTTPS", "HostnameCachingHTTPSPolicy", "policy_of"]


@implementer(IPolicyForHTTPS)
class BrowserLikePolicyForHTTPS:
    """Verifies a server by its host name and by authorities that are trusted.

    Args:
        trustRoot: The authorities; None for the platform's.
        acceptable_protocols: What to offer by ALPN, the preferred first; None to offer nothing.
    """

    def __init__(self, trustRoot: Any = None, *, acceptable_protocols: Any = None) -> None:
        self._trustRoot = trustRoot
        self._protocols = acceptable_protocols
        self._settings: Any = None

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        """Return TLS settings that verify a host.

        Args:
            hostname: The host's name, or its IP address.
            port: The port number, which does not matter.

        Raises:
            MissingExtraError: If TLS is not installed.
        """
        from sennit.tls import ClientTLSOptions, optionsForClientTLS

        name = hostname.decode("ascii")
        if self._settings is None:
            options = optionsForClientTLS(
                name, trustRoot=self._trustRoot, acceptableProtocols=self._protocols
            )
            # Reading the platform's authorities costs more than the handshake: once is enough.
            self._settings = options._settings
            return options
        return ClientTLSOptions(name, self._settings)


@implementer(IPolicyForHTTPS)
class HostnameCachingHTTPSPolicy:
    """Keeps what another policy gave for the hosts that were asked for last.

    Args:
        policyforHTTPS: The other policy.
        cacheSize: For how many hosts.
    """

    def __init__(self, policyforHTTPS: Any, cacheSize: int = 20) -> None:
        self._policyForHTTPS = policyforHTTPS
        self._cache: dict[str, Any] = {}
        self._cacheSize = cacheSize

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        """Return the TLS settings for a host, those of the last time if they are still here."""
        name = hostname.decode("ascii")
        creator = self._cache.pop(name, None)
        if creator is None:
            creator = self._policyForHTTPS.creatorForNetloc(hostname, port)
        self._cache[name] = creator
        if len(self._cache) > self._cacheSize:
            del self._cache[next(iter(self._cache))]
        return creator


@implementer(IPolicyForHTTPS)
class _FixedPolicy:
    """The policy of programs that give a context factory in place of one."""

    def __init__(self, context_factory: Any) -> None:
        self._context_factory = context_factory

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        """Return settings whose context is what the factory gives for a host."""
        return _ContextFor(self._context_factory, hostname, port)


class _ContextFor:
    def __init__(self, context_factory: Any, hostname: bytes, port: int) -> None:
        self._arguments = (context_factory, hostname, port)

    def getContext(self) -> Any:
        """Return the factory's context for this host."""
        factory, hostname, port = self._arguments
        return factory.getContext(hostname, port)


def policy_of(policy: Any) -> Any:
    """Return an `IPolicyForHTTPS` for what a program gave as one."""
    if IPolicyForHTTPS.providedBy(policy):
        return policy
    import warnings

    warnings.warn(
        f"{policy!r} was passed as the HTTPS policy for an Agent, but it does not provide IPolicyForHTTPS. "
        "Pass something that does, such as BrowserLikePolicyForHTTPS.",
        DeprecationWarning,
        stacklevel=3,
    )
    return _FixedPolicy(policy)
