"""One set of users for two servers: pages over HTTP, and a chat over lines; passwords are hashed in a file.

    python examples/shared_users.py users 8080 8081

where `users` is made by ``htpasswd -B -c users alice``.  Then ``curl -u alice http://localhost:8080/`` and
``nc localhost 8081``.
"""

from __future__ import annotations

import sys

from zope.interface import Interface, implementer

import sennit
from sennit.cred import IRealm, Portal, UnauthorizedLogin, UsernamePassword, login_from
from sennit.cred.strcred import makeChecker
from sennit.endpoint import serverFromString
from sennit.framing.basic import LineReceiver
from sennit.web import IResource, Resource, Site
from sennit.web.guard import BasicCredentialFactory, HTTPAuthSessionWrapper


class IChatter(Interface):
    """Somebody who takes part in the chat, by his method `say`."""


class Page(Resource):
    isLeaf = True

    def __init__(self, name):
        super().__init__()
        self.name = name

    def render_GET(self, request):
        return b"Hello, " + self.name + b"!\n"


@implementer(IChatter)
class Chatter:
    def __init__(self, name, room):
        self.name = name
        self.room = room

    def say(self, text):
        for protocol in self.room:
            protocol.sendLine(self.name + b": " + text)


@implementer(IRealm)
class Realm:
    """What each user has in each server."""

    def __init__(self):
        self.room = set()

    def requestAvatar(self, avatarId, mind, *interfaces):
        if IResource in interfaces:
            return IResource, Page(avatarId), lambda: None
        if IChatter in interfaces:
            self.room.add(mind)
            return IChatter, Chatter(avatarId, self.room), lambda: self.room.discard(mind)
        raise NotImplementedError("There are pages and a chat.")


class Chat(LineReceiver):
    MAX_LENGTH = 512
    name = chatter = logout = None

    def connectionMade(self):
        self.sendLine(b"Your name?")

    def lineReceived(self, line):
        if self.chatter is not None:
            self.chatter.say(line)
        elif self.name is None:
            self.name = line
            self.sendLine(b"Your password?")
        else:
            self.pauseProducing()
            with login_from(self.transport.getPeer()):
                login = self.factory.portal.login(UsernamePassword(self.name, line), self, IChatter)
            login.addCallbacks(self.loggedIn, self.refused)

    def loggedIn(self, result):
        _, self.chatter, self.logout = result
        self.sendLine(b"Welcome.")
        self.resumeProducing()

    def refused(self, failure):
        failure.trap(UnauthorizedLogin)
        self.sendLine(b"No.")
        self.transport.loseConnection()

    def connectionLost(self, reason):
        if self.logout is not None:
            self.logout()


async def main(users, web, chat):
    portal = Portal(Realm(), [makeChecker(f"htpasswd:{users}")])
    factory = sennit.Factory.forProtocol(Chat)
    factory.portal = portal
    site = Site(HTTPAuthSessionWrapper(portal, [BasicCredentialFactory(b"example")]))
    reactor = sennit.current_reactor()
    for port, what in ((web, site), (chat, factory)):
        listening = await serverFromString(reactor, f"tcp:{port}:interface=127.0.0.1").listen(what)
        print(listening.getHost().port, flush=True)
    await sennit.Deferred()


if __name__ == "__main__":
    sennit.run(main, *sys.argv[1:4])
