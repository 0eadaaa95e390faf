"""One portal serves every protocol: each is a line in `PROTOCOLS`."""

from __future__ import annotations

import ftplib
import os
import smtplib
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from tests.cred.kit import CHECKERS, file, memory
from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import fail, succeed
from sennit.core.errors import DNSLookupError
from sennit.cred import FailureLimiter, IRealm, Portal
from sennit.ftp.interfaces import IFTPShell
from sennit.ftp.server import FTPFactory
from sennit.smtp.authentication import PLAINCredentials
from sennit.smtp.extended import ESMTP
from sennit.smtp.interfaces import IMessageDeliveryFactory
from sennit.smtp.refusals import SMTPServerError
from sennit.smtp.server import SMTPFactory
from sennit.socks import IProxyUser, SOCKSFactory
from sennit.threads import deferToThread
from sennit.web import IResource, Resource, Site
from sennit.web.guard import BasicCredentialFactory, DigestCredentialFactory, HTTPAuthSessionWrapper


class Speaks(NamedTuple):
    """A protocol: what serves it, and a client that somebody else wrote."""

    factory: Callable[[Portal], Any]  # what listens
    login: Callable[[int, str, str], str | None]  # blocks; the port, name and password; who one is then
    sends_passwords: bool = True  # or something that is made from them, for which plain ones must be known


def site(*factories):
    return lambda portal: Site(HTTPAuthSessionWrapper(portal, [make(b"realm") for make in factories]))


def urllib_with(handler):
    def login(port, name, password):
        url = f"http://127.0.0.1:{port}/"
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, url, name, password)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler(passwords))
        try:
            with opener.open(url, timeout=30) as response:
                return response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 401:
                    raise
            return None

    return login


basic = urllib_with(urllib.request.HTTPBasicAuthHandler)
digest = urllib_with(urllib.request.HTTPDigestAuthHandler)


def smtp(portal):
    factory = SMTPFactory(portal)
    factory.protocol = lambda: ESMTP({b"PLAIN": PLAINCredentials})
    return factory


def smtp_login(port, name, password):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        try:
            client.login(name, password)
        except smtplib.SMTPAuthenticationError:
            return None
        client.mail("")
        return client.rcpt("who.am.i@example.org")[1].decode()


def socks(portal):
    factory = SOCKSFactory(portal)
    factory.connect = lambda request: fail(DNSLookupError())
    return factory


def socks_login(port, name, password):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        said = b"\1%c%b%c%b" % (len(name), name.encode(), len(password), password.encode())
        # Each may connect to a host of his own name alone: that cannot be reached, all others are forbidden.
        client.sendall(b"\5\1\2" + said + b"\5\1\0\3%c%b\0\1" % (len(name), name.encode()))
        answers = client.makefile("rb").read()
        return name if answers[:6] == b"\5\2\1\0\5\4" else None


def ftp(portal):
    factory = FTPFactory(portal)
    factory.allowAnonymous = False
    return factory


def ftp_login(port, name, password):
    with ftplib.FTP(timeout=30) as client:
        client.connect("127.0.0.1", port)
        try:
            client.login(name, password)
        except ftplib.error_perm:
            return None
        return client.sendcmd("MLST me").split(";")[1].removeprefix("size=")


PROTOCOLS = {
    "FTP": Speaks(ftp, ftp_login),
    "HTTP Basic": Speaks(site(BasicCredentialFactory), basic),
    "HTTP Digest, MD5": Speaks(site(lambda realm: DigestCredentialFactory(b"MD5", realm)), digest, False),
    "HTTP Digest, SHA": Speaks(site(lambda realm: DigestCredentialFactory(b"SHA", realm)), digest, False),
    "SMTP": Speaks(smtp, smtp_login),
    "SOCKS": Speaks(socks, socks_login),
}


@implementer(IRealm)
class Realm:
    """Gives each protocol's interface an avatar that says whose it is."""

    def requestAvatar(self, avatarId, mind, *interfaces):
        return interfaces[0], AVATARS[interfaces[0]](avatarId), lambda: None


class Page(Resource):
    isLeaf = True

    def __init__(self, name):
        super().__init__()
        self.name = name

    def render_GET(self, request):
        return self.name


@implementer(IMessageDeliveryFactory)
class Mail:
    """Takes none, but says whom it speaks with."""

    def __init__(self, name):
        self.name = name

    def getMessageDelivery(self):
        return self

    def validateFrom(self, helo, origin):
        return origin

    def validateTo(self, user):
        raise SMTPServerError(550, self.name)


@implementer(IProxyUser)
class Surfer:
    def __init__(self, name):
        self.name = name

    def may(self, request):
        return request.host.encode() == self.name


@implementer(IFTPShell)
class Files:
    """Has one, whose size is whose it is."""

    def __init__(self, name):
        self.name = name

    def stat(self, path, keys):
        return succeed([os.fsdecode(self.name), False, 0, 0])


AVATARS = {IFTPShell: Files, IResource: Page, IMessageDeliveryFactory: Mail, IProxyUser: Surfer}


async def outcome(protocol, portal, *presented):
    """Log in over a socket, once for each name and password; return who one was then."""
    port = current_reactor().listenTCP(0, protocol.factory(portal), interface="127.0.0.1")
    try:
        number = port.getHost().port
        return [await deferToThread(protocol.login, number, *each) for each in presented]
    finally:
        await port.stopListening()


every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())


@every_protocol
@pytest.mark.parametrize("make", CHECKERS, ids=lambda make: make.__name__)
async def test_every_checker_serves_every_protocol(protocol, make, tmp_path):
    if not protocol.sends_passwords and make not in {memory, file}:
        make = memory
    portal = Portal(Realm(), [make(tmp_path)])
    assert await outcome(
        protocol, portal, ("alice", "secret"), ("alice", "guess"), ("dave", "secret"), ("bob", "secret")
    ) == ["alice", None, None, "bob"]


async def test_one_portal_serves_all_protocols_at_once_and_counts_their_failures_together(tmp_path):
    portal = Portal(Realm(), [memory(tmp_path)], limiter=FailureLimiter(per_user=len(PROTOCOLS)))
    for protocol in PROTOCOLS.values():
        assert await outcome(protocol, portal, ("alice", "secret"), ("bob", "guess")) == ["alice", None]
    for protocol in PROTOCOLS.values():
        assert await outcome(protocol, portal, ("bob", "secret")) == [None]


async def test_failures_are_counted_by_the_peers_address(tmp_path):
    portal = Portal(Realm(), [memory(tmp_path)], limiter=FailureLimiter(per_source=len(PROTOCOLS)))
    for number, protocol in enumerate(PROTOCOLS.values()):
        assert await outcome(protocol, portal, (f"nobody-{number}", "guess")) == [None]
    for protocol in PROTOCOLS.values():
        assert await outcome(protocol, portal, ("alice", "secret")) == [None]
