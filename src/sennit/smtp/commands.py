"""The grammar of the commands that have one (RFC 5321 section 4.1.1 and the extensions' own RFCs).

Each is a value that can be read from a command's argument and be written as a command again, so that the
client and the server speak of the same things.  What a parameter of MAIL or RCPT means is its extension's
to say.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from typing import ClassVar

from sennit.framing.numbers import NumberError, parse_decimal
from sennit.smtp.addresses import AddressSyntaxError, Path, parse_path
from sennit.smtp.errors import RemoteProtocolError
from sennit.smtp.events import Command, Reply

__all__ = [
    "Authenticate",
    "Chunk",
    "Hello",
    "Mail",
    "Parameters",
    "Recipient",
    "decode_response",
    "encode_response",
    "syntax_error",
]

Parameters = dict[str, str | None]
"""Parameters of MAIL or RCPT: keywords in upper case, each with its value, or None if it has none."""

_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?")
_MECHANISM = re.compile(r"[A-Z0-9_-]{1,20}")
_LARGEST_CHUNK = (1 << 63) - 1


def syntax_error(text: str, code: int = 501, enhanced: str = "5.5.4") -> RemoteProtocolError:
    """Make the error for an argument that is wrong."""
    return RemoteProtocolError(Reply(code, (text,), enhanced))


def _decode(argument: bytes) -> str:
    try:
        return argument.decode()
    except UnicodeDecodeError:
        raise syntax_error("The line is not in UTF-8.", 500, "5.5.2") from None


@dataclass(slots=True, unsafe_hash=True)
class Hello:
    """EHLO, HELO or LHLO.

    Attributes:
        domain: Who the client says it is; anybody may say anything, so it is only checked for controls.
        verb: Which of the three.
    """

    domain: str
    verb: bytes = b"EHLO"

    @property
    def extended(self) -> bool:
        """Tell whether the server's extensions are asked for."""
        return self.verb != b"HELO"

    @classmethod
    def parse(cls, argument: bytes, verb: bytes = b"EHLO") -> Hello:
        """Read it from a command's argument.

        Raises:
            RemoteProtocolError: If it names no domain.
        """
        domain = _decode(argument).strip()
        if not domain or not domain.isprintable():
            raise syntax_error(f"Say who you are: {verb.decode()} and your domain.")
        return cls(domain, verb)

    @property
    def command(self) -> Command:
        """The command."""
        return Command(self.verb, self.domain.encode())


def _parse_envelope(verb: bytes, prefix: str, argument: bytes) -> tuple[Path, Parameters]:
    text = _decode(argument)
    begin = len(prefix)
    if text[:begin] != prefix and text[:begin].upper() != prefix:
        raise syntax_error(f"It is written {verb.decode()} {prefix}<local@domain>.")
    try:
        path, rest = parse_path(text[begin:].lstrip(" "))
    except AddressSyntaxError as error:
        raise syntax_error(str(error), 501, "5.1.7" if verb == b"MAIL" else "5.1.3") from None
    return path, _parse_parameters(rest) if rest else {}


def _parse_parameters(rest: str) -> Parameters:
    parameters: Parameters = {}
    if rest.strip(" ") and not rest.startswith(" "):
        raise syntax_error("A space comes between an address and its parameters.")
    for word in rest.split():
        match = _PARAMETER.fullmatch(word)
        if match is None:
            raise syntax_error("A parameter is written KEYWORD or KEYWORD=value.")
        keyword = match[1].upper()
        if keyword in parameters:
            raise syntax_error(f"The parameter {keyword} comes twice.")
        parameters[keyword] = match[2]
    return parameters


def _envelope(verb: bytes, prefix: str, path: Path, parameters: Parameters) -> Command:
    words = [f"{prefix}{path}"]
    words += [keyword if value is None else f"{keyword}={value}" for keyword, value in parameters.items()]
    return Command(verb, " ".join(words).encode())


