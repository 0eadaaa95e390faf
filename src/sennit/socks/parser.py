"""What a client sends, as events: SOCKS 4 and 4a, SOCKS 5 (RFC 1928) and its log-in (RFC 1929).

Each function takes one message off the buffer, or returns None while it is not complete and leaves what it
may look at again.  A message is at most a few hundred octets: no length in it is more than one octet long,
and the two strings of version 4 have limits.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from sennit.framing.buffer import BoundedBuffer, LimitExceededError
from sennit.socks.errors import RemoteProtocolError
from sennit.socks.events import Greeting, Login, Reply, ReplyCode, Request
from sennit.socks.serializer import serialize_reply, serialize_reply_4

__all__ = ["REJECTED_4", "parse_greeting", "parse_login", "parse_request", "parse_request_4"]

REJECTED_4: Final = serialize_reply_4(Reply(ReplyCode.FAILURE))
_HEAD_4: Final = 8
_LONGEST: Final = 255
_NAME: Final = re.compile(rb"[\x21-\x7e]{1,255}\Z")
_SIZES: Final = {1: 4, 4: 16}


def parse_greeting(buffer: BoundedBuffer) -> Greeting | None:
    """Take a greeting of version 5: how the client can log in."""
    head = buffer.peek(2)
    methods = buffer.take_after(2, head[1]) if len(head) == 2 else None
    return None if methods is None else Greeting(frozenset(methods))


def parse_login(buffer: BoundedBuffer) -> Login | None:
    """Take a user name and a password.

    Raises:
        RemoteProtocolError: If it is of another version.
    """
    data = buffer.peek(3 + 2 * _LONGEST)
    if not data:
        return None
    if data[0] != 1:
        raise RemoteProtocolError(f"The log-in is of version {data[0]}, not 1.", b"\1\1")
    if len(data) < 2 or len(data) < 3 + data[1]:
        return None
    user = data[2 : 2 + data[1]]
    start = 3 + data[1]
    end = start + data[start - 1]
    if len(data) < end:
        return None
    buffer.skip(end)
    return Login(user, data[start:end])


def parse_request(buffer: BoundedBuffer) -> Request | None:
    """Take a request of version 5.

    Raises:
        RemoteProtocolError: If it is of another version, or what it names is no address.
    """
    data = buffer.peek(7 + _LONGEST)
    if not data:
        return None
    if data[0] != 5:
        raise _wrong(ReplyCode.FAILURE, f"The request is of version {data[0]}, not 5.")
    if len(data) < 5:
        return None
    kind = data[3]
    if kind not in (1, 3, 4):
        raise _wrong(ReplyCode.UNKNOWN_ADDRESS, f"There is no kind {kind} of addresses.")
    start = 5 if kind == 3 else 4
    size = data[4] if kind == 3 else _SIZES[kind]
    end = start + size
    if len(data) < end + 2:
        return None
    raw = data[start:end]
    port = int.from_bytes(data[end : end + 2], "big")
    buffer.skip(end + 2)
    if kind != 3:
        return Request(5, data[1], str(ipaddress.ip_address(raw)), port)
    if not _NAME.match(raw):
        raise _wrong(ReplyCode.UNKNOWN_ADDRESS, f"{raw!r} is no name of a host.")
    return Request(5, data[1], raw.decode("ascii"), port, is_name=True)


def parse_request_4(buffer: BoundedBuffer) -> Request | None:
    """Take a request of version 4 or 4a.

    In 4a an address 0.0.0.x, with an x that is not 0, says that a name follows the user.

    Raises:
        RemoteProtocolError: If a string is too long, or what should be a name is none.
    """
    data = buffer.peek(_HEAD_4 + 2 * (_LONGEST + 1))
    if len(data) < _HEAD_4:
        return None
    address = data[4:8]
    is_name = address[:3] == b"\0\0\0" and address[3] != 0
    after_user = _end(data, _HEAD_4)
    if after_user is None:
        return None
    end = _end(data, after_user) if is_name else after_user
    if end is None:
        return None
    buffer.skip(end)
    host = str(ipaddress.ip_address(address))
    if is_name:
        name = data[after_user : end - 1]
        if not _NAME.match(name):
            raise RemoteProtocolError(f"{name!r} is no name of a host.", REJECTED_4)
        host = name.decode("ascii")
    port = int.from_bytes(data[2:4], "big")
    return Request(4, data[1], host, port, data[_HEAD_4 : after_user - 1], is_name)


def _end(data: bytes, start: int) -> int | None:
    """Return where a string that a NUL ends is over; None if that has not come."""
    found = data.find(0, start, start + _LONGEST + 1)
    if found >= 0:
        return found + 1
    if len(data) > start + _LONGEST:
        raise RemoteProtocolError(str(LimitExceededError(_LONGEST)), REJECTED_4)
    return None


def _wrong(code: ReplyCode, message: str) -> RemoteProtocolError:
    return RemoteProtocolError(message, serialize_reply(Reply(code)))
