"""Tests of the phone book: `sennit test examples/test_phone_book.py`, or pytest."""

from __future__ import annotations

import runpy
from pathlib import Path

from sennit import Deferred, current_reactor
from sennit.endpoint import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from sennit.testing import AccumulatingProtocol, Clock, connected_pair
from sennit.trial import SynchronousTestCase, TestCase

PhoneBook = runpy.run_path(str(Path(__file__).with_name("phone_book.py")))["PhoneBook"]


class InMemory(SynchronousTestCase):
    """Nothing waits: what the client writes is carried over when the test says so."""

    def setUp(self):
        self.clock = Clock()
        protocol = PhoneBook().buildProtocol(None)
        protocol.callLater = self.clock.callLater
        self.pair = connected_pair(protocol, AccumulatingProtocol())
        self.pair.flush()

    def ask(self, line):
        self.pair.client.protocol.data = b""
        self.pair.client.write(line + b"\r\n")
        self.pair.flush()
        return self.pair.client.protocol.data

    def test_a_number_that_was_kept_is_found(self):
        self.assertEqual(self.ask(b"SET ann 123"), b"250 Kept\r\n")
        self.assertEqual(self.ask(b"GET ann"), b"250 123\r\n")

    def test_who_says_nothing_for_a_minute_is_let_go(self):
        self.clock.advance(61)
        self.pair.flush()
        self.assertTrue(self.pair.client.protocol.closed)


class OverTCP(TestCase):
    """The test waits for real connections; the port it opens must be closed again."""

    async def test_two_clients_share_one_book(self):
        reactor = current_reactor()
        port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(PhoneBook())
        self.addCleanup(port.stopListening)
        where = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        for line in (b"SET ann 123\r\nQUIT\r\n", b"GET ann\r\nQUIT\r\n"):
            client = AccumulatingProtocol()
            closed = client.closedDeferred = Deferred()
            await connectProtocol(where, client)
            client.transport.write(line)
            await closed
        self.assertIn(b"250 123\r\n", client.data)
