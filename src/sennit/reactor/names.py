"""Host names: `resolve`, and the resolvers that can be put in place of the system's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sennit.core.deferred import Deferred, succeed
from sennit.core.interfaces import IHostnameResolver, IResolverSimple
from sennit.reactor.threaded import Threads

__all__ = ["Names"]


class Names(Threads):
    """IReactorPluggableNameResolver, IReactorPluggableResolver and `resolve` of IReactorCore."""

    # Resolvers are loaded with the first name: servers have none to look up.

    @cached_property
    def nameResolver(self) -> IHostnameResolver:
        """Resolves names to addresses of both families."""
        from sennit.reactor.resolver import GAIResolver

        return GAIResolver(self, self._get_resolver_pool)

    @cached_property
    def resolver(self) -> IResolverSimple:
        """The same as an IResolverSimple, or the one that was installed."""
        from sennit.reactor.resolver import ComplexResolverSimplifier

        return ComplexResolverSimplifier(self.nameResolver)

    def resolve(self, name: str | bytes, timeout: Sequence[int] = (1, 3, 11, 45)) -> Deferred[str]:
        """Look up an IPv4 address of a host.

        Args:
            name: The host's name; an IPv4 address is its own, and nothing is ``"0.0.0.0"``.
            timeout: Seconds to wait for each try in turn, for resolvers that try more than once.

        Returns:
            A Deferred that fires with the address in text, or fails with
            `sennit.core.errors.DNSLookupError`.
        """
        from sennit.reactor.resolver import literal_address

        if isinstance(name, bytes):
            name = name.decode("ascii")
        if not name:
            return succeed("0.0.0.0")  # noqa: S104 (what "any address" is in text)
        if ":" not in name and literal_address(name, 0) is not None:
            return succeed(name)
        return self.resolver.getHostByName(name, timeout)

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """Resolve names with `resolver` from now on.

        Returns:
            The resolver that was in use.
        """
        from sennit.reactor.resolver import ComplexResolverSimplifier

        before = self.nameResolver
        self.nameResolver = resolver
        self.resolver = ComplexResolverSimplifier(resolver)
        return before

    def installResolver(self, resolver: IResolverSimple) -> IResolverSimple:
        """Resolve names with a resolver that knows IPv4 only, from now on.

        Returns:
            The resolver that was in use.
        """
        from sennit.reactor.resolver import SimpleResolverComplexifier

        assert IResolverSimple.providedBy(resolver), f"{resolver!r} does not provide IResolverSimple"
        before = self.resolver
        self.resolver = resolver
        self.nameResolver = SimpleResolverComplexifier(resolver)
        return before
