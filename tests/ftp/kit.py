"""Servers for the tests of FTP: on a real socket, or in memory."""

from __future__ import annotations

import contextlib
import ftplib

from sennit.core.current import current_reactor
from sennit.cred import AllowAnonymousAccess, InMemoryUsernamePasswordDatabaseDontUse, Portal
from sennit.ftp import Command, Move, Reply, ServerConnection, State, Violation
from sennit.ftp.realm import FTPRealm
from sennit.ftp.server import FTPFactory
from sennit.ftp.state import MOVES
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


def default_reply(event):
    """Say yes to everything."""
    match event:
        case Violation(reply):
            return [reply]
        case Command("USER"):
            return [Reply(331, ("password?",))]
        case Command("RNFR"):
            return [Reply(350, ("to?",))]
        case Command("QUIT"):
            return [Reply(221, ("bye",))]
        case Command("AUTH"):
            return [Reply(234, ("begin",))]
        case Command(verb) if MOVES.get(verb) is Move.TRANSFER:
            return [Reply(150, ("begin",)), Reply(226, ("end",))]
        case _:
            return [Reply(230 if event.verb == "PASS" else 200, ("ok",))]


def converse(pieces, *, answer=default_reply, connection=None):
    """Feed a server's core, answer all, and return the events and the replies."""
    server = connection or ServerConnection()
    replies = [server.send(Reply(220, ("here",)))] if server.state is State.CONNECTED else []
    events = []
    for piece in pieces:
        server.receive_data(piece)
        while (event := server.next_event()) is not None:
            events.append(event)
            replies += [server.send(reply) for reply in answer(event)]
    return events, b"".join(replies)
