"""One portal serves every protocol: each is a line in `PROTOCOLS`."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from tests.cred.kit import CHECKERS, file, memory
from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.cred import FailureLimiter, IRealm, Portal
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

PROTOCOLS = {
    "HTTP Basic": Speaks(site(BasicCredentialFactory), basic),
    "HTTP Digest, MD5": Speaks(site(lambda realm: DigestCredentialFactory(b"MD5", realm)), digest, False),
    "HTTP Digest, SHA": Speaks(site(lambda realm: DigestCredentialFactory(b"SHA", realm)), digest, False),
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


AVATARS = {IResource: Page}


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
