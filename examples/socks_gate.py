"""A SOCKS server whose users may reach web servers alone; try it with curl.

python examples/socks_gate.py
curl --proxy socks5h://ada:lovelace@localhost:1080 https://example.org/
"""

from __future__ import annotations

from zope.interface import implementer

import sennit
from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.cred import FailureLimiter, InMemoryUsernamePasswordDatabaseDontUse, IRealm, Portal
from sennit.socks import Command, IProxyUser, SOCKSFactory

WEB = {80, 443}


@implementer(IProxyUser)
class Reader:
    """Somebody who may read the web."""

    def __init__(self, name):
        self.name = name

    def may(self, request):
        allowed = request.command == Command.CONNECT and request.port in WEB
        print(f"{self.name.decode()} -> {request.host}:{request.port}: {'yes' if allowed else 'no'}")
        return allowed


@implementer(IRealm)
class Readers:
    def requestAvatar(self, name, mind, *interfaces):
        return IProxyUser, Reader(name), lambda: None


def listen(port):
    users = InMemoryUsernamePasswordDatabaseDontUse(ada=b"lovelace")
    portal = Portal(Readers(), [users], limiter=FailureLimiter())
    return current_reactor().listenTCP(port, SOCKSFactory(portal), interface="127.0.0.1")


async def main():
    print(f"SOCKS on port {listen(1080).getHost().port}")
    await Deferred()


if __name__ == "__main__":
    sennit.run(main)
