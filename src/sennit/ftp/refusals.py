"""What a server answers to a command that it cannot carry out: an error for each."""

from __future__ import annotations

from sennit.ftp import replies
from sennit.ftp.events import Reply

__all__ = [
    "AnonUserDeniedError",
    "AuthorizationError",
    "BadCmdSequenceError",
    "CmdArgSyntaxError",
    "CmdNotImplementedError",
    "CmdNotImplementedForArgError",
    "CmdSyntaxError",
    "DataConnectionError",
    "FTPCmdError",
    "FileExistsError",
    "FileNotFoundError",
    "InvalidPath",
    "IsADirectoryError",
    "IsNotADirectoryError",
    "PASVIPv6NotImplementedError",
    "PermissionDeniedError",
    "PolicyError",
    "PortConnectionError",
    "RestartError",
    "TransferAbortedError",
    "UnsupportedNetworkProtocolError",
]


class FTPCmdError(Exception):
    """A command can't be carried out.

    Args:
        *msg: What the reply's text speaks of.

    Attributes:
        errorCode: Which reply; a value of `sennit.ftp.replies`.
        errorMessage: The arguments.
    """

    errorCode: str = replies.REQ_ACTN_NOT_TAKEN

    def __init__(self, *msg: object) -> None:
        super().__init__(*msg)
        self.errorMessage = msg

    @property
    def reply(self) -> Reply:
        """The reply that tells the client."""
        wanted = replies.RESPONSE[self.errorCode].count("%s")
        given = self.errorMessage[:wanted]
        return replies.make_reply(self.errorCode, *given, *[""] * (wanted - len(given)))

    def response(self) -> str:
        """Return the reply's line."""
        reply = self.reply
        return f"{reply.code} {reply.text}"


class FileNotFoundError(FTPCmdError):
    """There is no such file or directory."""

    errorCode = replies.FILE_NOT_FOUND


class FileExistsError(FTPCmdError):
    """There is such a file or directory already."""

    errorCode = replies.FILE_EXISTS


class PermissionDeniedError(FTPCmdError):
    """It is not allowed."""

    errorCode = replies.PERMISSION_DENIED


class IsNotADirectoryError(FTPCmdError):
    """It is no directory."""

    errorCode = replies.IS_NOT_A_DIR


class IsADirectoryError(FTPCmdError):
    """It is a directory."""

    errorCode = replies.IS_A_DIR


class CmdSyntaxError(FTPCmdError):
    """The command is not written as it should be."""

    errorCode = replies.SYNTAX_ERR


class CmdArgSyntaxError(FTPCmdError):
    """Its argument is not written as it should be."""

    errorCode = replies.SYNTAX_ERR_IN_ARGS


class CmdNotImplementedError(FTPCmdError):
    """There is no such command."""

    errorCode = replies.CMD_NOT_IMPLMNTD


class CmdNotImplementedForArgError(FTPCmdError):
    """There is no such command with this argument."""

    errorCode = replies.CMD_NOT_IMPLMNTD_FOR_PARAM


class BadCmdSequenceError(FTPCmdError):
    """The command does not belong here."""

    errorCode = replies.BAD_CMD_SEQ


class AuthorizationError(FTPCmdError):
    """The log-in was refused."""

    errorCode = replies.AUTH_FAILURE


class AnonUserDeniedError(FTPCmdError):
    """Who has no name may not change anything."""

    errorCode = replies.ANON_USER_DENIED


class PASVIPv6NotImplementedError(FTPCmdError):
    """PASV has no words for an IPv6 address."""

    errorCode = replies.PASV_IPV6_NOT_IMPLEMENTED


class UnsupportedNetworkProtocolError(FTPCmdError):
    """EPRT or EPSV was asked for a network protocol that is not this one."""

    errorCode = replies.UNSUPPORTED_NETWORK_PROTOCOL


class DataConnectionError(FTPCmdError):
    """There is no data connection, and there will be none."""

    errorCode = replies.CANT_OPEN_DATA_CNX


class TransferAbortedError(FTPCmdError):
    """The data connection ended before the data did."""

    errorCode = replies.CNX_CLOSED_TXFR_ABORTED


class RestartError(FTPCmdError):
    """The file is shorter than where the transfer was to begin (RFC 1123 section 4.1.3.4)."""

    errorCode = replies.CANT_RESTART


class PolicyError(FTPCmdError):
    """What was asked for is against this server's policy.

    Args:
        code: The reply's code.
        text: Its text.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)

    @property
    def reply(self) -> Reply:
        """The reply that tells the client."""
        code, text = self.args
        return Reply(code, (text,))


class InvalidPath(Exception):
    """A path leads out of the root, or has a character that no name has."""


class PortConnectionError(Exception):
    """No data connection came to be."""
