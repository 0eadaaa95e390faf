"""A server's side of one control connection, below its commands: octets in, events out, replies back.

`dataReceived` feeds the conversation's core and does what each event asks for: a command goes to its
``ftp_`` method by way of `processCommand`.  The method answers by what it returns, at once or by a Deferred:
the name of a reply, a tuple of that and its arguments, a `Reply`, or None if it has answered by `reply`
itself.  Meanwhile nothing that the client has sent behind it is looked at, but for ABOR during a transfer,
and reading stops when that is enough.
"""

from __future__ import annotations

import contextlib
import inspect
import socket
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

from sennit.core.deferred import CancelledError, Deferred, fail, maybeDeferred
from sennit.core.failure import Failure
from sennit.framing.basic import LineReceiver
from sennit.framing.policies import TimeoutMixin
from sennit.ftp import replies
from sennit.ftp.errors import RemoteProtocolError
from sennit.ftp.events import Command, ConnectionClosed, Reply, Violation
from sennit.ftp.limits import DEFAULT_LIMITS, Limits
from sennit.ftp.paths import as_octets
from sennit.ftp.refusals import (
    CmdArgSyntaxError,
    CmdNotImplementedError,
    CmdSyntaxError,
    FTPCmdError,
    TransferAbortedError,
)
from sennit.ftp.serializer import serialize_reply
from sennit.ftp.server_connection import ServerConnection
from sennit.ftp.state import State
from sennit.log import Logger

__all__ = ["Session"]

_log = Logger()
_NUMBERS = {
    State.CONNECTED: 0,
    State.UNAUTHENTICATED: 0,
    State.SECURING: 0,
    State.CLOSING: 0,
    State.PASSWORD_DUE: 1,
    State.READY: 2,
    State.TRANSFERRING: 2,
    State.RENAMING: 3,
}
_STATES = (State.UNAUTHENTICATED, State.PASSWORD_DUE, State.READY, State.RENAMING)


