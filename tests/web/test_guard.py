"""HTTP authentication in front of resources."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.cred.checkers import AllowAnonymousAccess, InMemoryUsernamePasswordDatabaseDontUse
from sennit.cred.portal import IRealm, Portal
from sennit.web import IResource, Resource
from sennit.web.guard import BasicCredentialFactory, DigestCredentialFactory, HTTPAuthSessionWrapper


class Hello(Resource):
    def __init__(self, who):
        super().__init__()
        self.who = who

    def getChild(self, path, request):
        return self

    def render_GET(self, request):
        return b"%b at %b" % (self.who, b"/".join(request.prepath))

    def render_POST(self, request):
        return request.content.read()


@implementer(IRealm)
class Realm:
    def __init__(self):
        self.left = []

    def requestAvatar(self, avatarId, mind, *interfaces):
        who = avatarId if isinstance(avatarId, bytes) else b"anonymous"
        return IResource, Hello(who), lambda: self.left.append(who)


@pytest.fixture
def realm():
    return Realm()


def guarded(realm, *factories, anonymous=False):
    portal = Portal(realm, [InMemoryUsernamePasswordDatabaseDontUse(ann=b"secret:x")])
    if anonymous:
        portal.registerChecker(AllowAnonymousAccess())
    root = Resource()
    factories = factories or [BasicCredentialFactory(b'a "b"\r\nX: y')]
    root.putChild(b"in", HTTPAuthSessionWrapper(portal, factories))
    return root


def basic(text):
    return b"Authorization: Basic " + base64.b64encode(text)


def test_a_user_reaches_the_avatar_and_is_logged_out_when_answered(browse, realm):
    answer = browse(guarded(realm)).ask(b"/in/a/b", basic(b"ann:secret:x"))
    assert (answer.code, answer.body) == (200, b"ann at in/a/b")
    assert realm.left == [b"ann"]


@pytest.mark.parametrize(
    "line",
    [
        basic(b"ann:wrong"),
        basic(b"bob:secret:x"),
        basic(b"ann"),
        b"Authorization: Basic !!!",
        b"Authorization: Basic",
        b"Authorization: Bearer x",
        b"X: y",
    ],
)
def test_anybody_else_is_told_how_to_log_in_in_one_header(browse, realm, line):
    answer = browse(guarded(realm)).ask(b"/in/a", line)
    assert answer.code == 401
    assert answer.headers[b"www-authenticate"] == b'basic realm="a \\"b\\"X: y"'
    assert realm.left == []


def test_who_does_not_log_in_is_anonymous_where_that_is_allowed(browse, realm):
    assert browse(guarded(realm, anonymous=True)).ask(b"/in/").body == b"anonymous at in/"


def test_an_error_in_a_checker_is_a_500_without_details(browse, realm):
    class Broken:
        credentialInterfaces = InMemoryUsernamePasswordDatabaseDontUse.credentialInterfaces

        def requestAvatarId(self, credentials):
            raise RuntimeError("database password is 123")

    portal = Portal(realm, [Broken()])
    resource = HTTPAuthSessionWrapper(portal, [BasicCredentialFactory(b"r")])
    answer = browse(resource).ask(b"/", basic(b"ann:x"))
    assert answer.code == 500
    assert b"123" not in answer.body


def test_a_login_may_take_its_time(browse, realm):
    gate = Deferred()

    class Slow:
        credentialInterfaces = InMemoryUsernamePasswordDatabaseDontUse.credentialInterfaces

        def requestAvatarId(self, credentials):
            return gate

    browser = browse(HTTPAuthSessionWrapper(Portal(realm, [Slow()]), [BasicCredentialFactory(b"r")]))
    assert browser.ask(b"/x", basic(b"ann:x")) is None
    gate.callback(b"zoe")
    assert browser.answer().body == b"zoe at x"


def digest(challenge, method, uri, *, qop=b"auth", body=b"", password=b"secret:x"):
    fields = dict(re.findall(rb'(\w+)="([^"]*)"', challenge))
    name = fields[b"algorithm"].decode().replace("-", "")
    h = lambda data: hashlib.new(name, data).hexdigest().encode()  # noqa: E731
    entity = b":" + h(body) if qop == b"auth-int" else b""
    a1, a2 = h(b"ann:" + fields[b"realm"] + b":" + password), h(method + b":" + uri + entity)
    response = h(b":".join([a1, fields[b"nonce"], b"00000001", b"cn", qop, a2]))
    return (
        b'Authorization: Digest username="ann", realm="%b", nonce="%b", uri="%b", qop=%b, nc=00000001, '
        b'cnonce="cn", response="%b", opaque="%b", algorithm=%b'
    ) % (fields[b"realm"], fields[b"nonce"], uri, qop, response, fields[b"opaque"], fields[b"algorithm"])


@pytest.mark.parametrize("algorithm", [b"md5", b"sha-256"])
def test_a_digest_opens_and_one_made_for_another_request_does_not(browse, realm, algorithm):
    browser = browse(guarded(realm, DigestCredentialFactory(algorithm, b"r")))
    challenge = browser.ask(b"/in/a").headers[b"www-authenticate"]
    assert browser.ask(b"/in/a", digest(challenge, b"GET", b"/in/a")).body == b"ann at in/a"
    assert browser.ask(b"/in/a", digest(challenge, b"POST", b"/in/a")).code == 401
    assert browser.ask(b"/in/a", digest(challenge, b"GET", b"/in/a", password=b"x")).code == 401


def test_a_digest_can_cover_the_body(browse, realm):
    browser = browse(guarded(realm, DigestCredentialFactory(b"md5", b"r", body_integrity=True)))
    challenge = browser.ask(b"/in").headers[b"www-authenticate"]
    line = digest(challenge, b"POST", b"/in", qop=b"auth-int", body=b"pay 5")
    assert browser.ask(b"/in", line, method=b"POST", body=b"pay 5").body == b"pay 5"
    assert browser.ask(b"/in", line, method=b"POST", body=b"pay 9").code == 401
