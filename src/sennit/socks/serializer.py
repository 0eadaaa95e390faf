"""A server's answers as octets."""

from __future__ import annotations

import ipaddress

from sennit.socks.errors import LocalProtocolError
from sennit.socks.events import Choice, Reply, ReplyCode, Verdict

__all__ = ["serialize_choice", "serialize_reply", "serialize_reply_4", "serialize_verdict"]

_GRANTED, _REJECTED = 90, 91


def serialize_choice(choice: Choice) -> bytes:
    """Return the answer to a greeting (RFC 1928 section 3)."""
    return bytes((5, choice.method))


def serialize_verdict(verdict: Verdict) -> bytes:
    """Return the answer to a log-in (RFC 1929 section 2)."""
    return b"\1\0" if verdict.accepted else b"\1\1"


def serialize_reply(reply: Reply) -> bytes:
    """Return the answer to a request of version 5 (RFC 1928 section 6).

    Raises:
        LocalProtocolError: If its address is none.
    """
    address = _address(reply)
    kind = 1 if address.version == 4 else 4
    return bytes((5, reply.code, 0, kind)) + address.packed + reply.port.to_bytes(2, "big")


def serialize_reply_4(reply: Reply, version: int = 0, code: int | None = None) -> bytes:
    """Return the answer to a request of version 4.

    Args:
        reply: The reply; an address that is not of IPv4 cannot be told, and is left out.
        version: The first octet, which is 0.
        code: The second, if not the one for the reply's code.

    Raises:
        LocalProtocolError: If its address is none.
    """
    address = _address(reply)
    packed = address.packed if address.version == 4 else bytes(4)
    if code is None:
        code = _GRANTED if reply.code == ReplyCode.SUCCEEDED else _REJECTED
    return bytes((version, code)) + reply.port.to_bytes(2, "big") + packed


def _address(reply: Reply) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        address = ipaddress.ip_address(reply.host.partition("%")[0])
    except ValueError:
        raise LocalProtocolError(f"A reply has an address, not {reply.host!r}.") from None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address
