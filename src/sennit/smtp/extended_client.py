"""The client of ESMTP: EHLO, TLS and authentication, before it sends (RFC 5321, 3207, 4954)."""

from __future__ import annotations

from typing import Any, ClassVar

from sennit.core.interfaces import ISSLTransport
from sennit.smtp.client import SMTPClient
from sennit.smtp.commands import Authenticate, Hello, decode_response, encode_response
from sennit.smtp.errors import (
    AUTHDeclinedError,
    AuthenticationError,
    AUTHRequiredError,
    EHLORequiredError,
    RemoteProtocolError,
    TLSError,
    TLSRequiredError,
)
from sennit.smtp.events import Command
from sennit.smtp.interfaces import IClientAuthentication
from sennit.smtp.state import Move

__all__ = ["ESMTPClient"]


class ESMTPClient(SMTPClient):
    """A client's side of one conversation, with extensions.

    TLS is begun where the server offers it and there is a context for it.  A server that is told to be
    secure and offers no TLS, or to authenticate and offers no way, is given nothing.

    Args:
        secret: The password.
        contextFactory: Makes the TLS context, which verifies the server.
        *args: As of `SMTPClient`.
        **kw: Likewise.

    Attributes:
        heloFallback: Whether a server that knows no EHLO is greeted by HELO, if nothing is required.
        requireAuthentication: Whether a message is sent only after authentication.
        requireTransportSecurity: Whether anything is sent only under TLS.
    """

    heloFallback: bool = True
    requireAuthentication: bool = False
    requireTransportSecurity: bool = False
    context: Any = None

    def __init__(self, secret: bytes | str | None, contextFactory: Any = None, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.secret = secret.encode() if isinstance(secret, str) else secret
        self.context = contextFactory
        self.authenticators: list[Any] = []
        self._authenticator: Any = None
        self._under_tls = False

    _ANSWERS: ClassVar[dict[Move, tuple[str, str]]] = {
        **SMTPClient._ANSWERS,
        Move.GREETING: ("esmtpState_ehlo", "smtpConnectionFailed"),
        Move.HELLO: ("esmtpState_serverConfig", "esmtpEHLORequired"),
        Move.STARTTLS: ("esmtpState_starttls", "esmtpTLSFailed"),
        Move.AUTH: ("esmtpState_challenge", "smtpState_maybeAuthenticated"),
        Move.RESPONSE: ("smtpState_maybeAuthenticated", "smtpState_maybeAuthenticated"),
    }

    @property
    def secure(self) -> bool:
        """Whether what is said goes over TLS."""
        return self._under_tls or ISSLTransport.providedBy(self.transport)

    def registerAuthenticator(self, auth: Any) -> None:
        """Add a way to say who we are; the first that the server knows too is taken.

        Args:
            auth: An `IClientAuthentication`.
        """
        self.authenticators.append(IClientAuthentication(auth))

    def connectionMade(self) -> None:
        """Wait for the server to greet."""
        super().connectionMade()
        self._under_tls = False

    # EHLO

    def esmtpState_ehlo(self, code: int, resp: bytes) -> None:
        """The server has greeted, or TLS has begun: say who we are, and ask what is offered."""
        verb = b"LHLO" if self.lmtp else b"EHLO"
        self._send(Hello((self.identity or b"localhost").decode(), verb).command)

    def esmtpEHLORequired(self, code: int = -1, resp: bytes | None = None) -> None:
        """The server knows no EHLO: go on by HELO, if nothing was required, or leave."""
        required = self.requireAuthentication or (self.requireTransportSecurity and not self.secure)
        if self.heloFallback and not required and not self.lmtp and not self._fallen_back:
            self._fallen_back = True
            self.smtpState_helo(code, resp or b"")
        else:
            self.sendError(
                EHLORequiredError(502, b"Server does not support ESMTP Authentication", self.log.str())
            )

    _fallen_back = False

    def esmtpState_serverConfig(self, code: int, resp: bytes) -> None:
        """The server told what it offers."""
        if self._fallen_back:
            self.smtpState_from(code, resp)
            return
        items = {
            keyword.encode(): words.encode() or None
            for keyword, words in self._conversation.extensions.items()
        }
        self.tryTLS(code, resp, items)

    # TLS

    def tryTLS(self, code: int, resp: bytes, items: dict[bytes, bytes | None]) -> None:
        """Begin TLS, if it can be; else go on without, if it may be."""
        if not self.secure and self.context is not None and b"STARTTLS" in items:
            self._send(Command(b"STARTTLS"))
        elif self.requireTransportSecurity and not self.secure:
            self.esmtpTLSRequired()
        else:
            self.authenticate(code, resp, items)

    def esmtpState_starttls(self, code: int, resp: bytes) -> None:
        """The server begins TLS."""
        try:
            self._conversation.tls_started()
            self.transport.startTLS(self.context)
        except Exception as error:
            self.esmtpTLSFailed(451, str(error).encode())
            return
        self._under_tls = True
        self.esmtpState_ehlo(code, resp)

    def esmtpTLSRequired(self, code: int = -1, resp: bytes | None = None) -> None:
        """TLS is required, and there is none: leave."""
        text = resp or b"Server does not support secure communication via TLS / SSL"
        self.sendError(TLSRequiredError(502 if code < 0 else code, text, self.log.str()))

    def esmtpTLSFailed(self, code: int = -1, resp: bytes | None = None) -> None:
        """TLS could not be begun: leave."""
        text = resp or b"Could not complete the SSL/TLS handshake"
        self.sendError(TLSError(454 if code < 0 else code, text, self.log.str()))

    # AUTH

    def authenticate(self, code: int, resp: bytes, items: dict[bytes, bytes | None]) -> None:
        """Say who we are, if that can be; else go on without, if it may be."""
        offered = (items.get(b"AUTH") or b"").upper().split()
        usable = [auth for auth in self.authenticators if auth.getName().upper() in offered]
        if usable and self.secret is not None:
            self._authenticator = usable[0]
            self._send(Authenticate(usable[0].getName().decode()).command)
        elif self.requireAuthentication:
            self.esmtpAUTHRequired()
        else:
            self.smtpState_from(code, resp)

    def esmtpState_challenge(self, code: int, resp: bytes) -> None:
        """The server asks something: answer."""
        try:
            challenge = decode_response(resp)
        except RemoteProtocolError:
            self.esmtpAUTHMalformedChallenge()
            return
        try:
            answer = self._authenticator.challengeResponse(self.secret, challenge)
        except ValueError as error:
            # It is the server that can't prove what it should.
            self.transport.write(self._conversation.respond(b"*"))
            self.sendError(AuthenticationError(-1, str(error), self.log.str()))
            return
        # The log shows no secret.
        self.transport.write(self._conversation.respond(encode_response(answer)))

    def smtpState_maybeAuthenticated(self, code: int, resp: bytes) -> None:
        """The server took the credentials, or did not."""
        if 200 <= code < 300:
            self.smtpState_from(code, resp)
        elif code >= 500:
            self.esmtpAUTHDeclined(code, resp)
        else:
            self.esmtpAUTHServerError(code, resp)

    def esmtpAUTHRequired(self, code: int = -1, resp: bytes | None = None) -> None:
        """Authentication is required, and the server offers no way of ours: leave."""
        tried = b", ".join(auth.getName() for auth in self.authenticators) or b"none"
        text = resp or b"The server offers none of the ways to authenticate that could be used: " + tried
        self.sendError(AUTHRequiredError(502 if code < 0 else code, text, self.log.str()))

    def esmtpAUTHServerError(self, code: int = -1, resp: bytes | None = None) -> None:
        """The server can't authenticate us now: leave."""
        self.sendError(AuthenticationError(code, resp or b"", self.log.str(), retry=True))

    def esmtpAUTHDeclined(self, code: int = -1, resp: bytes | None = None) -> None:
        """The server did not take the credentials: leave."""
        self.sendError(AUTHDeclinedError(code, resp or b"", self.log.str()))

    def esmtpAUTHMalformedChallenge(self, code: int = -1, resp: bytes | None = None) -> None:
        """The server asked what is no base64: leave."""
        text = resp or b"Login failed because the SMTP Server returned a malformed Authentication Challenge"
        self.transport.write(self._conversation.respond(b"*"))
        self.sendError(AuthenticationError(501 if code < 0 else code, text, self.log.str()))
