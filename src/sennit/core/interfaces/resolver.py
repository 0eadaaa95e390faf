"""Interfaces of name resolution: hosts to addresses, and DNS records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from zope.interface import Attribute, Interface

from sennit.core.interfaces.address import IAddress

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

    Records: TypeAlias = "Deferred[tuple[list[Any], list[Any], list[Any]]]"

__all__ = [
    "IHostResolution",
    "IHostnameResolver",
    "IReactorPluggableNameResolver",
    "IReactorPluggableResolver",
    "IResolutionReceiver",
    "IResolver",
    "IResolverSimple",
]


class IHostResolution(Interface):
    """A resolution of a host's name that is under way."""

    name: str = Attribute("The name that is being resolved.")

    def cancel() -> None:
        """Stop it; no address is reported after this."""


class IResolutionReceiver(Interface):
    """Takes the addresses of a host as they are found."""

    def resolutionBegan(resolutionInProgress: IHostResolution) -> None:
        """Learn that the resolution has begun; the first call."""

    def addressResolved(address: IAddress) -> None:
        """Take one address."""

    def resolutionComplete() -> None:
        """Learn that there are no more; the last call."""


class IHostnameResolver(Interface):
    """Resolves the names of hosts to addresses."""

    def resolveHostName(
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """Resolve a name.

        Args:
            resolutionReceiver: What takes the addresses.
            hostName: The name.
            portNumber: The port to put into the addresses.
            addressTypes: The classes of address wanted, such as `IPv4Address`; None for all.
            transportSemantics: ``"TCP"`` or ``"UDP"``, to put into the addresses.

        Returns:
            The resolution, which `resolutionReceiver` was given too.
        """


class IReactorPluggableNameResolver(Interface):
    """A reactor whose resolver of host names can be replaced."""

    nameResolver: IHostnameResolver = Attribute("The resolver now in use.")

    def installNameResolver(resolver: IHostnameResolver) -> IHostnameResolver:
        """Replace the resolver.

        Returns:
            The resolver that was in use.
        """


class IResolverSimple(Interface):
    """Resolves the names of hosts to IPv4 addresses."""

    def getHostByName(name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        """Resolve a name.

        Args:
            name: The name.
            timeout: Seconds to wait for each try in turn; empty for the resolver's own.

        Returns:
            A Deferred that fires with an address in text, or fails with
            `sennit.core.errors.DNSLookupError`.
        """


class IReactorPluggableResolver(Interface):
    """A reactor whose simple resolver can be replaced."""

    def installResolver(resolver: IResolverSimple) -> IResolverSimple:
        """Replace the resolver.

        Returns:
            The resolver that was in use.
        """


class IResolver(IResolverSimple):
    """Asks the domain name system (RFC 1034, RFC 1035).

    Each method takes the domain's name and the seconds to wait for each try in turn, and returns a
    Deferred that fires with the three sections of the answer (answers, authority, additional), each
    a list of resource records, or fails with an error of `sennit.dns` that says why there is none.
    """

    def query(query: Any, timeout: Sequence[int]) -> Records:
        """Ask what a `Query` object says."""

    def lookupAddress(name: str, timeout: Sequence[int]) -> Records:
        """Look up the IPv4 addresses (A, RFC 1035)."""

    def lookupAddress6(name: str, timeout: Sequence[int]) -> Records:
        """Look up the IPv6 addresses in their old form (A6, RFC 2874)."""

    def lookupIPV6Address(name: str, timeout: Sequence[int]) -> Records:
        """Look up the IPv6 addresses (AAAA, RFC 3596)."""

    def lookupMailExchange(name: str, timeout: Sequence[int]) -> Records:
        """Look up the mail exchangers (MX, RFC 1035)."""

    def lookupNameservers(name: str, timeout: Sequence[int]) -> Records:
        """Look up the name servers (NS, RFC 1035)."""

    def lookupCanonicalName(name: str, timeout: Sequence[int]) -> Records:
        """Look up the canonical name (CNAME, RFC 1035)."""

    def lookupMailBox(name: str, timeout: Sequence[int]) -> Records:
        """Look up the mailbox host (MB, RFC 1035)."""

    def lookupMailGroup(name: str, timeout: Sequence[int]) -> Records:
        """Look up the mail group members (MG, RFC 1035)."""

    def lookupMailRename(name: str, timeout: Sequence[int]) -> Records:
        """Look up the renamed mailbox (MR, RFC 1035)."""

    def lookupPointer(name: str, timeout: Sequence[int]) -> Records:
        """Look up what an address points back to (PTR, RFC 1035)."""

    def lookupAuthority(name: str, timeout: Sequence[int]) -> Records:
        """Look up the start of authority (SOA, RFC 1035)."""

    def lookupNull(name: str, timeout: Sequence[int]) -> Records:
        """Look up the free-form data (NULL, RFC 1035)."""

    def lookupWellKnownServices(name: str, timeout: Sequence[int]) -> Records:
        """Look up the well-known services (WKS, RFC 1035)."""

    def lookupHostInfo(name: str, timeout: Sequence[int]) -> Records:
        """Look up the host's machine and system (HINFO, RFC 1035)."""

    def lookupMailboxInfo(name: str, timeout: Sequence[int]) -> Records:
        """Look up the responsible mailboxes (MINFO, RFC 1035)."""

    def lookupText(name: str, timeout: Sequence[int]) -> Records:
        """Look up the texts (TXT, RFC 1035)."""

    def lookupResponsibility(name: str, timeout: Sequence[int]) -> Records:
        """Look up the responsible person (RP, RFC 1183)."""

    def lookupAFSDatabase(name: str, timeout: Sequence[int]) -> Records:
        """Look up the AFS servers (AFSDB, RFC 1183)."""

    def lookupService(name: str, timeout: Sequence[int]) -> Records:
        """Look up the hosts of a service (SRV, RFC 2782)."""

    def lookupAllRecords(name: str, timeout: Sequence[int]) -> Records:
        """Look up records of every type (RFC 1035, section 3.2.3)."""

    def lookupSenderPolicy(name: str, timeout: Sequence[int]) -> Records:
        """Look up the sender policy in its own record type (SPF, RFC 4408)."""

    def lookupNamingAuthorityPointer(name: str, timeout: Sequence[int]) -> Records:
        """Look up the naming authority pointers (NAPTR, RFC 3403)."""

    def lookupZone(name: str, timeout: Sequence[int]) -> Records:
        """Fetch the whole zone (AXFR, RFC 5936)."""
