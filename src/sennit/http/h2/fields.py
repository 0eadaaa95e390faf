"""Header lists of HTTP/2 to request heads, and responses to header lists (RFC 9113 section 8).

h2 sees to the pseudo-fields' order and number and to what only HTTP/1 knows; here are the rules that keep a
request from meaning another thing when it is put in other words: no controls anywhere, a sane authority and
path, one length that is a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sennit.http.codes import REQUEST_ENTITY_TOO_LARGE, REQUEST_HEADER_FIELDS_TOO_LARGE, REQUEST_URI_TOO_LONG
from sennit.http.errors import LocalProtocolError, RemoteProtocolError
from sennit.http.events import RequestHead, TunnelHead
from sennit.http.limits import Limits

__all__ = ["HTTP_2", "checked_fields", "request_head", "response_fields"]

HTTP_2 = b"HTTP/2"

_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_PATH = re.compile(rb"(?:/[!-~\x80-\xff]*|\*)")
_AUTHORITY = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?::[0-9]*)?")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CONTROL = re.compile(rb"[\0-\x08\n-\x1f\x7f]")
_LINE_END = re.compile(rb"[\r\n\0]")
_OF_HTTP_1 = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"))
_lower: dict[bytes, bytes] = {}
_MAX_NAMES = 1024


def request_head(
    fields: Iterable[tuple[bytes, bytes]], *, ended: bool, limits: Limits, version: int = 2
) -> RequestHead:
    """Return a request's head.

    Args:
        fields: The header list, as h2 lets it through.
        ended: Whether no body follows.
        limits: What a request may take up.
        version: The version of HTTP.

    Raises:
        RemoteProtocolError: If it is malformed or too large; only the latter has a status other than 400.
    """
    method = path = authority = scheme = b""
    protocol: bytes | None = None
    length: int | None = 0 if ended else None
    expects = False
    headers: list[tuple[bytes, bytes]] = []
    for name, value in fields:
        if _CONTROL.search(value) is not None:
            raise RemoteProtocolError("A field's value holds a control character.")
        if name[:1] == b":":
            if name == b":method":
                method = bytes(value)
            elif name == b":path":
                path = bytes(value)
            elif name == b":scheme":
                scheme = bytes(value)
            elif name == b":authority":
                authority = bytes(value)
            elif name == b":protocol":
                protocol = bytes(value)
            continue
        if _NAME.fullmatch(name) is None:
            raise RemoteProtocolError("A field's name is malformed.")
        if name == b"host":
            if authority and value != authority:
                raise RemoteProtocolError("The Host field names another authority.")
            authority = bytes(value)
            continue
        if name == b"content-length":
            if _LENGTH.fullmatch(value) is None or length:
                raise RemoteProtocolError("The length of the body is not one number.")
            length = int(value)
        elif name == b"expect":
            expects = value.lower() == b"100-continue"
        headers.append((bytes(name), bytes(value)))
    if not scheme and (method != b"CONNECT" or protocol is not None):
        raise RemoteProtocolError("The scheme is missing.")
    _check_line(method, path, authority, protocol, limits)
    headers.insert(0, (b"host", authority))
    if len(headers) > limits.header_count:
        raise RemoteProtocolError("There are too many fields.", REQUEST_HEADER_FIELDS_TOO_LARGE)
    if sum([len(name) + len(value) for name, value in headers]) > limits.header_size:
        raise RemoteProtocolError("The fields are too large.", REQUEST_HEADER_FIELDS_TOO_LARGE)
    if limits.body_size is not None and length and length > limits.body_size:
        raise RemoteProtocolError("The body is too large.", REQUEST_ENTITY_TOO_LARGE)
    if method == b"CONNECT" and protocol is None:
        path = authority
    if protocol is not None:
        return TunnelHead(method, path, version, headers, True, length, expects, True, protocol)
    return RequestHead(method, path, version, headers, True, length, expects, method == b"CONNECT")


def _check_line(method: bytes, path: bytes, authority: bytes, protocol: bytes | None, limits: Limits) -> None:
    if _METHOD.fullmatch(method) is None:
        raise RemoteProtocolError("The method is malformed.")
    if len(path) > limits.request_line:
        raise RemoteProtocolError("The path is too long.", REQUEST_URI_TOO_LONG)
    if method == b"CONNECT" and protocol is None:
        if path or not authority:
            raise RemoteProtocolError("A CONNECT names an authority and no path.")
    elif _PATH.fullmatch(path) is None or (path == b"*" and method != b"OPTIONS"):
        raise RemoteProtocolError("The path is malformed.")
    if _AUTHORITY.fullmatch(authority) is None:
        raise RemoteProtocolError("The authority is malformed.")
    if protocol is not None and _METHOD.fullmatch(protocol) is None:
        raise RemoteProtocolError("The protocol is malformed.")


def response_fields(code: int, *maps: Mapping[bytes, Sequence[bytes]]) -> list[tuple[bytes, bytes]]:
    """Return a response's header list.

    Args:
        code: The status code.
        maps: Fields by name; those that only HTTP/1 knows are left out.

    Raises:
        LocalProtocolError: If something in it may not go on the wire.
    """
    if not 100 <= code <= 999:
        raise LocalProtocolError(f"A status code has three digits, not {code!r}.")
    listed = [(b":status", b"%d" % code)]
    for fields in maps:
        for name, values in fields.items():
            lower = _lower.get(name) or _lower_name(name)
            if lower not in _OF_HTTP_1:
                listed += [(lower, value) for value in values]
    _check_values(listed)
    return listed


def checked_fields(fields: Iterable[tuple[bytes, Sequence[bytes]]]) -> list[tuple[bytes, bytes]]:
    """Return fields as a header list has them.

    Raises:
        LocalProtocolError: If something in it may not go on the wire.
    """
    listed = [(_lower.get(name) or _lower_name(name), value) for name, values in fields for value in values]
    _check_values(listed)
    return listed


def _check_values(listed: list[tuple[bytes, bytes]]) -> None:
    if _LINE_END.search(b" ".join([value for _, value in listed])) is not None:
        raise LocalProtocolError("A response's header holds CR, LF or NUL: nothing was sent.")


def _lower_name(name: bytes) -> bytes:
    lower = name.lower()
    if _NAME.fullmatch(lower) is None:
        raise LocalProtocolError(f"A header name is a token, not {name!r}.")
    if len(_lower) < _MAX_NAMES:
        _lower[name] = lower
    return lower
