"""Who sends a message and who shall have it, as programs see them."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Any, ClassVar

from sennit.smtp.addresses import AddressSyntaxError, Path, parse_path
from sennit.smtp.commands import Parameters
from sennit.smtp.errors import AddressError

__all__ = ["DNSNAME", "Address", "User", "quoteaddr"]

DNSNAME = b"localhost"
"""The domain of an address that has none, and a server's name where none was given."""


class Address:
    """A mailbox.

    Args:
        addr: As text or bytes, in angle brackets or not; a source route before it is dropped.  Empty for
            the null sender.
        defaultDomain: The domain if it has none; this machine's if None.

    Attributes:
        local: The local part, quoted where it has to be.
        domain: The domain.
        dequotebs: A pair that a backslash begins, in a quoted string.

    Raises:
        AddressError: If it is no mailbox.
    """

    __slots__ = ("domain", "local")
    dequotebs: ClassVar[re.Pattern[bytes]] = re.compile(rb"\\(.)", re.DOTALL)

    def __init__(self, addr: Any, defaultDomain: bytes | None = None) -> None:
        text = addr if isinstance(addr, str) else bytes(addr).decode("utf-8", "surrogateescape")
        if not text.startswith("<"):
            text = f"<{text}>"
        try:
            path, rest = parse_path(text)
        except AddressSyntaxError as error:
            raise AddressError(f"{error} This is none: {text!r}") from None
        if rest:
            raise AddressError(f"Something follows the address {path}: {rest!r}")
        self.local = path.quoted_local.encode()
        self.domain = path.domain.encode() or (b"" if path.null else defaultDomain or DNSNAME)

    @classmethod
    def from_path(cls, path: Path, default_domain: bytes | None = None) -> Address:
        """Make an address of a path that was read already.

        Args:
            path: The path.
            default_domain: As of the class.
        """
        address = cls.__new__(cls)
        address.local = path.quoted_local.encode()
        domain = path.domain
        address.domain = domain.encode() if domain else b"" if path.null else default_domain or DNSNAME
        return address

    def dequote(self, addr: bytes | str) -> bytes:
        """Return a local part without its quotes."""
        octets = addr.encode() if isinstance(addr, str) else addr
        if not octets.startswith(b'"'):
            return octets
        return self.dequotebs.sub(rb"\1", octets[1:-1])

    def __bytes__(self) -> bytes:
        return b"%s@%s" % (self.local, self.domain) if self.local or self.domain else b""

    def __str__(self) -> str:
        return bytes(self).decode("utf-8", "surrogateescape")

    def __repr__(self) -> str:
        return f"{type(self).__module__}.{type(self).__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and bytes(self) == bytes(other)

    def __hash__(self) -> int:
        return hash(bytes(self))


class User:
    """One recipient of a message that is being received.

    Args:
        destination: The recipient: an `Address`, or what makes one.
        helo: Who the client says it is, and its host.
        protocol: The conversation.
        orig: The sender, an `Address` or what makes one, or None.
        parameters: The parameters of RCPT, by their keywords.

    Attributes:
        dest: The recipient.
        orig: The sender.
    """

    def __init__(
        self, destination: Any, helo: Any, protocol: Any, orig: Any, parameters: Parameters | None = None
    ) -> None:
        self.dest = destination if isinstance(destination, Address) else Address(destination)
        self.helo = helo
        self.protocol = protocol
        self.orig = orig if orig is None or isinstance(orig, Address) else Address(orig)
        self.parameters: Parameters = parameters or {}

    def __getstate__(self) -> dict[str, Any]:
        """Keep all but the conversation, which does not outlive its connection."""
        return {**self.__dict__, "protocol": None}

    def __bytes__(self) -> bytes:
        return bytes(self.dest)

    def __str__(self) -> str:
        return str(self.dest)


def quoteaddr(addr: Address | bytes | str) -> bytes:
    """Return an address as the envelope has it, in angle brackets.

    Args:
        addr: An address, also as a header has it, with a name.
    """
    if isinstance(addr, Address):
        return b"<%s>" % bytes(addr)
    text = addr if isinstance(addr, str) else addr.decode("utf-8", "surrogateescape")
    mailbox = parseaddr(text)[1] or text
    return f"<{mailbox.strip('<>')}>".encode("utf-8", "surrogateescape")
