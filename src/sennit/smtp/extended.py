"""The server of ESMTP and LMTP: EHLO, the extensions, authentication and TLS (RFC 5321, 4954, 3207, 2033)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from sennit.core.failure import Failure
from sennit.core.interfaces import ISSLTransport
from sennit.cred import LoginFailed
from sennit.cred.source import login_from
from sennit.log import Logger
from sennit.smtp.commands import Authenticate, decode_response, encode_response
from sennit.smtp.errors import RemoteProtocolError
from sennit.smtp.events import AuthenticationResponse, Reply
from sennit.smtp.extension import Extension, ParameterCheck, load_extension
from sennit.smtp.interfaces import IMessageDelivery, IMessageDeliveryFactory
from sennit.smtp.refusals import SMTPServerError
from sennit.smtp.server import SMTP

__all__ = ["ALL_EXTENSIONS", "ESMTP", "LMTP"]

ALL_EXTENSIONS: tuple[str, ...] = (
    "PIPELINING",
    "SIZE",
    "8BITMIME",
    "BINARYMIME",
    "CHUNKING",
    "SMTPUTF8",
    "ENHANCEDSTATUSCODES",
    "DSN",
    "LIMITS",
    "REQUIRETLS",
)
"""What a server offers that has no reason not to; AUTH and STARTTLS are offered by what it is given."""

# What says a password aloud.
_PLAIN_TEXT = {b"PLAIN", b"LOGIN"}
_log = Logger()


class _Proven:
    """Stands for a dialogue that has come to its end, but for the client's last word."""


