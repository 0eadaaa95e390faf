"""The server of FTP, as programs subclass it: its commands (RFC 959 section 4), and what builds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from sennit.core.deferred import Deferred, fail, maybeDeferred
from sennit.core.failure import Failure
from sennit.cred.credentials import Anonymous, UsernamePassword
from sennit.cred.errors import UnauthorizedLogin
from sennit.cred.source import login_from
from sennit.framing.basic import LineReceiver
from sennit.framing.policies import LimitTotalConnectionsFactory
from sennit.ftp import replies
from sennit.ftp.events import Reply
from sennit.ftp.facts import FACTS, quoted, timestamp
from sennit.ftp.interfaces import IFTPShell
from sennit.ftp.limits import DEFAULT_LIMITS, Limits
from sennit.ftp.refusals import (
    AuthorizationError,
    CmdArgSyntaxError,
    CmdNotImplementedForArgError,
    FileNotFoundError,
    PolicyError,
)
from sennit.ftp.transfers import Transfers
from sennit.protocol import connectionDone

__all__ = ["FTP", "FTPFactory", "FTPOverflowProtocol"]


class FTP(Transfers):
    """A server's side of one control connection.

    Attributes:
        portal: Who may log in is asked for here.
        FEATURES: What FEAT tells, besides what has to do with TLS (RFC 2389).
    """

    FEATURES: ClassVar[Any] = [
        "FEAT",
        "MDTM",
        "PASV",
        "SIZE",
        "TYPE A;I",
        "EPRT",
        "EPSV",
        "MLST",
        "REST STREAM",
        "TVFS",
        "UTF8",
    ]
    portal: Any = None
    logout: Callable[[], object] | None = None
    _user = ""
    _from_name: list[str] | None = None
    _failed_logins = 0

    @property
    def workingDirectory(self) -> Any:
        """The names from the root to the directory that paths begin in."""
        return self.__dict__.setdefault("_working_directory", [])

    @workingDirectory.setter
    def workingDirectory(self, names: list[str]) -> None:
        self.__dict__["_working_directory"] = names

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End all, and log out."""
        self.disconnected = True
        self._idle = None
        self.setTimeout(None)
        super().connectionLost(reason)
        self._forget_login()

    def _forget_login(self) -> None:
        logout, self.logout = self.logout, None
        self.shell = None
        self._from_name = None
        self.workingDirectory = []
        self._restart = 0
        if logout is not None:
            logout()

    # Logging in

    def ftp_USER(self, username: str) -> Any:
        """Begin a log-in (section 4.1.1)."""
        if self.require_tls and not self.secure:
            raise PolicyError(530, "Nobody logs in without TLS: say AUTH TLS.")
        self._forget_login()
        self._user = username
        if self._is_anonymous():
            return replies.GUEST_NAME_OK_NEED_EMAIL
        return (replies.USR_NAME_OK_NEED_PASS, username)

    def _is_anonymous(self) -> bool:
        factory = self.factory
        return bool(factory.allowAnonymous) and self._user == factory.userAnonymous

    def ftp_PASS(self, password: str) -> Any:
        """End a log-in (section 4.1.1)."""
        anonymous = self._is_anonymous()
        if self.portal is None or not (anonymous or password):
            return fail(AuthorizationError())
        credentials: Any = Anonymous() if anonymous else UsernamePassword(self._user, password)  # type: ignore[arg-type]
        with login_from(self.transport.getPeer()):
            entered = maybeDeferred(self.portal.login, credentials, None, IFTPShell)
        return entered.addCallbacks(self._entered, self._refused, callbackArgs=(anonymous,))

    def _entered(self, login: Any, anonymous: bool) -> str:
        _, self.shell, self.logout = login
        self.workingDirectory = []
        self._failed_logins = 0
        if self.disconnected:
            # The client went while it was being let in.
            self._forget_login()
        return replies.GUEST_LOGGED_IN_PROCEED if anonymous else replies.USR_LOGGED_IN_PROCEED

    def _refused(self, failure: Failure) -> None:
        failure.trap(UnauthorizedLogin)
        self._failed_logins += 1
        if self._failed_logins >= self.limits.logins:
            self._close_with(Reply(421, ("Too many log-ins have failed.",)))
            return
        raise AuthorizationError

    def ftp_QUIT(self) -> None:
        """Close the connection (section 4.1.1)."""
        self.reply(replies.GOODBYE_MSG)
        self.transport.loseConnection()
        self.disconnected = True

    # What there is

    def ftp_NOOP(self) -> str:
        """Do nothing (section 4.1.3)."""
        return replies.CMD_OK

    def ftp_SYST(self) -> str:
        """Tell the system whose manners are followed (section 4.1.3)."""
        return replies.NAME_SYS_TYPE

    def ftp_FEAT(self) -> None:
        """Tell what there is beyond RFC 959 (RFC 2389 section 3)."""
        features = [f"MLST {_facts(self.facts)}" if each == "MLST" else each for each in self.FEATURES]
        if self.tls_context is not None:
            features += ["AUTH TLS", "PBSZ", "PROT"]
        self.send_reply(Reply(211, ("Features:", *features, "End")))

    def ftp_OPTS(self, option: str) -> Any:
        """Set how a command is to behave (RFC 2389 section 4): UTF8, or MLST (RFC 3659 section 7.9)."""
        name, _, value = option.partition(" ")
        if name.upper() == "UTF8" and value.upper() in {"ON", ""}:
            return Reply(200, ("UTF8 is on.",))
        if name.upper() == "MLST":
            wanted = {each.lower() for each in value.split(";")}
            self.facts = tuple(fact for fact in FACTS if fact.lower() in wanted)
            return Reply(200, (f"MLST OPTS {''.join(f'{fact};' for fact in self.facts)}".rstrip(),))
        return (replies.OPTS_NOT_IMPLEMENTED, option)

    def ftp_STAT(self, path: str = "") -> Any:
        """Tell how things are (RFC 959 section 4.1.3)."""
        if path:
            raise CmdNotImplementedForArgError(path)
        kind = "binary" if self.binary else "text"
        return Reply(211, ("Status:", f"Logged in as {self._user}", f"Type: {kind}", "End"))

    def ftp_HELP(self, command: str = "") -> Any:
        """Tell what commands there are (section 4.1.3)."""
        verbs = sorted({name[4:] for name in dir(self) if name.startswith("ftp_")})
        rows = [" ".join(verbs[start : start + 10]) for start in range(0, len(verbs), 10)]
        return Reply(214, ("Commands:", *rows, "End"))

    def ftp_ALLO(self, size: str) -> str:
        """Make room: there is no need to (section 4.1.3)."""
        return replies.CMD_NOT_IMPLMNTD_SUPERFLUOUS

    # How files are sent

    def ftp_TYPE(self, type: str) -> Any:
        """Set whether files are sent as they are, or as text (section 4.1.2)."""
        name, rest = type[:1].upper(), type[1:]
        method = getattr(self, f"type_{name}", None) if name.isalpha() else None
        if method is None:
            return self.type_UNKNOWN(type)
        return method(rest)

    def type_A(self, code: str) -> Any:
        """Send files as text."""
        if code.strip().upper() not in {"", "N"}:
            raise CmdArgSyntaxError(code)
        self.binary = False
        return (replies.TYPE_SET_OK, "A" + code)

    def type_I(self, code: str) -> Any:
        """Send files as they are."""
        if code:
            raise CmdArgSyntaxError(code)
        self.binary = True
        return (replies.TYPE_SET_OK, "I")

    def type_L(self, code: str) -> Any:
        """Send files in octets, which is as they are."""
        if code.strip() != "8":
            return self.type_UNKNOWN(f"L{code}")
        self.binary = True
        return (replies.TYPE_SET_OK, "L 8")

    def type_UNKNOWN(self, code: str) -> Any:
        """Refuse a type that there is none of."""
        raise CmdNotImplementedForArgError(code)

    def ftp_STRU(self, structure: str) -> str:
        """Set the structure of files: they have none (section 4.1.2)."""
        if structure.upper() != "F":
            raise CmdNotImplementedForArgError(structure)
        return replies.CMD_OK

    def ftp_MODE(self, mode: str) -> str:
        """Set the mode of sending: as a stream (section 4.1.2)."""
        if mode.upper() != "S":
            raise CmdNotImplementedForArgError(mode)
        return replies.CMD_OK

    # Files and directories

    def ftp_PWD(self) -> Any:
        """Tell the directory that paths begin in (section 4.1.3)."""
        return (replies.PWD_REPLY, quoted("/" + "/".join(self.workingDirectory)))

    def ftp_CWD(self, path: str) -> Deferred[Any]:
        """Let paths begin in another directory (section 4.1.1)."""
        segments = self._segments(path)

        def entered(_: object) -> str:
            self.workingDirectory = segments
            return replies.REQ_FILE_ACTN_COMPLETED_OK

        accessed: Deferred[Any] = self.shell.access(segments)
        return accessed.addCallback(entered)

    def ftp_CDUP(self) -> Deferred[Any]:
        """Let paths begin in the directory above (section 4.1.1)."""
        return self.ftp_CWD("..")

    def ftp_SIZE(self, path: str) -> Deferred[Any]:
        """Tell a file's size in octets (RFC 3659 section 4)."""
        told: Deferred[Any] = self.shell.stat(self._segments(path), ("size",))
        return told.addCallback(lambda values: (replies.FILE_STATUS, str(values[0])))

    def ftp_MDTM(self, path: str) -> Deferred[Any]:
        """Tell when a file was changed (RFC 3659 section 3)."""
        told: Deferred[Any] = self.shell.stat(self._segments(path), ("modified",))
        return told.addCallback(lambda values: (replies.FILE_STATUS, timestamp(values[0])))

    def ftp_MKD(self, path: str) -> Deferred[Any]:
        """Make a directory (RFC 959 section 4.1.3)."""
        made: Deferred[Any] = self.shell.makeDirectory(self._segments(path))
        return made.addCallback(lambda _: (replies.MKD_REPLY, quoted(path)))

    def ftp_RMD(self, path: str) -> Deferred[Any]:
        """Remove a directory (section 4.1.3)."""
        return self._done(self.shell.removeDirectory(self._segments(path)))

    def ftp_DELE(self, path: str) -> Deferred[Any]:
        """Remove a file (section 4.1.3)."""
        return self._done(self.shell.removeFile(self._segments(path)))

    def ftp_RNFR(self, fromName: str) -> str:
        """Begin to rename a file (section 4.1.3)."""
        self._from_name = self._segments(fromName)
        return replies.REQ_FILE_ACTN_PENDING_FURTHER_INFO

    def ftp_RNTO(self, toName: str) -> Deferred[Any]:
        """Rename it (section 4.1.3)."""
        from_name, self._from_name = self._from_name, None
        if from_name is None:
            raise FileNotFoundError(toName)
        return self._done(self.shell.rename(from_name, self._segments(toName)))

    @staticmethod
    def _done(doing: Deferred[Any]) -> Deferred[Any]:
        return doing.addCallback(lambda _: replies.REQ_FILE_ACTN_COMPLETED_OK)


