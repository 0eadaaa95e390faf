"""The Simple Mail Transfer Protocol, both sides (RFC 5321), and LMTP (RFC 2033).

Extensions: 8BITMIME (RFC 6152), AUTH (4954), BINARYMIME and CHUNKING (3030), DSN (3461), ENHANCEDSTATUSCODES
(2034), LIMITS (9422), PIPELINING (2920), REQUIRETLS (8689), SIZE (1870), SMTPUTF8 (6531), STARTTLS (3207).
"""

from __future__ import annotations

from sennit.smtp.addresses import AddressSyntaxError, Path, parse_path
from sennit.smtp.client_connection import Answer, ClientConnection
from sennit.smtp.commands import Authenticate, Chunk, Hello, Mail, Recipient
from sennit.smtp.errors import LocalProtocolError, ProtocolError, RemoteProtocolError, SMTPError
from sennit.smtp.events import (
    AuthenticationResponse,
    BodyEnd,
    BodyPart,
    ChunkEnd,
    Command,
    ConnectionClosed,
    Reply,
    ServerEvent,
    Violation,
)
from sennit.smtp.extension import Extension, check_parameters, load_extension, register_extension
from sennit.smtp.limits import DEFAULT_LIMITS, Limits
from sennit.smtp.parser import Newlines
from sennit.smtp.server_connection import ServerConnection
from sennit.smtp.state import TRANSITIONS, Move, State

__all__ = [
    "DEFAULT_LIMITS",
    "TRANSITIONS",
    "AddressSyntaxError",
    "Answer",
    "Authenticate",
    "AuthenticationResponse",
    "BodyEnd",
    "BodyPart",
    "Chunk",
    "ChunkEnd",
    "ClientConnection",
    "Command",
    "ConnectionClosed",
    "Extension",
    "Hello",
    "Limits",
    "LocalProtocolError",
    "Mail",
    "Move",
    "Newlines",
    "Path",
    "ProtocolError",
    "Recipient",
    "RemoteProtocolError",
    "Reply",
    "SMTPError",
    "ServerConnection",
    "ServerEvent",
    "State",
    "Violation",
    "check_parameters",
    "load_extension",
    "parse_path",
    "register_extension",
]
