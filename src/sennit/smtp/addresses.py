"""Mailboxes as the envelope has them: ``<local@domain>`` (RFC 5321 section 4.1.2, RFC 6531 section 3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

__all__ = ["AddressSyntaxError", "Path", "parse_path", "valid_domain"]

# What matches is never tried again in another way: nothing here has two.
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]++"
_DOT_STRING = rf"{_ATEXT}(?:\.{_ATEXT})*+"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"'
_LETDIG = r"[A-Za-z0-9\x80-\U0010ffff]++"
_LABEL = rf"{_LETDIG}(?:-++{_LETDIG})*+"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*+"
_LITERAL = r"\[[!-Z^-~]+\]"
_ROUTE = rf"@{_DOMAIN}(?:,@{_DOMAIN})*:"
_PATH = re.compile(
    rf"<(?:{_ROUTE})?(?P<local>{_DOT_STRING}|{_QUOTED})(?:@(?P<domain>{_DOMAIN}|{_LITERAL}))?>|(?P<null><>)"
)
_DOMAIN_ONLY = re.compile(rf"{_DOMAIN}|{_LITERAL}")
_DOT_STRING_ONLY = re.compile(_DOT_STRING)
_PAIR = re.compile(r"\\(.)")
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 255


class AddressSyntaxError(ValueError):
    """What should be a path is none."""


@dataclass(slots=True, unsafe_hash=True)
class Path:
    """A path of the envelope: who sent a message, or who shall have it.

    Attributes:
        local: The local part, unquoted; empty in the null path ``<>``, of which bounces come.
        domain: The domain, or an address literal in its brackets; empty in ``<>`` and ``<postmaster>``.
    """

    local: str
    domain: str = ""

    @property
    def null(self) -> bool:
        """Tell whether it is ``<>``."""
        return not self.local and not self.domain

    @property
    def quoted_local(self) -> str:
        """The local part, quoted where it has to be."""
        local = self.local
        # Letters and digits are most local parts, and are told by one look.
        if local.isalnum() or _DOT_STRING_ONLY.fullmatch(local) or self.null:
            return local
        return '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'

    @property
    def mailbox(self) -> str:
        """The mailbox as text, quoted where its local part has to be."""
        return f"{self.quoted_local}@{self.domain}" if self.domain else self.quoted_local

    @property
    def international(self) -> bool:
        """Tell whether it has characters outside of ASCII, so that it needs SMTPUTF8 (RFC 6531)."""
        return not (self.local.isascii() and self.domain.isascii())

    def __str__(self) -> str:
        return f"<{self.mailbox}>"


def parse_path(text: str) -> tuple[Path, str]:
    """Read a path in angle brackets.

    A source route before it is dropped, as RFC 5321 appendix C asks.

    Returns:
        The path, and what follows it.

    Raises:
        AddressSyntaxError: If the text begins with no path, or it is longer than one may be.
    """
    match = _PATH.match(text)
    if match is None:
        raise AddressSyntaxError("An address is written as <local@domain>.")
    rest = text[match.end() :]
    local, domain, null = match.groups("")
    if null:
        return Path(""), rest
    if local[0] == '"':
        local = _PAIR.sub(r"\1", local[1:-1])
    # A character is four octets at most.
    if len(local) > _LONGEST_LOCAL // 4 and len(local.encode()) > _LONGEST_LOCAL:
        raise AddressSyntaxError(f"A local part has at most {_LONGEST_LOCAL} octets.")
    # What matches is a domain but for its length, or else a literal.
    if (len(domain) > _LONGEST_DOMAIN // 4 or domain[:1] == "[") and not valid_domain(domain):
        raise AddressSyntaxError("What follows the @ is no domain.")
    return Path(local, domain), rest


def valid_domain(domain: str) -> bool:
    """Tell whether a text is a domain, or an address literal such as ``[192.0.2.1]`` or ``[IPv6:::1]``."""
    if len(domain.encode()) > _LONGEST_DOMAIN or not _DOMAIN_ONLY.fullmatch(domain):
        return False
    if not domain.startswith("["):
        return True
    literal = domain[1:-1]
    try:
        if literal[:5].lower() == "ipv6:":
            IPv6Address(literal[5:])
        else:
            IPv4Address(literal)
    except AddressValueError:
        return False
    return True
