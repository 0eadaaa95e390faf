"""One message to one server: the factories that try until it is sent, and `sendmail`, the one call."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.protocol import ClientFactory
from sennit.smtp.authentication import CramMD5ClientAuthenticator, LOGINAuthenticator, PLAINAuthenticator
from sennit.smtp.client import SMTPClient
from sennit.smtp.envelope import DNSNAME
from sennit.smtp.errors import SMTPClientError, SMTPConnectError, SMTPDeliveryError
from sennit.smtp.extended_client import ESMTPClient
from sennit.smtp.scram import SCRAMAuthenticator
from sennit.smtp.transcript import Transcript

__all__ = [
    "ESMTPSender",
    "ESMTPSenderFactory",
    "SMTPSender",
    "SMTPSenderFactory",
    "SenderMixin",
    "sendmail",
]


class SenderMixin:
    """Sends the one message of its factory, and tells the factory what became of it.

    Attributes:
        done: Whether the message was begun.
    """

    done: bool = False
    factory: Any
    transport: Any

    def getMailFrom(self) -> bytes | None:
        """Return the sender, once."""
        if self.done:
            return None
        self.done = True
        sender: bytes = self.factory.fromEmail
        return sender

    def getMailTo(self) -> list[bytes]:
        """Return the recipients."""
        recipients: list[bytes] = self.factory.toEmail
        return recipients

    def getMailData(self) -> Any:
        """Return the message."""
        return self.factory.file

    def sendError(self, exc: Exception) -> None:
        """Leave, and tell the factory, unless it is to be tried again."""
        super().sendError(exc)  # type: ignore[misc]
        if not (isinstance(exc, SMTPClientError) and exc.retry and self.factory.retries < 0):
            self.factory.fail(exc)

    def sentMail(
        self, code: int, resp: bytes, numOk: int, addresses: list[tuple[bytes, int, bytes]], log: Transcript
    ) -> None:
        """Tell the factory; what was refused for now, and for all, is to be tried again."""
        if numOk and 200 <= code < 300:
            self.factory.succeed((numOk, addresses))
            return
        if 400 <= code < 500 and self.factory.retries < 0:
            self.transport.loseConnection()
            return
        lines = [
            b"%s: %03d %s" % (address, refused, text)
            for address, refused, text in addresses
            if not 200 <= refused < 300
        ]
        told = b"".join(line + b"\n" for line in lines) + log.str()
        self.factory.fail(SMTPDeliveryError(code, resp, told, addresses))


class SMTPSender(SenderMixin, SMTPClient):
    """Sends one message, without extensions."""


class SMTPSenderFactory(ClientFactory):
    """Sends one message to the server that it is connected to, and tries again if that fails.

    Args:
        fromEmail: The sender.
        toEmail: The recipient, or the recipients.
        file: The message: a file of bytes, which can be sought if it is to be sent more than once.
        deferred: Fires with how many recipients were taken, and each with its reply; or fails with an
            `SMTPClientError`.
        retries: How often to try again.
        timeout: Seconds to wait for the server; None for ever.

    Attributes:
        domain: Who the client says it is.
        currentProtocol: The conversation, if there is one.
        sendFinished: Whether it is known what became of the message.
    """

    domain: bytes = DNSNAME
    protocol: Any = SMTPSender
    noisy = False

    def __init__(
        self,
        fromEmail: bytes | str,
        toEmail: bytes | str | Iterable[bytes | str],
        file: Any,
        deferred: Deferred[Any],
        retries: int = 5,
        timeout: float | None = None,
    ) -> None:
        self.fromEmail = _bytes(fromEmail)
        recipients = [toEmail] if isinstance(toEmail, (str, bytes)) else toEmail
        self.toEmail = [_bytes(recipient) for recipient in recipients]
        self.nEmails = len(self.toEmail)
        self.file = file
        self.result: Deferred[Any] = deferred
        # Counts up to 0: below, there is a try left.
        self.retries = -retries
        self.timeout = timeout
        self.sendFinished = False
        self.currentProtocol: Any = None

    def succeed(self, result: tuple[int, list[tuple[bytes, int, bytes]]]) -> None:
        """Take note that the message was taken."""
        if not self.sendFinished:
            self.sendFinished = True
            self.result.callback(result)

    def fail(self, error: Exception | Failure) -> None:
        """Take note that the message will not be taken."""
        if not self.sendFinished:
            self.sendFinished = True
            self.result.errback(error)

    def buildProtocol(self, addr: Any) -> Any:
        """Begin a conversation."""
        protocol = self._make_protocol()
        protocol.factory = self
        protocol.timeout = self.timeout
        self.currentProtocol = protocol
        return protocol

    def _make_protocol(self) -> Any:
        return self.protocol(self.domain, self.nEmails * 2 + 2)

    def clientConnectionFailed(self, connector: Any, err: Any) -> None:
        """Try again, or give up."""
        self._ended(connector, err)

    def clientConnectionLost(self, connector: Any, err: Any) -> None:
        """Try again, if it is not known what became of the message, or give up."""
        self._ended(connector, err)

    def _ended(self, connector: Any, err: Any) -> None:
        protocol, self.currentProtocol = self.currentProtocol, None
        if self.sendFinished:
            return
        if self.retries < 0:
            self.retries += 1
            self.file.seek(0, 0)
            connector.connect()
            return
        reason = err.value if isinstance(err, Failure) else err
        log = protocol.log.str() if protocol is not None else None
        text = f"Unable to connect to server: {type(reason).__name__}: {reason}"
        self.fail(SMTPConnectError(-1, text, log))


class ESMTPSender(SenderMixin, ESMTPClient):
    """Sends one message, with extensions.

    Args:
        username: Who to authenticate as; None for nobody.
        secret: The password.
        contextFactory: Makes the TLS context.
        *args: As of `SMTPClient`.
        **kw: Likewise.
    """

    requireAuthentication = True
    requireTransportSecurity = True

    def __init__(
        self,
        username: bytes | str | None,
        secret: bytes | str | None,
        contextFactory: Any = None,
        *args: Any,
        **kw: Any,
    ) -> None:
        super().__init__(secret, contextFactory, *args, **kw)
        self.username = None if username is None else _bytes(username)
        if self.username is not None:
            for kind in (
                SCRAMAuthenticator,
                CramMD5ClientAuthenticator,
                PLAINAuthenticator,
                LOGINAuthenticator,
            ):
                self.registerAuthenticator(kind(self.username))


class ESMTPSenderFactory(SMTPSenderFactory):
    """Sends one message, with extensions.

    Args:
        username: Who to authenticate as; None for nobody.
        password: The password.
        fromEmail: As of `SMTPSenderFactory`, and so on to `timeout`.
        toEmail: As above.
        file: As above.
        deferred: As above.
        retries: As above.
        timeout: As above.
        contextFactory: Makes the TLS context.
        heloFallback: Whether a server that knows no EHLO is greeted by HELO.
        requireAuthentication: Whether the message is sent only after authentication.
        requireTransportSecurity: Whether it is sent only under TLS.
        hostname: The server's name, which its certificate is verified for if there is no `contextFactory`;
            without either there is no TLS.
    """

    protocol: Any = ESMTPSender

    def __init__(
        self,
        username: bytes | str | None,
        password: bytes | str | None,
        fromEmail: bytes | str,
        toEmail: bytes | str | Iterable[bytes | str],
        file: Any,
        deferred: Deferred[Any],
        retries: int = 5,
        timeout: float | None = None,
        contextFactory: Any = None,
        heloFallback: bool = False,
        requireAuthentication: bool = True,
        requireTransportSecurity: bool = True,
        hostname: str | None = None,
    ) -> None:
        super().__init__(fromEmail, toEmail, file, deferred, retries, timeout)
        self.username = None if username is None else _bytes(username)
        self.password = None if password is None else _bytes(password)
        self._contextFactory = contextFactory
        self._hostname = hostname
        self._heloFallback = heloFallback
        self._requireAuthentication = requireAuthentication
        self._requireTransportSecurity = requireTransportSecurity

    def _make_protocol(self) -> Any:
        context = self._contextFactory
        if context is None and self._hostname is not None:
            from sennit.tls import optionsForClientTLS

            context = optionsForClientTLS(self._hostname)
        protocol = self.protocol(self.username, self.password, context, self.domain, self.nEmails * 2 + 2)
        protocol.heloFallback = self._heloFallback
        protocol.requireAuthentication = self._requireAuthentication
        protocol.requireTransportSecurity = self._requireTransportSecurity
        return protocol


def sendmail(
    smtphost: str,
    from_addr: bytes | str,
    to_addrs: bytes | str | Iterable[bytes | str],
    msg: Any,
    senderDomainName: bytes | str | None = None,
    port: int = 25,
    reactor: Any = None,
    username: bytes | str | None = None,
    password: bytes | str | None = None,
    requireAuthentication: bool = False,
    requireTransportSecurity: bool = False,
) -> Deferred[Any]:
    """Send a message to a server.

    TLS is begun where the server offers it, and the server's certificate is verified for its name.

    Args:
        smtphost: The server.
        from_addr: The sender.
        to_addrs: The recipient, or the recipients.
        msg: The message: text, bytes, a file of bytes, or what has them as its text.
        senderDomainName: Who the client says it is.
        port: The server's port.
        reactor: What connects; None for the current reactor.
        username: Who to authenticate as; None for nobody.
        password: The password.
        requireAuthentication: Whether the message is sent only after authentication.
        requireTransportSecurity: Whether it is sent only under TLS.

    Returns:
        A Deferred that fires with how many recipients were taken, and a list of each recipient with the code
        and the text of the reply to it; or fails with an `SMTPClientError`.  To cancel it ends the
        connection.
    """
    if reactor is None:
        reactor = current_reactor()
    if not hasattr(msg, "read"):
        msg = BytesIO(
            msg if isinstance(msg, bytes) else bytes(msg) if hasattr(msg, "__bytes__") else str(msg).encode()
        )

    def cancel(deferred: Deferred[Any]) -> None:
        factory.sendFinished = True
        if factory.currentProtocol is not None and factory.currentProtocol.transport is not None:
            factory.currentProtocol.transport.abortConnection()
        else:
            connector.disconnect()

    result: Deferred[Any] = Deferred(cancel)
    factory = ESMTPSenderFactory(
        username,
        password,
        from_addr,
        to_addrs,
        msg,
        result,
        heloFallback=True,
        requireAuthentication=requireAuthentication,
        requireTransportSecurity=requireTransportSecurity,
        hostname=smtphost,
    )
    if senderDomainName is not None:
        factory.domain = _bytes(senderDomainName)
    connector = reactor.connectTCP(smtphost, port, factory)
    return result


def _bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text
