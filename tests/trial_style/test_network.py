"""Real sockets, threads and children, each test on a reactor that it must leave clean."""

from __future__ import annotations

import sys
import tempfile
import threading

from sennit import Deferred, Factory, Protocol, current_reactor
from sennit.app import ClientService, MultiService, StreamServerEndpointService
from sennit.core.errors import ConnectionRefusedError
from sennit.endpoint import (
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    UNIXClientEndpoint,
    UNIXServerEndpoint,
    connectProtocol,
)
from sennit.framing.basic import LineReceiver
from sennit.process import getProcessOutput
from sennit.threads import blockingCallFromThread, deferToThread
from sennit.trial import TestCase


class Shouting(LineReceiver):
    def lineReceived(self, line):
        self.sendLine(line.upper())


class Asking(LineReceiver):
    def connectionMade(self):
        self.waiting = []
        self.lost = Deferred()

    def ask(self, line):
        self.sendLine(line)
        answer = Deferred()
        self.waiting.append(answer)
        return answer

    def lineReceived(self, line):
        self.waiting.pop(0).callback(line)

    def connectionLost(self, reason):
        self.lost.callback(None)


class StreamTests(TestCase):
    timeout = 20

    async def talk(self, server, client_of):
        port = await server.listen(Factory.forProtocol(Shouting))
        self.addCleanup(port.stopListening)
        asking = await connectProtocol(client_of(port), Asking())
        answers = [asking.ask(line) for line in (b"one", b"two", b"three")]
        self.assertEqual([await each for each in answers], [b"ONE", b"TWO", b"THREE"])
        asking.transport.loseConnection()
        await asking.lost

    async def test_over_tcp(self):
        reactor = current_reactor()
        await self.talk(
            TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1"),
            lambda port: TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port),
        )

    async def test_over_a_unix_socket(self):
        reactor = current_reactor()
        directory = tempfile.TemporaryDirectory()  # paths of sockets must be short
        self.addCleanup(directory.cleanup)
        address = f"{directory.name}/socket"
        await self.talk(
            UNIXServerEndpoint(reactor, address), lambda port: UNIXClientEndpoint(reactor, address)
        )

    async def test_where_nobody_listens(self):
        reactor = current_reactor()
        port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(
            Factory.forProtocol(Shouting)
        )
        number = port.getHost().port
        await port.stopListening()
        where = TCP4ClientEndpoint(reactor, "127.0.0.1", number)
        await self.assertFailure(connectProtocol(where, Asking()), ConnectionRefusedError)

    async def test_services_come_and_go_together(self):
        reactor = current_reactor()
        port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(
            Factory.forProtocol(Protocol)
        )
        number = port.getHost().port
        await port.stopListening()
        program = MultiService()
        endpoint = TCP4ServerEndpoint(reactor, number, interface="127.0.0.1")
        StreamServerEndpointService(endpoint, Factory.forProtocol(Shouting)).setServiceParent(program)
        client = ClientService(TCP4ClientEndpoint(reactor, "127.0.0.1", number), Factory.forProtocol(Asking))
        client.setServiceParent(program)
        program.startService()
        self.addCleanup(program.stopService)
        asking = await client.whenConnected()
        self.assertEqual(await asking.ask(b"hello"), b"HELLO")


class ElsewhereTests(TestCase):
    timeout = 20

    async def test_a_thread_works_while_the_loop_turns(self):
        reactor = current_reactor()
        here = threading.get_ident()

        def work():
            self.assertNotEqual(threading.get_ident(), here)
            return blockingCallFromThread(reactor, threading.get_ident)

        self.assertEqual(await deferToThread(work), here)

    async def test_a_thread_that_raises(self):
        def work():
            raise KeyError("far away")

        await self.assertFailure(deferToThread(work), KeyError)

    async def test_a_child_speaks(self):
        said = await getProcessOutput(
            sys.executable, ("-c", "print('from a child')"), reactor=current_reactor()
        )
        self.assertEqual(said.strip(), b"from a child")