@dataclass(slots=True, unsafe_hash=True)
class Mail:
    """MAIL: a message begins, and who sends it (RFC 5321 section 4.1.1.2).

    Attributes:
        sender: Whom to tell if it can't be delivered; null for a message that nobody is to be told of.
        parameters: The extensions' parameters.
    """

    sender: Path
    parameters: Parameters = field(default_factory=dict)
    verb: ClassVar[bytes] = b"MAIL"

    @classmethod
    def parse(cls, argument: bytes) -> Mail:
        """Read it from a command's argument.

        Raises:
            RemoteProtocolError: If it is not written as it should be.
        """
        sender, parameters = _parse_envelope(cls.verb, "FROM:", argument)
        if not sender.domain and not sender.null:
            raise syntax_error("A sender has a domain.", 501, "5.1.7")
        return cls(sender, parameters)

    @property
    def command(self) -> Command:
        """The command."""
        return _envelope(self.verb, "FROM:", self.sender, self.parameters)


@dataclass(slots=True, unsafe_hash=True)
class Recipient:
    """RCPT: one who shall have the message (RFC 5321 section 4.1.1.3).

    Attributes:
        recipient: Who.  Only the postmaster may go without a domain.
        parameters: The extensions' parameters.
    """

    recipient: Path
    parameters: Parameters = field(default_factory=dict)
    verb: ClassVar[bytes] = b"RCPT"

    @classmethod
    def parse(cls, argument: bytes) -> Recipient:
        """Read it from a command's argument.

        Raises:
            RemoteProtocolError: If it is not written as it should be.
        """
        recipient, parameters = _parse_envelope(cls.verb, "TO:", argument)
        if not recipient.domain and recipient.local.lower() != "postmaster":
            raise syntax_error("A recipient has a domain.", 501, "5.1.3")
        return cls(recipient, parameters)

    @property
    def command(self) -> Command:
        """The command."""
        return _envelope(self.verb, "TO:", self.recipient, self.parameters)


@dataclass(slots=True, unsafe_hash=True)
class Chunk:
    """BDAT: so many octets of the message follow at once (RFC 3030 section 2).

    Attributes:
        size: How many.
        last: Whether the message ends with them.
    """

    size: int
    last: bool = False
    verb: ClassVar[bytes] = b"BDAT"

    @classmethod
    def parse(cls, argument: bytes) -> Chunk:
        """Read it from a command's argument.

        Raises:
            RemoteProtocolError: If there is no telling how many octets follow, so that the
                conversation is lost.
        """
        size, *rest = argument.split(b" ")
        if rest and (len(rest) > 1 or rest[0].upper() != b"LAST"):
            raise syntax_error("It is written BDAT size, or BDAT size LAST.")
        try:
            return cls(parse_decimal(size, _LARGEST_CHUNK), bool(rest))
        except NumberError:
            raise syntax_error("The size of a chunk is a decimal number.") from None

    @property
    def command(self) -> Command:
        """The command."""
        return Command(self.verb, b"%d LAST" % self.size if self.last else b"%d" % self.size)


@dataclass(slots=True, unsafe_hash=True)
class Authenticate:
    """AUTH: the client says who it is (RFC 4954 section 4).

    Attributes:
        mechanism: The SASL mechanism, in upper case.
        initial: Its first response, decoded; None if the client waits to be asked.
    """

    mechanism: str
    initial: bytes | None = None
    verb: ClassVar[bytes] = b"AUTH"

    @classmethod
    def parse(cls, argument: bytes) -> Authenticate:
        """Read it from a command's argument.

        Raises:
            RemoteProtocolError: If it names no mechanism, or the response is no base64.
        """
        words = _decode(argument).split(" ")
        mechanism = words[0].upper()
        if len(words) > 2 or not _MECHANISM.fullmatch(mechanism):
            raise syntax_error("It is written AUTH mechanism, or AUTH mechanism response.")
        if len(words) == 1:
            return cls(mechanism)
        return cls(mechanism, b"" if words[1] == "=" else decode_response(words[1].encode()))

    @property
    def command(self) -> Command:
        """The command."""
        argument = self.mechanism.encode()
        if self.initial is not None:
            argument += b" " + (encode_response(self.initial) or b"=")
        return Command(self.verb, argument)


def decode_response(line: bytes) -> bytes:
    """Decode a challenge or the response to one.

    Raises:
        RemoteProtocolError: If it is no base64.
    """
    try:
        return binascii.a2b_base64(line, strict_mode=True)
    except binascii.Error:
        raise syntax_error("A response is written in base64.", 501, "5.5.2") from None


def encode_response(data: bytes) -> bytes:
    """Encode a challenge or the response to one."""
    return binascii.b2a_base64(data, newline=False)