def _facts(chosen: tuple[str, ...]) -> str:
    """Write the facts there are, a star behind each that is told (RFC 3659 section 7.8)."""
    return "".join(f"{fact}{'*' * (fact in chosen)};" for fact in FACTS)


class FTPOverflowProtocol(LineReceiver):
    """Tells a client that there are too many."""

    def connectionMade(self) -> None:
        """Say so, and close."""
        reply = replies.make_reply(replies.TOO_MANY_CONNECTIONS)
        self.sendLine(f"{reply.code} {reply.text}".encode())
        self.transport.loseConnection()


class FTPFactory(LimitTotalConnectionsFactory):
    """Builds `FTP` servers.

    Args:
        portal: Who may log in is asked for here.
        userAnonymous: The name of those who have none.

    Attributes:
        allowAnonymous: Whether they may log in.
        timeOut: Seconds to wait for a client to say something.
        welcomeMessage: The first words to a client.
        passivePortRange: The ports that clients connect to for data.
        passive_address: As of `FTP`; likewise `allow_foreign_addresses`, `tls_context` and `require_tls`.
        limits: What a client may take up.
        instances: The servers there are.
    """

    protocol: Any = FTP
    overflowProtocol: Any = FTPOverflowProtocol
    allowAnonymous: bool = True
    userAnonymous: str = "anonymous"
    timeOut: float | None = 600
    welcomeMessage: str = "Sennit FTP server"
    passivePortRange: Any = range(1)
    passive_address: str | None = None
    allow_foreign_addresses: bool = False
    tls_context: Any = None
    require_tls: bool = False
    limits: Limits = DEFAULT_LIMITS

    def __init__(self, portal: Any = None, userAnonymous: str = "anonymous") -> None:
        self.portal = portal
        self.userAnonymous = userAnonymous
        self.instances: list[Any] = []

    def buildProtocol(self, addr: Any) -> Any:
        """Build a server, with the portal and the policy."""
        wrapper = super().buildProtocol(addr)
        if wrapper is not None and isinstance(made := wrapper.wrappedProtocol, FTP):
            made.portal = self.portal
            made.timeOut = self.timeOut
            made.passivePortRange = self.passivePortRange
            made.passive_address = self.passive_address
            made.allow_foreign_addresses = self.allow_foreign_addresses
            made.tls_context = self.tls_context
            made.require_tls = self.require_tls
            made.limits = self.limits
        return wrapper

    def registerProtocol(self, p: Any) -> None:
        """Learn that a client is connected."""
        super().registerProtocol(p)
        if isinstance(p.wrappedProtocol, FTP):
            self.instances.append(p.wrappedProtocol)

    def unregisterProtocol(self, p: Any) -> None:
        """Learn that it is gone."""
        super().unregisterProtocol(p)
        if p.wrappedProtocol in self.instances:
            self.instances.remove(p.wrappedProtocol)

    def stopFactory(self) -> None:
        """Have no server wait for its client any more."""
        for each in self.instances:
            each.setTimeout(None)
        super().stopFactory()
