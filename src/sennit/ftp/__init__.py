"""The File Transfer Protocol (RFC 959, RFC 1123 section 4.1).

Extensions: AUTH TLS, PBSZ and PROT (RFC 4217), FEAT and OPTS (2389), EPRT and EPSV (2428), UTF-8 (2640),
MLST, MLSD, SIZE, MDTM and REST (3659).
"""

from __future__ import annotations

from sennit.ftp.client import FTPClient
from sennit.ftp.client_connection import Answer, ClientConnection
from sennit.ftp.client_errors import CommandFailed, ConnectionLost, FTPError
from sennit.ftp.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from sennit.ftp.events import Command, ConnectionClosed, Reply, ServerEvent, Violation
from sennit.ftp.limits import DEFAULT_LIMITS, Limits
from sennit.ftp.listing import Entry
from sennit.ftp.remote import RemoteFiles, connect
from sennit.ftp.server_connection import ServerConnection
from sennit.ftp.state import TRANSITIONS, Move, State

__all__ = [
    "DEFAULT_LIMITS",
    "TRANSITIONS",
    "Answer",
    "ClientConnection",
    "Command",
    "CommandFailed",
    "ConnectionClosed",
    "ConnectionLost",
    "Entry",
    "FTPClient",
    "FTPError",
    "Limits",
    "LocalProtocolError",
    "Move",
    "ProtocolError",
    "RemoteFiles",
    "RemoteProtocolError",
    "Reply",
    "ServerConnection",
    "ServerEvent",
    "State",
    "Violation",
    "connect",
]
