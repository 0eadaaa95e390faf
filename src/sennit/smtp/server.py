"""The server of SMTP, as programs subclass it: its commands, and the messages they lead to (RFC 5321)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import CoroutineType
from typing import Any, ClassVar

from sennit.core.deferred import Deferred, fail, maybeDeferred
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.protocol import ServerFactory, connectionDone
from sennit.smtp.commands import Mail, Recipient
from sennit.smtp.delivering import Delivering
from sennit.smtp.envelope import DNSNAME, Address, User
from sennit.smtp.errors import RemoteProtocolError
from sennit.smtp.events import BodyEnd, BodyPart, ChunkEnd, Reply
from sennit.smtp.extension import ParameterCheck, check_parameters
from sennit.smtp.intake import Intake
from sennit.smtp.refusals import SMTPBadSender, SMTPServerError
from sennit.smtp.session import Session

__all__ = ["SMTP", "SMTPFactory"]

_SENDER_TAKEN = Reply(250, ("Sender address accepted",), "2.1.0")
_RECIPIENT_TAKEN = Reply(250, ("Recipient address accepted",), "2.1.5")
_GO_ON = Reply(354, ("Continue",))
_TAKEN = Reply(250, ("Delivery in progress",), "2.6.0")
_LOCAL_ERROR = "Requested action aborted: local error in processing"
_log = Logger()


def _envelope_pattern(prefix: str, quoted: str) -> re.Pattern[bytes]:
    """Make the pattern that parts an address, in its brackets or without, from what follows it."""
    path = rf"<(?:[^<>\"]|{quoted})*>|[^<\s](?:[^\s\"]|{quoted})*"
    return re.compile(rf"\s*{prefix}\s*(?P<path>{path})(?P<opts>.*)".encode(), re.IGNORECASE)


def _called(function: Callable[..., Any], *args: Any) -> Any:
    """Return what a function of the program's gives, or a Deferred if that is not there yet, or an error."""
    try:
        result = function(*args)
    except Exception:
        return fail()
    return maybeDeferred(lambda: result) if isinstance(result, CoroutineType) else result


