"""Where a mailer sends to, and how: servers, TLS, log-ins; where mail for a domain goes, and what it asks.

Which servers a domain has (RFC 5321 section 5.1) and its policy (MTA-STS, RFC 8461) are asked of two
functions, which a program replaces; by default a domain's server is the host of its name, and has no policy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sennit.framing.numbers import NumberError, parse_decimal
from sennit.smtp.authentication import CramMD5ClientAuthenticator, LOGINAuthenticator, PLAINAuthenticator
from sennit.smtp.bearer import OAUTHBEARERAuthenticator, XOAUTH2Authenticator
from sennit.smtp.scram import SCRAMAuthenticator

__all__ = [
    "TLS",
    "FindPolicy",
    "FindServers",
    "Login",
    "MailServer",
    "Policy",
    "no_policy",
    "same_host",
    "same_name",
]

_SUBMISSIONS, _SUBMISSION, _SMTP = 465, 587, 25


class TLS(Enum):
    """How a connection is secured."""

    NONE = "none"
    """Not at all."""
    OPPORTUNISTIC = "opportunistic"
    """If the server offers STARTTLS, whoever it is (RFC 7435): this is against those who listen, not against
    those who take part.  No password and no token is said."""
    REQUIRED = "required"
    """By STARTTLS, with a server that proves its name; else nothing is sent."""
    IMPLICIT = "implicit"
    """From the first octet (RFC 8314), with a server that proves its name."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in.

    Attributes:
        user: The name.
        secret: The password, or the token.
        token: Whether it is a token.
        mechanisms: What may be used, the preferred first; None for all.
    """

    user: str
    secret: str
    token: bool = False
    mechanisms: tuple[str, ...] | None = None

    def authenticators(self) -> list[Any]:
        """Make an `IClientAuthentication` for each mechanism, the preferred first."""
        kinds: list[Any] = (
            [OAUTHBEARERAuthenticator, XOAUTH2Authenticator]
            if self.token
            else [SCRAMAuthenticator, PLAINAuthenticator, CramMD5ClientAuthenticator, LOGINAuthenticator]
        )
        made = [kind(self.user) for kind in kinds]
        if self.mechanisms is None:
            return made
        by_name = {one.getName().decode(): one for one in made}
        return [by_name[name.upper()] for name in self.mechanisms if name.upper() in by_name]


@dataclass(frozen=True)
class MailServer:
    """A server that takes mail.

    Attributes:
        host: Its name, which its certificate has to have too.
        port: Its port.
        tls: How the connection is secured; None for what is usual at the port: IMPLICIT at 465, REQUIRED at
            587, OPPORTUNISTIC elsewhere, but REQUIRED if somebody logs in.
        login: Who logs in.
        lmtp: Whether it speaks LMTP (RFC 2033).
        trust_root: The authorities to trust; None for the platform's.
        endpoint: Where to connect instead of to host and port: an `IStreamClientEndpoint`.
    """

    host: str
    port: int = _SMTP
    tls: TLS | None = None
    login: Login | None = None
    lmtp: bool = False
    trust_root: Any = None
    endpoint: Any = None

    @classmethod
    def parse(cls, text: str, **settings: Any) -> MailServer:
        """Make a server of ``host`` or ``host:port``, an IPv6 address in brackets.

        Args:
            text: It.
            **settings: The other attributes.

        Raises:
            ValueError: If it is neither.
        """
        host, colon, port = text.rpartition(":")
        if not colon or port.endswith("]"):
            host, port = text, str(settings.pop("port", _SMTP))
        try:
            number = parse_decimal(port, 65535)
        except NumberError:
            raise ValueError(f"A server is HOST or HOST:PORT, not {text!r}.") from None
        host = host.removeprefix("[").removesuffix("]")
        if not host or not number:
            raise ValueError(f"A server is HOST or HOST:PORT, not {text!r}.")
        return cls(host, number, **settings)

    @property
    def security(self) -> TLS:
        """How the connection is secured, with what is usual filled in."""
        if self.tls is not None:
            return self.tls
        if self.port == _SUBMISSIONS:
            return TLS.IMPLICIT
        return TLS.REQUIRED if self.port == _SUBMISSION or self.login is not None else TLS.OPPORTUNISTIC


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain asks of those who send to it (MTA-STS, RFC 8461 section 3.2).

    Attributes:
        enforced: Whether it is to be kept to; else it is being tested, and what it would forbid is logged.
        servers: The names that its servers have; ``*.`` stands for one label.  Empty to have no policy.
    """

    enforced: bool
    servers: tuple[str, ...]

    def allows(self, host: str) -> bool:
        """Tell whether a server may be sent to."""
        return not self.enforced or self.names(host)

    def names(self, host: str) -> bool:
        """Tell whether a server is one of its own."""
        return any(same_name(pattern, host) for pattern in self.servers)


def same_name(pattern: str, host: str) -> bool:
    """Tell whether a host has the name of a policy's pattern (RFC 8461 section 4.1)."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern.startswith("*."):
        label, _, rest = host.partition(".")
        return bool(label) and rest == pattern[2:]
    return pattern == host


FindServers = Callable[[str], Awaitable[Sequence[str | MailServer]]]
"""Gives the hosts that take a domain's mail, the preferred first (RFC 5321 section 5.1); or servers, with
all that belongs to them."""
FindPolicy = Callable[[str], Awaitable[Policy | None]]
"""Gives a domain's policy, or None if it has none."""


async def same_host(domain: str) -> Sequence[str | MailServer]:
    """Give the host of the domain's own name, as for a domain without MX records."""
    return [domain]


async def no_policy(domain: str) -> Policy | None:
    """Give no policy."""
    return None