@lru_cache(maxsize=256)
def _arity(function: Callable[..., Any]) -> tuple[bool, bool]:
    """Tell whether a method of a command must have an argument, and whether it can have one."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return any(
        each.default is each.empty and each.kind is not each.VAR_POSITIONAL for each in parameters
    ), bool(parameters)


class Session(LineReceiver, TimeoutMixin):
    """A server's side of one control connection.

    Attributes:
        timeOut: Seconds that the client may say nothing; while a command is carried out, none are counted.
        limits: What the client may take up.
        disconnected: Whether the client is gone.
        PUBLIC_COMMANDS: Commands for which nobody has to be logged in.
    """

    UNAUTH, INAUTH, AUTHED, RENAMING = range(4)
    PUBLIC_COMMANDS: ClassVar[Any] = ["FEAT", "QUIT"]
    transport: Any
    factory: Any = None
    timeOut: float | None = None
    limits: Limits = DEFAULT_LIMITS
    disconnected: bool = False
    _watched: ClassVar[bool] = False
    _core: ServerConnection | None = None
    _advancing = False
    _stopped = False
    _given = 1
    _errors = 0
    _idle: float | None = None
    _running: Deferred[Any] | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Who has a `lineReceived` of his own gets each line first.
        cls._watched = cls.lineReceived is not Session.lineReceived

    @property
    def _conversation(self) -> ServerConnection:
        core = self._core
        if core is None:
            core = self._core = ServerConnection(self.limits, self.PUBLIC_COMMANDS)
        return core

    @property
    def state(self) -> int:
        """Where the conversation is: one of `UNAUTH`, `INAUTH`, `AUTHED` and `RENAMING`."""
        return _NUMBERS[self._conversation.state]

    @state.setter
    def state(self, state: int) -> None:
        self._conversation.state = _STATES[state]

    def now(self) -> float:
        """Return the time, which listings tell the age of files by."""
        return time.time()

    # What comes in

    def connectionMade(self) -> None:
        """Greet the client."""
        self.setTimeout(self.timeOut)
        self._keep_urgent_octets()
        self.reply(replies.WELCOME_MSG, getattr(self.factory, "welcomeMessage", "FTP server ready"))

    def _keep_urgent_octets(self) -> None:
        """Have the octet that a client marks as urgent, with ABOR, come where it belongs in its line."""
        # A transport need not have a socket.
        with contextlib.suppress(AttributeError, OSError):
            self.transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)

    def dataReceived(self, data: bytes) -> None:
        """Take what the client sent.  Time goes on until that is a command: a line may be long in coming."""
        if self._watched:
            super().dataReceived(data)
        else:
            self._receive(data)

    def lineReceived(self, line: bytes) -> None:
        """Take a line that the client sent, without its end."""
        self._receive(line + b"\r\n")

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse a line that is too long, and close: what follows can't be understood."""
        self._close_with(Reply(421, ("The line is too long.",)))

    def _receive(self, data: bytes) -> None:
        try:
            self._conversation.receive_data(data)
        except RemoteProtocolError as error:
            self._close_with(error.reply)
        else:
            self._advance()

    def _advance(self) -> None:
        """Do what there is to do, until it takes more octets or an answer."""
        if self._advancing:
            return
        self._advancing = True
        conversation = self._conversation
        try:
            while not self.disconnected and (event := conversation.next_event()) is not None:
                self._given += not isinstance(event, ConnectionClosed)
                if isinstance(event, Command):
                    self._begin(event)
                elif isinstance(event, Violation):
                    self._violation(event)
                else:
                    self.transport.loseConnection()
        finally:
            self._advancing = False
        if conversation.wants_data:
            if self._stopped:
                self._stopped = False
                self.transport.resumeProducing()
        elif not self._stopped and not self.disconnected:
            self._stopped = True
            self.transport.pauseProducing()

    def _violation(self, violation: Violation) -> None:
        if violation.fatal:
            self._close_with(violation.reply)
        else:
            self.resetTimeout()
            self._misunderstood()
            self.send_reply(violation.reply)

    def _misunderstood(self) -> None:
        self._errors += 1
        if self._errors >= self.limits.errors:
            self._close_with(Reply(421, ("Too many errors.",)))

    def _begin(self, command: Command) -> None:
        number = self._given
        if self._idle is None:
            self._idle = self.setTimeout(None)
        empty = command.verb == "PASS" and command.spaced
        parameters = (command.argument,) if command.argument or empty else ()
        done = maybeDeferred(self.processCommand, command.verb, *parameters)
        if not done.called and command.verb != "ABOR":
            self._running = done
        done.addCallbacks(self._answer, self._refuse)
        done.addErrback(self._broken)
        done.addBoth(self._finished, number)

    def processCommand(self, cmd: str, *params: str) -> Deferred[Any]:
        """Carry out a command.

        Args:
            cmd: Its name, in upper case.
            *params: Its argument, if it has one.

        Returns:
            A Deferred of what to answer, as the module says.
        """
        method = getattr(self, f"ftp_{cmd}", None) if cmd.isidentifier() else None
        if method is None:
            self._misunderstood()
            return fail(CmdNotImplementedError(cmd))
        self._errors = 0
        needed, possible = _arity(getattr(method, "__func__", method))
        if needed and not params:
            return fail(CmdSyntaxError(f"{cmd} requires an argument."))
        if params and not possible:
            return fail(CmdArgSyntaxError(f"{cmd} takes no argument"))
        return maybeDeferred(method, *params)

    def _answer(self, result: Any) -> None:
        if self.disconnected or result is None:
            return
        if isinstance(result, Reply):
            self.send_reply(result)
        elif isinstance(result, tuple):
            self.reply(*result)
        else:
            self.reply(result)

    def _refuse(self, failure: Failure) -> None:
        if self.disconnected:
            return
        error = failure.value
        if isinstance(error, CancelledError):
            error = TransferAbortedError()
        if not isinstance(error, FTPCmdError):
            _log.failure("A command of an FTP client could not be carried out.", failure)
            error = FTPCmdError("internal server error")
        self.send_reply(error.reply)

    def _broken(self, failure: Failure) -> None:
        _log.failure("A command of an FTP client could not be answered.", failure)

    def _finished(self, _: object, number: int) -> None:
        conversation = self._conversation
        if conversation.replies_due and conversation.answered < number:
            conversation.settle()
        if self._running is not None and self._running.called:
            self._running = None
        if not self.disconnected:
            if self._running is None:
                idle, self._idle = self._idle, None
                self.setTimeout(idle)
            self._advance()

    # What goes out

    def reply(self, key: str, *args: object) -> None:
        """Answer.

        Args:
            key: The reply's name, of `sennit.ftp.replies`.
            *args: What is put into its text.
        """
        self.send_reply(replies.make_reply(key, *args))

    def send_reply(self, reply: Reply) -> None:
        """Answer with a reply; once the connection is being closed, no more is said."""
        conversation = self._conversation
        if conversation.state is State.CLOSING:
            return
        data = conversation.send(reply) if conversation.replies_due else serialize_reply(reply)
        self.transport.write(data)

    def sendLine(self, line: bytes | str) -> Any:
        """Send a line; its end is added."""
        return super().sendLine(as_octets(line))

    def _close_with(self, reply: Reply) -> None:
        if not self.disconnected:
            conversation = self._conversation
            data = conversation.send(reply) if conversation.replies_due else serialize_reply(reply)
            conversation.state = State.CLOSING
            self.transport.write(data)
            self.transport.loseConnection()

    def timeoutConnection(self) -> None:
        """Close the connection of a client that says nothing."""
        self._close_with(Reply(421, ("Nothing was said for too long.",)))
