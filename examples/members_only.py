"""A site with a part for members: each logs in, and sees what is theirs."""

from __future__ import annotations

from zope.interface import implementer

import sennit
from sennit.core.deferred import Deferred
from sennit.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from sennit.cred.portal import IRealm, Portal
from sennit.web import IResource, Resource, Site
from sennit.web.guard import BasicCredentialFactory, HTTPAuthSessionWrapper
from sennit.web.template import renderElement, tags


class Desk(Resource):
    """What one member sees."""

    isLeaf = True

    def __init__(self, name):
        super().__init__()
        self.name = name

    def render_GET(self, request):
        return renderElement(request, tags.html(tags.body(tags.h1("Hello, ", self.name))))


@implementer(IRealm)
class Members:
    def requestAvatar(self, avatarId, mind, *interfaces):
        if IResource not in interfaces:
            raise NotImplementedError
        return IResource, Desk(avatarId.decode()), lambda: None


def make_site():
    # In a program of your own: a checker that keeps hashes, and TLS in front.
    checker = InMemoryUsernamePasswordDatabaseDontUse(ann=b"apple", bob=b"banana")
    portal = Portal(Members(), [checker])
    root = Resource()
    root.putChild(b"members", HTTPAuthSessionWrapper(portal, [BasicCredentialFactory("members")]))
    return Site(root)


async def main():
    sennit.current_reactor().listenTCP(8080, make_site())
    print("http://localhost:8080/members")
    await Deferred()


if __name__ == "__main__":
    sennit.run(main)
