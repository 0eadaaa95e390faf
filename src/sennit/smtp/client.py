"""The client of SMTP, as programs subclass it.

A subclass says what to send (`getMailFrom`, `getMailTo`, `getMailData`) and hears what became of it
(`sentMail`, `sendError`).  Each answer of the server calls a ``smtpState_`` method, which sends what comes
next; which one, by what was asked and whether the answer was yes, is a table.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sennit.core.failure import Failure
from sennit.framing.basic import FileSender, LineReceiver
from sennit.framing.policies import TimeoutMixin
from sennit.protocol import connectionDone
from sennit.smtp.addresses import Path, parse_path
from sennit.smtp.client_connection import Answer, ClientConnection
from sennit.smtp.commands import Hello, Mail, Parameters, Recipient
from sennit.smtp.envelope import Address, quoteaddr
from sennit.smtp.errors import (
    LocalProtocolError,
    RemoteProtocolError,
    SMTPClientError,
    SMTPConnectError,
    SMTPDeliveryError,
    SMTPProtocolError,
    SMTPTimeoutError,
)
from sennit.smtp.events import Command
from sennit.smtp.limits import DEFAULT_LIMITS, Limits
from sennit.smtp.state import Move
from sennit.smtp.transcript import Transcript

__all__ = ["SMTPClient"]


class SMTPClient(LineReceiver, TimeoutMixin):
    """A client's side of one conversation, without extensions (RFC 5321).

    Args:
        identity: Who the client says it is: its domain.
        logsize: How many lines of the conversation an error carries.

    Attributes:
        log: The last lines of the conversation.
        timeout: Seconds to wait for the server; None for ever.
        limits: What the server may take up.
        debug: Whether the conversation is kept in `log`.
        lmtp: Whether it is LMTP that is spoken (RFC 2033).
    """

    transport: Any
    timeout: float | None = None
    debug: bool = True
    limits: Limits = DEFAULT_LIMITS
    lmtp: ClassVar[bool] = False
    _watched: ClassVar[bool] = False

    def __init__(self, identity: bytes | str | None, logsize: int = 10) -> None:
        self.identity = identity.encode() if isinstance(identity, str) else identity
        self.log = Transcript(logsize)
        self.toAddressesResult: list[tuple[bytes, int, bytes]] = []
        self.successAddresses: list[bytes] = []
        self.mailFile: Any = None
        self._conversation = ClientConnection(self.limits, lmtp=self.lmtp)
        self._from: Any = None
        self._to: list[Any] = []
        self._quitting = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._watched = cls.lineReceived is not SMTPClient.lineReceived

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

    def _receive(self, data: bytes) -> None:
        conversation = self._conversation
        try:
            conversation.receive_data(data)
            while isinstance(answer := conversation.next_event(), Answer):
                self._answered(answer)
        except RemoteProtocolError as error:
            self.sendError(SMTPProtocolError(-1, str(error), self.log.str()))
        except LocalProtocolError as error:
            self.sendError(SMTPClientError(-1, str(error), self.log.str(), isFatal=True))

    def _answered(self, answer: Answer) -> None:
        reply = answer.reply
        if self.debug:
            last = len(reply.lines) - 1
            for place, line in enumerate(reply.lines):
                mark = b" " if place == last else b"-"
                self.log.append(b"<<< %d%s%s" % (reply.code, mark, line.encode()))
        if self._quitting:
            self.transport.loseConnection()
            return
        yes, no = self._ANSWERS[answer.move]
        method = (
            yes if reply.accepted or (reply.challenging and answer.move in {Move.DATA, Move.AUTH}) else no
        )
        if answer.move is Move.RESPONSE and reply.challenging:
            method = "esmtpState_challenge"
        getattr(self, method)(reply.code, "\n".join(reply.lines).encode())

    def timeoutConnection(self) -> None:
        """Give up on a server that takes too long."""
        self.sendError(SMTPTimeoutError(-1, b"Timeout waiting for SMTP server response", self.log.str()))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Let the message go."""
        self.setTimeout(None)
        self.mailFile = None

    # What goes out

    def sendLine(self, line: bytes) -> None:
        """Send a command.

        Args:
            line: The command, without its end.
        """
        verb, _, argument = line.partition(b" ")
        self._send(Command(verb.upper(), argument))

    def _send(self, command: Command) -> None:
        data = self._conversation.send(command)
        if self.debug:
            self.log.append(b">>> " + data[:-2])
        self.transport.write(data)

    def sendError(self, exc: Exception) -> None:
        """Take note that something went wrong, and leave.

        Args:
            exc: What.  If it is an `SMTPClientError` and not fatal, the server is told good-bye.
        """
        if isinstance(exc, SMTPClientError) and not exc.isFatal:
            self._disconnectFromServer()
        else:
            self.transport.loseConnection()

    def _disconnectFromServer(self) -> None:
        try:
            self._send(Command(b"QUIT"))
        except LocalProtocolError:
            # Something is unanswered yet; whatever the answer will be, we go.
            self._quitting = True
            self.transport.write(b"QUIT\r\n")

    # What there is to send: for subclasses

    def getMailFrom(self) -> Any:
        """Return the sender of the next message, or None if there is none: then the conversation ends."""
        return None

    def getMailTo(self) -> Any:
        """Return the recipients of the message."""
        return []

    def getMailData(self) -> Any:
        """Return the message: a file of bytes."""
        raise SMTPDeliveryError(-1, b"There is a sender and no message.")

    def sentMail(
        self, code: int, resp: bytes, numOk: int, addresses: list[tuple[bytes, int, bytes]], log: Transcript
    ) -> None:
        """Take note of what became of a message.

        Args:
            code: The code of the last reply.
            resp: Its text.
            numOk: How many recipients were taken.
            addresses: Each recipient, with the code and the text of the reply to it.
            log: The last lines of the conversation.
        """

    # The conversation, step by step

    _ANSWERS: ClassVar[dict[Move, tuple[str, str]]] = {
        Move.GREETING: ("smtpState_helo", "smtpConnectionFailed"),
        Move.HELLO: ("smtpState_from", "smtpTransferFailed"),
        Move.MAIL: ("smtpState_to", "smtpTransferFailed"),
        Move.RCPT: ("smtpState_toOrData", "smtpState_toOrData"),
        Move.DATA: ("smtpState_data", "smtpTransferFailed"),
        Move.END: ("smtpState_msgSent", "smtpState_msgSent"),
        Move.LAST: ("smtpState_msgSent", "smtpState_msgSent"),
        Move.RSET: ("smtpState_from", "smtpTransferFailed"),
        Move.QUIT: ("smtpState_disconnect", "smtpState_disconnect"),
        Move.OTHER: ("smtpState_other", "smtpState_other"),
    }

    def smtpConnectionFailed(self, code: int, resp: bytes) -> None:
        """The server has no service to give."""
        self.sendError(SMTPConnectError(code, resp, self.log.str()))

    def smtpTransferFailed(self, code: int, resp: bytes) -> None:
        """The server refused a message, or would not go on."""
        if self._from is None:
            self.sendError(SMTPProtocolError(code, resp, self.log.str()))
        else:
            self.smtpState_msgSent(code, resp)

    def smtpState_helo(self, code: int, resp: bytes) -> None:
        """The server has greeted: say who we are."""
        self._send(Hello((self.identity or b"localhost").decode(), b"HELO").command)

    def smtpState_from(self, code: int, resp: bytes) -> None:
        """The server is ready: send the next message, or leave."""
        self._from = self.getMailFrom()
        self._to = []
        self.toAddressesResult = []
        self.successAddresses = []
        if self._from is None:
            self._disconnectFromServer()
            return
        recipients = self.getMailTo()
        self._to = [recipients] if isinstance(recipients, (str, bytes, Address)) else list(recipients)
        self._send(Mail(_path(self._from), self._mail_parameters()).command)

    def _mail_parameters(self) -> Parameters:
        return {}

    def smtpState_to(self, code: int, resp: bytes) -> None:
        """The sender was taken: name the first recipient."""
        self._next_recipient(code, b"There is no recipient.")

    def smtpState_toOrData(self, code: int, resp: bytes) -> None:
        """A recipient was taken or not: name the next, or begin the message."""
        recipient = bytes(quoteaddr(self._last)).strip(b"<>")
        self.toAddressesResult.append((recipient, code, resp))
        if 200 <= code < 300:
            self.successAddresses.append(recipient)
        self._next_recipient(code, resp)

    def _next_recipient(self, code: int, resp: bytes) -> None:
        if self._to:
            self._last = self._to.pop(0)
            self._send(Recipient(_path(self._last)).command)
        elif self.successAddresses:
            self._begin_message()
        else:
            self.smtpState_msgSent(code, resp or b"No recipients accepted")

    def _begin_message(self) -> None:
        self._send(Command(b"DATA"))

    def smtpState_data(self, code: int, resp: bytes) -> None:
        """The server waits for the message: send it, at the pace of the connection."""
        self.mailFile = self.getMailData()
        sending = FileSender().beginFileTransfer(self.mailFile, self.transport, self.transformChunk)
        sending.addCallbacks(self.finishedFileTransfer, lambda failure: self.sendError(failure.value))

    def transformChunk(self, chunk: bytes) -> bytes:
        """Make of a piece of the message what goes over the wire."""
        self.resetTimeout()
        return self._conversation.send_body(chunk)

    def finishedFileTransfer(self, lastsent: bytes) -> None:
        """All of the message was sent: say so."""
        self.transport.write(self._conversation.end_body())

    def smtpState_msgSent(self, code: int, resp: bytes) -> None:
        """The server took the message, or did not: tell, and be ready for the next."""
        self._from = None
        self.mailFile = None
        self.sentMail(code, resp, len(self.successAddresses), self.toAddressesResult, self.log)
        self._send(Command(b"RSET"))

    def smtpState_disconnect(self, code: int, resp: bytes) -> None:
        """The server said good-bye."""
        self.transport.loseConnection()

    def smtpState_other(self, code: int, resp: bytes) -> None:
        """The server answered a command of a subclass's own; it has its method for that."""


def _path(address: Any) -> Path:
    """Make a path of an address of a program."""
    return parse_path(quoteaddr(address).decode())[0]
