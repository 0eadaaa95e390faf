r"""Commands and replies to octets.

Nothing leaves with a CR or LF inside that the grammar does not put there.
"""

from __future__ import annotations

from sennit.ftp.errors import LocalProtocolError
from sennit.ftp.events import Command, Reply

__all__ = ["printable", "serialize_command", "serialize_reply"]

_UNPRINTABLE = {ord("\r"): "?", ord("\n"): "?", ord("\0"): "?"}


def printable(text: str) -> str:
    """Return a text, as of a file's name, with a question mark for what would break out of its line."""
    return text.translate(_UNPRINTABLE)


def _encoded(line: str, encoding: str = "utf-8") -> bytes:
    if "\r" in line or "\n" in line:
        raise LocalProtocolError(f"A line with a CR or LF inside can't be sent: {_shown(line)}.")
    try:
        return line.encode(encoding, "surrogateescape").replace(b"\xff", b"\xff\xff")
    except UnicodeEncodeError:
        raise LocalProtocolError(f"A line can't be written in {encoding}: {_shown(line)}.") from None


def _shown(line: str) -> str:
    return "PASS" if line[:4].upper() == "PASS" else repr(line[:80])


def serialize_command(command: Command, encoding: str = "utf-8") -> bytes:
    """Write a command.

    Raises:
        LocalProtocolError: If it has a CR or LF inside, or a character that the encoding has not.
    """
    line = f"{command.verb} {command.argument}" if command.argument else command.verb
    return _encoded(line, encoding) + b"\r\n"


def serialize_reply(reply: Reply) -> bytes:
    """Write a reply.

    Lines between the first and the last have a space in front, so none is taken for the last (RFC 959
    section 4.2).

    Raises:
        LocalProtocolError: If its code is none, or a line has a CR or LF inside.
    """
    if not 100 <= reply.code <= 599:
        raise LocalProtocolError(f"The code of a reply is 100 to 599, not {reply.code}.")
    if len(reply.lines) == 1:
        return _encoded(f"{reply.code} {reply.lines[0]}") + b"\r\n"
    first, *between, last = reply.lines
    lines = [f"{reply.code}-{first}", *(f" {line}" for line in between), f"{reply.code} {last}"]
    return b"".join([_encoded(line) + b"\r\n" for line in lines])
