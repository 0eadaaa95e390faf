"""A client of FTP that sends any command, one at a time: what `sennit.ftp.client.FTPClient` is built on.

Commands wait in a queue, and the next is sent when the last one is answered.  A command that was given up
by cancelling its Deferred is not sent; one that was sent already has its answer taken and dropped, so the
answers to others stay with them.

After a failure that concerns the connection all that waits fails, and so does all that is asked for later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, ClassVar

from sennit.core.deferred import Deferred
from sennit.core.errors import CannotListenError, TimeoutError
from sennit.core.failure import Failure
from sennit.framing.basic import LineReceiver
from sennit.framing.policies import TimeoutMixin
from sennit.ftp.client_connection import Answer, ClientConnection
from sennit.ftp.client_errors import BadResponse, CommandFailed, ConnectionLost, UnexpectedResponse
from sennit.ftp.errors import LocalProtocolError, RemoteProtocolError
from sennit.ftp.events import Command, Reply
from sennit.ftp.limits import DEFAULT_LIMITS, Limits
from sennit.log import Logger
from sennit.protocol import connectionDone

__all__ = ["FTPClientBasic", "FTPCommand"]

_log = Logger()
_NAMED = 230


class FTPCommand:
    """A command that waits to be sent, or to be answered.

    Args:
        text: The command's line, without its end.
        public: Whether its Deferred fails if the connection does; if not, that concerns the client alone.

    Attributes:
        deferred: Fires with the list of the reply's lines, the preliminary ones among them; fails with
            `CommandFailed` if the server refuses.
        ready: Whether it may be sent; what is not ready holds up what is behind it, until
            `FTPClientBasic.sendNextCommand` is called.
        transferDeferred: For programs to keep something in.
    """

    def __init__(self, text: str | None = None, public: int = 0) -> None:
        self.text = text
        self.deferred: Deferred[Any] = Deferred()
        self.ready = 1
        self.public = public
        self.transferDeferred: Deferred[Any] | None = None

    def fail(self, failure: Any) -> None:
        """Have the Deferred fail, if the command is a public one."""
        if self.public and not self.deferred.called:
            self.deferred.errback(failure)


class FTPClientBasic(LineReceiver, TimeoutMixin):
    """A client's side of one control connection, that knows no commands but those of the log-in.

    Attributes:
        greeting: The lines of the server's first words, or None if it has not said any.
        actionQueue: The commands that wait to be sent.
        debug: Whether what is said is logged, but for passwords.
        encoding: How names are written.
        limits: What the server may take up.
        timeout: Seconds to wait for an answer; None for ever.
        tls_context: The settings of TLS for `queue_tls`, and for data connections then.
    """

    debug: bool = False
    encoding: str = "latin-1"
    limits: Limits = DEFAULT_LIMITS
    timeout: float | None = None
    tls_context: Any = None
    transport: Any = None
    _watched: ClassVar[bool] = False

    def __init__(self) -> None:
        self.actionQueue: list[FTPCommand] = []
        self.greeting: list[str] | None = None
        self.response: list[str] = []
        self._conversation = ClientConnection(self.limits, self.encoding)
        self._asked: deque[FTPCommand | None] = deque()
        self._failure: Failure | None = None
        self._sending: FTPCommand | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Who has a `lineReceived` of his own gets each line first.
        cls._watched = cls.lineReceived is not FTPClientBasic.lineReceived

    # What goes out

    def queueStringCommand(self, command: str, public: int = 1) -> Deferred[Any]:
        """Queue a command.

        Args:
            command: Its line, without its end.
            public: As of `FTPCommand`.

        Returns:
            A Deferred of the list of the reply's lines.
        """
        queued = FTPCommand(command, public)
        self.queueCommand(queued)
        return queued.deferred

    def queueCommand(self, ftpCommand: FTPCommand) -> None:
        """Queue a command, and send it if nothing is before it."""
        if self._failure is not None:
            ftpCommand.fail(self._failure)
            return
        self.actionQueue.append(ftpCommand)
        if len(self.actionQueue) == 1:
            self.sendNextCommand()

    def popCommandQueue(self) -> FTPCommand | None:
        """Take the first command out of the queue; None if there is none."""
        return self.actionQueue.pop(0) if self.actionQueue else None

    def sendNextCommand(self) -> None:
        """Send the first command of the queue, unless it is not ready or another is not answered yet."""
        while self.actionQueue and self.transport is not None and self._failure is None:
            if self._conversation.outstanding or not self.actionQueue[0].ready:
                return
            command = self.popCommandQueue()
            assert command is not None
            if command.deferred.called:
                continue
            self._sending = command
            try:
                self.about_to_send(command)
                self.sendLine(command.text or "")
            except (LocalProtocolError, CannotListenError):
                command.deferred.errback(Failure())
            finally:
                self._sending = None

    def about_to_send(self, command: FTPCommand) -> None:
        """Make a command ready to be sent, now that its turn has come; may be overridden."""

    def sendLine(self, line: str | bytes | None) -> None:
        """Send a command at once; None is none.

        Raises:
            LocalProtocolError: If it has a CR or LF inside, or a character that `encoding` has not.
        """
        if line is None:
            return
        text = line.decode(self.encoding, "surrogateescape") if isinstance(line, bytes) else line
        verb, _, argument = text.partition(" ")
        data = self._conversation.send(Command(verb, argument))
        self._asked.append(self._sending)
        if self.debug:
            shown = "PASS" if verb.upper() == "PASS" else text
            _log.debug("To an FTP server: {line}", line=shown)
        self.setTimeout(self.timeout)
        self.transport.write(data)

    def queueLogin(self, username: str, password: str | None) -> None:
        """Log in before what is queued later; the client fails if the server refuses.

        Args:
            username: Who.
            password: His password; None if he needs none.
        """
        user = FTPCommand(f"USER {username}")
        user.deferred.addErrback(self._refused)
        self.queueCommand(user)
        if password is not None:
            word = FTPCommand(f"PASS {password}")
            user.deferred.addCallback(self._named, word)
            word.deferred.addCallbacks(self._logged_in, self._refused)
            self.queueCommand(word)

    def _named(self, lines: list[str] | None, word: FTPCommand) -> None:
        if lines and lines[-1].startswith(str(_NAMED)) and word in self.actionQueue:
            # Who the server lets in by his name alone needs no password.
            self.actionQueue.remove(word)

    def _logged_in(self, lines: list[str]) -> None:
        if lines[-1].startswith("3"):
            self.fail(Failure(CommandFailed(lines)))

    def _refused(self, failure: Failure) -> None:
        self.fail(failure)

    def queue_tls(self) -> None:
        """Begin TLS before what is queued later, here and for data (RFC 4217 sections 4, 8 and 9)."""
        begin = FTPCommand("AUTH TLS")
        begin.deferred.addCallbacks(self._begin_tls, self._refused)
        self.queueCommand(begin)
        for text in ("PBSZ 0", "PROT P"):
            command = FTPCommand(text)
            command.deferred.addErrback(self._refused)
            self.queueCommand(command)

    def _begin_tls(self, _: object) -> None:
        self.clearLineBuffer()
        self.transport.startTLS(self.tls_context)

    # What comes in

    def connectionMade(self) -> None:
        """Wait for the server to greet."""
        self.setTimeout(self.timeout)

    def dataReceived(self, data: bytes) -> Any:
        """Take what the server sent."""
        self.resetTimeout()
        return super().dataReceived(data) if self._watched else self._receive(data)

    def lineReceived(self, line: bytes) -> Any:
        """Take a line that the server sent, without its end."""
        self._receive(line + b"\r\n")

    def lineLengthExceeded(self, line: bytes) -> None:
        """Give up on a server whose line is too long."""
        self._broken(UnexpectedResponse("A line of a reply is too long."))

    def _receive(self, data: bytes) -> None:
        conversation = self._conversation
        try:
            conversation.receive_data(data)
            while self._failure is None and isinstance(answer := conversation.next_event(), Answer):
                self._answered(answer)
        except RemoteProtocolError as error:
            self._broken(UnexpectedResponse(str(error)))

    def _answered(self, answer: Answer) -> None:
        reply = answer.reply
        if self.debug:
            _log.debug("From an FTP server: {reply}", reply="\n".join(reply.wire))
        self.response.extend(reply.wire)
        if reply.preliminary:
            return
        if not answer.asked:
            self.fail(Failure(CommandFailed(list(reply.wire))))
            self.transport.loseConnection()
            return
        lines, self.response = self.response, []
        self.answer_received()
        if answer.command is None:
            self._greeted(reply, lines)
        else:
            command = self._asked.popleft()
            if command is not None and not command.deferred.called:
                self._tell(command, reply, lines)
        self.sendNextCommand()

    def answer_received(self) -> None:
        """Wait no longer: a command is answered; may be overridden."""
        self.setTimeout(None)

    def _greeted(self, reply: Reply, lines: list[str]) -> None:
        self.greeting = lines
        if not reply.positive:
            self.fail(Failure(CommandFailed(lines)))

    def _tell(self, command: FTPCommand, reply: Reply, lines: list[str]) -> None:
        if reply.positive:
            command.deferred.callback(lines)
        elif 400 <= reply.code < 600:
            command.deferred.errback(Failure(CommandFailed(lines)))
        else:
            command.deferred.errback(Failure(BadResponse(lines)))

    # The end

    def fail(self, error: Any) -> None:
        """Have all that waits fail with `ConnectionLost`, and all that is asked for later.

        Args:
            error: Why: an exception or a `Failure`.
        """
        if self._failure is not None:
            return
        self._failure = Failure(ConnectionLost("FTP connection lost", error))
        self.setTimeout(None)
        for command in self._give_up():
            command.fail(self._failure)

    def _give_up(self) -> Iterable[FTPCommand]:
        waiting = [command for command in self._asked if command is not None]
        waiting += self.actionQueue
        self._asked.clear()
        self.actionQueue.clear()
        return waiting

    def _broken(self, error: Exception) -> None:
        self.fail(error)
        self.transport.abortConnection()

    def timeoutConnection(self) -> None:
        """Give up on a server that takes too long."""
        self._broken(TimeoutError("The FTP server took too long to answer."))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Have all that waits fail."""
        self.setTimeout(None)
        self.fail(reason)