class ESMTP(SMTP):
    """A server's side of one conversation, with extensions.

    Args:
        chal: The SASL mechanisms: their names, each with what makes its credentials.
        contextFactory: Makes the TLS context; without it there is no STARTTLS.

    Attributes:
        offered: The extensions that are offered besides AUTH and STARTTLS: keywords, or `Extension` values.
        authenticated: Whether the client has logged in.
        authentication_requires_tls: Whether PLAIN and LOGIN are refused without TLS (RFC 4954 section 4).
        canStartTLS: Whether STARTTLS is offered, where the transport can.
        startedTLS: Whether it was done.
        ctx: Makes the TLS context.
    """

    ctx: Any = None
    canStartTLS: bool = False
    startedTLS: bool = False
    authenticated: bool = False
    authentication_requires_tls: bool = False
    offered: Sequence[str | Extension] = ()

    def __init__(
        self, chal: Mapping[bytes, Callable[[], Any]] | None = None, contextFactory: Any = None
    ) -> None:
        super().__init__()
        self.challengers: dict[bytes, Callable[[], Any]] = dict(chal or {})
        self.ctx = contextFactory
        self.canStartTLS = contextFactory is not None
        self._extensions: list[Extension] = []
        self._challenger: Any = None

    def connectionMade(self) -> None:
        """Greet the client."""
        self._extensions = [self._load(extension) for extension in self.offered]
        super().connectionMade()

    def _load(self, extension: str | Extension) -> Extension:
        if isinstance(extension, Extension):
            return extension
        kind: Any = load_extension(extension)
        if extension == "SIZE":
            made: Extension = kind(self.limits.message_size)
        elif extension == "LIMITS":
            made = kind(self.limits.recipients)
        else:
            made = kind()
        return made

    def greeting(self) -> bytes:
        """Return the text of the first reply."""
        return self.host + b" ESMTP ready"

    @property
    def secure(self) -> bool:
        """Whether what is said goes over TLS."""
        return self.startedTLS or ISSLTransport.providedBy(self.transport)

    # EHLO

    def extensions(self) -> dict[bytes, list[bytes] | None]:
        """Return what is offered now: keywords, each with its words, or None."""
        found: dict[bytes, list[bytes] | None] = {}
        mechanisms = [name for name in self.challengers if self._allowed(name)]
        if mechanisms:
            found[b"AUTH"] = mechanisms
        if self.canStartTLS and not self.secure:
            found[b"STARTTLS"] = None
        for extension in self._extensions:
            if extension.keyword != "REQUIRETLS" or self.secure:
                keyword, *words = extension.advertise().encode().split(b" ")
                found[keyword] = words or None
        return found

    def listExtensions(self) -> bytes:
        """Return the lines of the reply to EHLO, without the first."""
        lines = [
            keyword if words is None else b" ".join((keyword, *words))
            for keyword, words in self.extensions().items()
        ]
        return b"\n".join(lines)

    def _extended(self, verb: str) -> Callable[[bytes], object] | None:
        """Return the method for an extension's command, which begins with ``ext_``, or None."""
        if verb in {"AUTH", "STARTTLS"} or verb.encode() in self._verbs():
            return getattr(self, f"ext_{verb}", None)
        return None

    def _verbs(self) -> set[bytes]:
        verbs: set[bytes] = set(self.extensions())
        return verbs.union(*(extension.verbs for extension in self._extensions))

    def do_EHLO(self, rest: bytes) -> None:
        """Hear who the client says it is, and tell what is offered (RFC 5321 section 4.1.1.1)."""
        self._hello(rest)
        offered = self.listExtensions()
        self.sendCode(250, self._welcome() + (b"\n" + offered if offered else b""))
        self._conversation.enhanced = b"ENHANCEDSTATUSCODES" in self.extensions()

    def _mail_parameters(self) -> list[Mapping[str, ParameterCheck]]:
        found = [extension.mail_parameters for extension in self._extensions]
        if self.challengers:
            found.append(load_extension("AUTH").mail_parameters)
        return found

    def _rcpt_parameters(self) -> list[Mapping[str, ParameterCheck]]:
        return [extension.rcpt_parameters for extension in self._extensions]

    # STARTTLS

    def ext_STARTTLS(self, rest: bytes) -> None:
        """Go on under TLS, from the beginning (RFC 3207)."""
        if self.secure:
            self.sendReply(Reply(503, ("Already negotiated TLS",), "5.5.1"))
        elif not self.canStartTLS or self.ctx is None:
            self.sendReply(Reply(454, ("TLS not available",), "4.7.0"))
        elif rest:
            self.sendReply(Reply(501, ("STARTTLS has no argument.",), "5.5.4"))
        else:
            self.sendReply(Reply(220, ("Begin TLS negotiation now",), "2.0.0"))
            self._conversation.tls_started()
            self.transport.startTLS(self.ctx)
            self.startedTLS = True
            self._hello(b"")
            self._helo = (None, self._helo[1])

    # AUTH

    def _allowed(self, mechanism: bytes) -> bool:
        return self.secure or not self.authentication_requires_tls or mechanism not in _PLAIN_TEXT

    def ext_AUTH(self, rest: bytes) -> None:
        """Begin the dialogue by which the client says who it is (RFC 4954)."""
        if self.authenticated:
            self.sendReply(Reply(503, ("Already authenticated",), "5.5.1"))
            return
        try:
            command = Authenticate.parse(rest)
        except RemoteProtocolError:
            self._malformed()
            return
        mechanism = command.mechanism.encode()
        make_credentials = self.challengers.get(mechanism)
        if make_credentials is None:
            self.sendReply(Reply(504, ("Unrecognized authentication type",), "5.5.4"))
        elif not self._allowed(mechanism):
            self.sendReply(Reply(538, ("Encryption required for this mechanism",), "5.7.11"))
        elif self.portal is None:
            self.sendReply(Reply(454, ("Temporary authentication failure",), "4.7.0"))
        else:
            self._challenger = make_credentials()
            challenge = self._challenger.getChallenge()
            if command.initial is None:
                self._challenge(challenge)
            else:
                self._answered(command.initial)

    def _malformed(self) -> None:
        self._challenger = None
        self.sendReply(Reply(501, ("Syntax error in parameters or arguments",), "5.5.2"))

    def _challenge(self, challenge: bytes) -> None:
        self.sendCode(334, encode_response(challenge))

    def state_AUTH(self, response: bytes) -> None:
        """Take the client's answer to a challenge: base64, or ``*`` to give up."""
        if response == b"*":
            self._challenger = None
            self.sendReply(Reply(501, ("Authentication aborted",), "5.7.0"))
            return
        try:
            decoded = decode_response(response)
        except RemoteProtocolError:
            self._malformed()
        else:
            self._answered(decoded)

    def _response(self, response: AuthenticationResponse) -> None:
        self.state_AUTH(response.line)

    def _answered(self, response: bytes) -> None:
        challenger = self._challenger
        if isinstance(challenger, _Proven):
            self._challenger = None
            self._welcome_user()
            return
        try:
            challenger.setResponse(response)
        except ValueError:
            self._malformed()
            return
        if challenger.moreChallenges():
            self._challenge(challenger.getChallenge())
            return
        self._challenger = None
        with login_from(self.transport.getPeer()):
            login = self.portal.login(challenger, None, IMessageDeliveryFactory, IMessageDelivery)
        login.addCallbacks(self._authenticated, self._not_authenticated, callbackArgs=(challenger,))

    def _authenticated(self, result: Any, challenger: Any) -> None:
        self._logged_in(result)
        self.authenticated = True
        final = getattr(challenger, "final", b"")
        if final:
            # The server proves itself too, and the client says nothing to that (RFC 4954 section 4).
            self._challenger = _Proven()
            self._challenge(final)
        else:
            self._welcome_user()

    def _welcome_user(self) -> None:
        self.sendReply(Reply(235, ("Authentication successful.",), "2.7.0"))

    def _not_authenticated(self, failure: Failure) -> None:
        if failure.check(LoginFailed):
            self.sendReply(Reply(535, ("Authentication failed",), "5.7.8"))
        elif failure.check(SMTPServerError):
            self._refuse(failure)
        else:
            _log.failure("A mail client could not be authenticated.", failure)
            self.sendReply(Reply(451, ("Requested action aborted: local error in processing",), "4.3.0"))


class LMTP(ESMTP):
    """A server's side of one conversation of the local mail transfer protocol (RFC 2033).

    The end of a message is answered once for each recipient: so each is told apart, and nothing is taken
    on that another has to keep in a queue.
    """

    lmtp: ClassVar[bool] = True
    offered = ("PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SIZE", "CHUNKING")

    def greeting(self) -> bytes:
        """Return the text of the first reply."""
        return self.host + b" LMTP ready"

    def lookupMethod(self, command: bytes | str) -> Callable[[bytes], object] | None:
        """Return the method for a command, or None: there is LHLO, and no HELO or EHLO (section 4.1)."""
        verb = (command if isinstance(command, bytes) else command.encode()).upper()
        if verb in {b"HELO", b"EHLO"}:
            return None
        return super().lookupMethod(verb)

    def do_LHLO(self, rest: bytes) -> None:
        """Hear who the client says it is, and tell what is offered."""
        self.do_EHLO(rest)

    def _answer_message(self, failures: list[Failure | None]) -> None:
        for failure in failures:
            if failure is None:
                self.sendReply(Reply(250, ("Delivered",), "2.1.5"))
            else:
                self._refuse_message(failure)
