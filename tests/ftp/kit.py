"""Servers for the tests of FTP: on a real socket, or in memory."""

from __future__ import annotations

import contextlib
import ftplib

from sennit.core.current import current_reactor
from sennit.cred import AllowAnonymousAccess, InMemoryUsernamePasswordDatabaseDontUse, Portal
from sennit.ftp.realm import FTPRealm
from sennit.ftp.server import FTPFactory
from sennit.threads import deferToThread


def make_factory(folder):
    """Return a factory: ``public`` is for everybody, ``users/bob`` for bob, whose password is ``secret``."""
    (folder / "public").mkdir(exist_ok=True)
    (folder / "users" / "bob").mkdir(parents=True, exist_ok=True)
    users = InMemoryUsernamePasswordDatabaseDontUse(bob=b"secret")
    portal = Portal(FTPRealm(folder / "public", folder / "users"), [AllowAnonymousAccess(), users])
    return FTPFactory(portal)


@contextlib.asynccontextmanager
async def listening(factory, interface="127.0.0.1"):
    """Listen while the block runs; give a function that has a client of ftplib's in a thread."""
    port = current_reactor().listenTCP(0, factory, interface=interface)

    def run(use, make=ftplib.FTP, user="bob", password="secret"):
        def work():
            with make(timeout=30) as client:
                client.connect(interface, port.getHost().port)
                if user is not None:
                    client.login(user, password)
                return use(client)

        return deferToThread(work)

    try:
        yield run
    finally:
        await port.stopListening()
