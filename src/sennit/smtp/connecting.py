"""Opening a connection on which a message may begin: greeting, EHLO, TLS and log-in, or an error."""

from __future__ import annotations

from typing import Any

from sennit.core.errors import ConnectError
from sennit.endpoint import HostnameEndpoint, connectProtocol, wrapClientTLS
from sennit.smtp.channel import Channel
from sennit.smtp.commands import Authenticate, Hello, decode_response, encode_response
from sennit.smtp.errors import (
    AUTHDeclinedError,
    AuthenticationError,
    AUTHRequiredError,
    EHLORequiredError,
    RemoteProtocolError,
    SMTPConnectError,
    TLSError,
    TLSRequiredError,
)
from sennit.smtp.events import Command, Reply
from sennit.smtp.routing import TLS, Login, MailServer

__all__ = ["open_channel"]

# What says a secret aloud.
_ALOUD = {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"}


async def open_channel(
    reactor: Any, server: MailServer, identity: str, patience: float | None, connect_timeout: float
) -> Channel:
    """Open a connection.

    Args:
        reactor: What connects.
        server: Where to.
        identity: Who the client says it is.
        patience: Seconds to wait for each answer.
        connect_timeout: Seconds to wait for the connection.

    Returns:
        A connection on which a message may begin.

    Raises:
        SMTPClientError: If there is none, or none that is as it should be.
    """
    security = server.security
    endpoint = server.endpoint or HostnameEndpoint(reactor, server.host, server.port, timeout=connect_timeout)
    if security is TLS.IMPLICIT:
        endpoint = wrapClientTLS(_verifying(server), endpoint)
    channel = Channel(patience, lmtp=server.lmtp, reactor=reactor)
    try:
        await connectProtocol(endpoint, channel)
    except (ConnectError, OSError) as error:
        raise SMTPConnectError(-1, f"{server.host}:{server.port} can't be reached: {error}") from None
    channel.secure = channel.verified = security is TLS.IMPLICIT
    try:
        await _prepare(channel, server, security, identity)
    except BaseException:
        channel.abort()
        raise
    return channel


def _verifying(server: MailServer) -> Any:
    from sennit.tls import optionsForClientTLS

    return optionsForClientTLS(server.host, server.trust_root)


async def _prepare(channel: Channel, server: MailServer, security: TLS, identity: str) -> None:
    greeting = (await channel.answer()).reply
    if not greeting.accepted:
        raise SMTPConnectError(greeting.code, greeting.text)
    required = security is TLS.REQUIRED
    await _hello(channel, server, identity, extensions_required=required or server.login is not None)
    if required or security is TLS.OPPORTUNISTIC:
        await _secure(channel, server, identity, required=required)
    if server.login is not None:
        await _log_in(channel, server.login, aloud=channel.verified or security is TLS.NONE)


async def _hello(channel: Channel, server: MailServer, identity: str, *, extensions_required: bool) -> None:
    verb = b"LHLO" if server.lmtp else b"EHLO"
    reply = (await channel.ask(Hello(identity, verb).command)).reply
    if reply.accepted:
        return
    if server.lmtp or extensions_required or not reply.permanent:
        raise EHLORequiredError(reply.code, reply.text, retry=reply.transient)
    reply = (await channel.ask(Hello(identity, b"HELO").command)).reply
    if not reply.accepted:
        raise SMTPConnectError(reply.code, reply.text)


async def _secure(channel: Channel, server: MailServer, identity: str, *, required: bool) -> None:
    if "STARTTLS" not in channel.conversation.extensions:
        if required:
            raise TLSRequiredError(-1, f"{server.host} offers no TLS, and nothing is sent without.")
        return
    reply = (await channel.ask(Command(b"STARTTLS"))).reply
    if not reply.accepted:
        if required:
            raise TLSError(reply.code, reply.text)
        return
    if required:
        context = _verifying(server)
    else:
        from sennit.tls import CertificateOptions

        context = CertificateOptions()
    channel.start_tls(context, verified=required)
    try:
        await _hello(channel, server, identity, extensions_required=True)
    except SMTPConnectError as error:
        raise TLSError(-1, f"TLS with {server.host} failed: {error}") from None


async def _log_in(channel: Channel, login: Login, *, aloud: bool) -> None:
    offered = channel.conversation.extensions.get("AUTH", "").upper().split()
    for authenticator in login.authenticators():
        name = authenticator.getName().decode()
        if name in offered and (aloud or name not in _ALOUD):
            break
    else:
        without = "" if aloud else " that says no secret aloud without verified TLS"
        raise AUTHRequiredError(
            -1, f"There is no way to log in{without}; offered are: {' '.join(offered) or 'none'}."
        )
    secret = login.secret.encode()
    reply = (await channel.ask(Authenticate(name).command)).reply
    while reply.challenging:
        try:
            response = encode_response(authenticator.challengeResponse(secret, _challenge(reply)))
        except (ValueError, RemoteProtocolError) as error:
            # It is the server that can't prove what it should.
            raise AuthenticationError(-1, str(error)) from None
        channel.respond(response)
        reply = (await channel.answer()).reply
    if reply.transient:
        raise AuthenticationError(reply.code, reply.text, retry=True)
    if not reply.accepted:
        raise AUTHDeclinedError(reply.code, reply.text)


def _challenge(reply: Reply) -> bytes:
    return decode_response(reply.lines[0].encode())