class SMTP(Delivering, Session):
    """A server's side of one conversation, without extensions.

    Args:
        delivery: Says whose mail is taken, and for whom.
        deliveryFactory: Makes one when it is needed.

    Attributes:
        mail_re: Parts the address (``path``) in the argument of MAIL from its parameters (``opts``).
        rcpt_re: Likewise of RCPT.
        qstring: A quoted string in these patterns.
    """

    qstring = r"\"(?:[^\"\\\\]|\\\\.)*\""
    mail_re: ClassVar[re.Pattern[bytes]] = _envelope_pattern("FROM:", qstring)
    rcpt_re: ClassVar[re.Pattern[bytes]] = _envelope_pattern("TO:", qstring)

    def __init__(self, delivery: Any = None, deliveryFactory: Any = None) -> None:
        super().__init__()
        if delivery is not None:
            self.delivery = delivery
        if deliveryFactory is not None:
            self.deliveryFactory = deliveryFactory
        self._from: Any = None
        self._mail: Mail | None = None
        self._to: list[tuple[User, Callable[[], Any]]] = []
        self._intake: Intake | None = None
        self._refusal: Failure | None = None

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget the message that was not complete, and log out."""
        self.setTimeout(None)
        self._abandon()
        self._log_out()

    # Commands

    def do_UNKNOWN(self, rest: bytes) -> None:
        """Answer a command that there is none of."""
        self.sendReply(Reply(500, ("Command not implemented",), "5.5.1"))

    def do_HELO(self, rest: bytes) -> None:
        """Hear who the client says it is (RFC 5321 section 4.1.1.1)."""
        self._hello(rest)
        self.sendCode(250, self._welcome())

    def _hello(self, rest: bytes) -> None:
        self._helo = (rest, self._helo[1])
        self._forget()

    def _welcome(self) -> bytes:
        return b"%s Hello %s, nice to meet you" % (self.host, self._helo[1])

    def do_QUIT(self, rest: bytes) -> None:
        """Close the connection (section 4.1.1.10)."""
        self.sendCode(221, b"See you later")
        self.transport.loseConnection()

    def do_RSET(self, rest: bytes) -> None:
        """Forget the message at hand (section 4.1.1.5)."""
        self._forget()
        self.sendCode(250, b"I remember nothing.")

    def do_NOOP(self, rest: bytes) -> None:
        """Do nothing (section 4.1.1.9)."""
        self.sendCode(250, b"OK")

    def do_VRFY(self, rest: bytes) -> None:
        """Say nothing of who is here, but that one may try (sections 3.5.3 and 7.3)."""
        self.sendReply(Reply(252, ("Send some mail, and it will be seen.",), "2.5.0"))

    def do_HELP(self, rest: bytes) -> None:
        """Tell what there is (section 4.1.1.8)."""
        self.sendCode(214, b"This is a mail server; RFC 5321 tells how to speak with it.")

    def do_MAIL(self, rest: bytes) -> None:
        """Begin a message, if its sender is taken (section 4.1.1.2)."""
        try:
            mail = Mail.parse(self._bracketed(self.mail_re, b"FROM:", rest))
            if mail.parameters:
                check_parameters(mail.parameters, self._mail_parameters())
        except RemoteProtocolError as error:
            self.sendReply(error.reply)
            return
        self._forget()
        self._mail = mail
        origin = Address.from_path(mail.sender)
        validated = _called(self.validateFrom, self._helo, origin)
        if isinstance(validated, Deferred):
            validated.addCallbacks(self._sender_taken, self._sender_refused, errbackArgs=(origin,))
        else:
            self._sender_taken(validated)

    @staticmethod
    def _bracketed(pattern: re.Pattern[bytes], prefix: bytes, rest: bytes) -> bytes:
        """Return an argument with brackets around its address, which old clients leave out."""
        begin = len(prefix)
        if rest[begin : begin + 1] == b"<":
            return rest
        match = pattern.fullmatch(rest)
        if match is None:
            return rest
        path = match["path"]
        return prefix + (path if path.startswith(b"<") else b"<%s>" % path) + match["opts"]

    def _mail_parameters(self) -> list[Mapping[str, ParameterCheck]]:
        return []

    def _rcpt_parameters(self) -> list[Mapping[str, ParameterCheck]]:
        return []

    def _sender_taken(self, origin: Any) -> None:
        self._from = origin
        self.sendReply(_SENDER_TAKEN)

    def _sender_refused(self, failure: Failure, origin: Address) -> None:
        error = failure.value
        if isinstance(error, SMTPBadSender):
            said = error.resp.decode() if isinstance(error.resp, bytes) else error.resp
            text = f"Cannot receive from specified address <{origin}>: {said}"
            self.sendReply(Reply(error.code, (text,), "5.1.8" if error.code >= 500 else "4.1.8"))
        else:
            self._refuse(failure)

    def _refuse(self, failure: Failure) -> None:
        """Tell the client of an error: what it says, if it is meant for the client, and else nothing."""
        error = failure.value
        if isinstance(error, SMTPServerError):
            self.sendCode(error.code, error.resp)
        else:
            _log.failure("A mail client's command could not be carried out.", failure)
            self.sendReply(Reply(451, (_LOCAL_ERROR,), "4.3.0"))

    def do_RCPT(self, rest: bytes) -> None:
        """Add a recipient, if it is taken (section 4.1.1.3)."""
        if len(self._to) >= self.limits.recipients:
            self.sendReply(Reply(452, ("The message has too many recipients.",), "4.5.3"))
            return
        try:
            recipient = Recipient.parse(self._bracketed(self.rcpt_re, b"TO:", rest))
            if recipient.parameters:
                check_parameters(recipient.parameters, self._rcpt_parameters())
        except RemoteProtocolError as error:
            self.sendReply(error.reply)
            return
        path = recipient.recipient
        user = User(
            Address.from_path(path, self.host), self._helo, self, self._from, parameters=recipient.parameters
        )
        validated = _called(self.validateTo, user)
        if isinstance(validated, Deferred):
            validated.addCallbacks(self._recipient_taken, self._refuse, callbackArgs=(user,))
        else:
            self._recipient_taken(validated, user)

    def _recipient_taken(self, make_message: Callable[[], Any], user: User) -> None:
        self._to.append((user, make_message))
        self.sendReply(_RECIPIENT_TAKEN)

    def do_DATA(self, rest: bytes) -> None:
        """Let the message come (section 4.1.1.4)."""
        if rest:
            self.sendSyntaxError()
            return
        self._begin()
        if self._refusal is None:
            self.sendReply(_GO_ON)
        else:
            self._refuse_message(self._refusal)
            self._refusal = None

    # The message

    def _begin(self) -> None:
        """Have the takers made; if one can't be, none takes anything, and `_refusal` says why."""
        takers: list[Any] = []
        try:
            for _, make_message in self._to:
                takers.append(make_message())
            intake = Intake(takers, self.MAX_LENGTH)
            for place, (user, _) in enumerate(self._to):
                header = self.receivedHeader(self._helo, self._from, [user])
                if header:
                    intake.receive_header(place, header)
                    self._refusal = self._refusal or intake.failures[place]
        except Exception:
            self._refusal = Failure()
            _log.failure("A message could not be begun.", self._refusal)
            intake = Intake(takers, self.MAX_LENGTH)
        if self._refusal is None:
            self._intake = intake
        else:
            intake.abandon()

    def _begin_chunks(self) -> None:
        """Begin a message with its first chunk: no command went before that one could answer."""
        if self._intake is None and self._refusal is None:
            self._begin()

    def _part(self, part: BodyPart) -> None:
        if self._intake is None:
            self._begin_chunks()
            if self._intake is None:
                return
        waiting = self._intake.receive_part(part.data)
        if waiting is not None and not waiting.called:
            self._waits = True
            waiting.addBoth(self._go_on)

    def _go_on(self, _: object) -> None:
        self._waits = False
        self._advance()

    def dataLineReceived(self, line: bytes) -> None:
        """Take a line of a message, without its end and with no dot stuffed."""
        if self._intake is not None:
            self._intake.receive_part(line + b"\r\n")

    def _chunk_end(self, _: ChunkEnd) -> None:
        self._begin_chunks()
        if self._refusal is None:
            self.sendReply(Reply(250, ("Go on",), "2.6.0"))
        else:
            self._message_kept([self._refusal])

    def _end(self, _: BodyEnd) -> None:
        self._begin_chunks()
        if self._intake is None:
            self._message_kept([self._refusal] * len(self._to))
        else:
            self._intake.end(self._message_kept)

    def _message_kept(self, failures: list[Failure | None]) -> None:
        self._intake = None
        self._forget()
        self._answer_message(failures)

    def _answer_message(self, failures: list[Failure | None]) -> None:
        if not any(failures):
            self.sendReply(_TAKEN)
            return
        failed = [failure for failure in failures if failure is not None]
        if len(failed) == len(failures) and len({str(failure.value) for failure in failed}) == 1:
            self._refuse_message(failed[0])
        else:
            text = f"Could not send e-mail ({len(failed)} failures out of {len(failures)} recipients)"
            self.sendReply(Reply(550, (text,), "5.3.0"))

    def _refuse_message(self, failure: Failure) -> None:
        error = failure.value
        if isinstance(error, SMTPServerError):
            self.sendCode(error.code, error.resp)
        else:
            # It may well be taken when it comes again: nothing is lost by our own error.
            self.sendReply(Reply(451, (_LOCAL_ERROR,), "4.3.0"))

    def _forget(self) -> None:
        if self._intake is not None:
            self._abandon()
        self._from = None
        self._mail = None
        self._refusal = None
        self._to = []

    def _abandon(self) -> None:
        intake, self._intake = self._intake, None
        if intake is not None:
            intake.abandon()


class SMTPFactory(ServerFactory):
    """Builds `SMTP` servers.

    Args:
        portal: Who may send mail is asked for here.

    Attributes:
        domain: The server's name.
        timeout: Seconds to wait for a client to say something.
    """

    domain: bytes = DNSNAME
    timeout: float | None = 600
    protocol: Any = SMTP
    portal: Any = None

    def __init__(self, portal: Any = None) -> None:
        self.portal = portal

    def buildProtocol(self, addr: Any) -> Any:
        """Build a server, with the portal and the name."""
        protocol: Any = super().buildProtocol(addr)
        protocol.portal = self.portal
        protocol.host = self.domain
        return protocol
