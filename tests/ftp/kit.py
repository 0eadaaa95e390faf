"""Servers for the tests of FTP: on a real socket, or in memory."""

from __future__ import annotations

import contextlib
import ftplib

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.current import current_reactor, enter_reactor, leave_reactor
from sennit.core.errors import ConnectionAborted, ConnectionDone
from sennit.core.failure import Failure
from sennit.cred import AllowAnonymousAccess, InMemoryUsernamePasswordDatabaseDontUse, Portal
from sennit.ftp import Command, Move, Reply, ServerConnection, State, Violation
from sennit.ftp.realm import FTPRealm
from sennit.ftp.server import FTPFactory
from sennit.ftp.state import MOVES
from sennit.testing import MemoryReactorClock, StringTransport
from sennit.threads import deferToThread


def make_factory(folder):
    """Return a factory: ``public`` is for everybody, ``users/bob`` for bob, whose password is ``secret``."""
    (folder / "public").mkdir(exist_ok=True)
    (folder / "users" / "bob").mkdir(parents=True, exist_ok=True)
    users = InMemoryUsernamePasswordDatabaseDontUse(bob=b"secret")
    portal = Portal(FTPRealm(folder / "public", folder / "users"), [AllowAnonymousAccess(), users])
    return FTPFactory(portal)


@contextlib.asynccontextmanager
async def listening_at(factory, interface="127.0.0.1"):
    """Listen while the block runs; give the port's number."""
    port = current_reactor().listenTCP(0, factory, interface=interface)
    try:
        yield port.getHost().port
    finally:
        await port.stopListening()


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


class DataTransport(StringTransport):
    """A data connection in memory.

    Attributes:
        begun_tls: What `startTLS` was given.
        aborted: Whether it was dropped from this side.
    """

    begun_tls = None
    aborted = False

    def __init__(self, peer):
        super().__init__(peerAddress=peer, lenient=True)

    def startTLS(self, context, is_server):
        self.begun_tls = (context, is_server)

    def abortConnection(self):
        self.aborted = True
        super().abortConnection()
        if self.connected:
            current_reactor().callLater(0, close, self, ConnectionAborted())

    def pump(self):
        """Have what is sent written, as far as it goes."""
        while self.producer is not None:
            self.producer.resumeProducing()


class Talk:
    """A client of a server in memory.

    Args:
        factory: The server's.
        here: The server's address; `peer`: the client's.

    Attributes:
        clock: The time.
        server: The protocol; `transport` is its own.
    """

    def __init__(self, factory, here="10.0.0.1", peer="10.0.0.2"):
        self.clock = MemoryReactorClock()
        self.factory = factory
        addresses = [address(here, 21), address(peer, 50000)]
        self.transport = StringTransport(*addresses, lenient=True)
        enter_reactor(self.clock)
        wrapper = factory.buildProtocol(addresses[1])
        self.server = wrapper.wrappedProtocol
        self.wrapper = wrapper
        wrapper.makeConnection(self.transport)
        self.greeting = self.said()

    def said(self):
        """Return the lines said since the last time."""
        lines = self.transport.value().decode("utf-8", "surrogateescape").splitlines()
        self.transport.clear()
        return lines

    def say(self, *lines):
        """Say lines, all at once; return what is answered."""
        self.wrapper.dataReceived(
            b"".join(line.encode("utf-8", "surrogateescape") + b"\r\n" for line in lines)
        )
        return self.said()

    def codes(self, *lines):
        return [int(line[:3]) for line in self.say(*lines) if line[3:4] == " " and line[:3].isdigit()]

    def login(self, user="bob", password="secret"):
        assert self.codes(f"USER {user}", f"PASS {password}") == [331, 230]
        return self

    def hang_up(self, reason=None):
        self.wrapper.connectionLost(Failure(reason or ConnectionDone()))

    def passive(self, command="EPSV"):
        """Have the server wait for a data connection; return its factory."""
        assert self.say(command)[-1].startswith("2")
        return self.clock.tcpServers[-1][1]

    def data(self, command="EPSV", peer="10.0.0.2"):
        """Make a data connection; return its transport, with its protocol."""
        return connect_data(self.passive(command), peer)

    def leave(self):
        if not self.server.disconnected or self.transport.disconnecting:
            self.hang_up()
        self.clock.advance(0)
        leave_reactor(self.clock)
        assert not self.clock.getDelayedCalls(), "Timers are left."


class Listening:
    """A port that does not listen, and remembers whether it was stopped."""

    stopped = False

    def __init__(self, where):
        self.where = where

    def getHost(self):
        return self.where

    def stopListening(self):
        self.stopped = True


def address(host, port):
    return (IPv6Address if ":" in host else IPv4Address)("TCP", host, port)


def connect_data(factory, peer):
    """Connect to a data factory; return the transport, or None if it won't have it."""
    protocol = factory.buildProtocol(address(peer, 50001))
    if protocol is None:
        return None
    transport = DataTransport(address(peer, 50001))
    transport.protocol = protocol
    protocol.makeConnection(transport)
    return transport


def close(transport, reason=None):
    """End a data connection, if it has not ended."""
    if transport.connected:
        transport.connected = False
        if transport.producer is not None:
            transport.producer.stopProducing()
        transport.protocol.connectionLost(Failure(reason or ConnectionDone()))


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
