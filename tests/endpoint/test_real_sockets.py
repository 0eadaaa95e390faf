"""Endpoints on real sockets and both kinds of loop."""

from __future__ import annotations

import pytest
from tests.loops import LOOPS

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionRefusedError
from sennit.endpoint import HostnameEndpoint, TCP4ClientEndpoint, clientFromString, serverFromString
from sennit.protocol import Factory, Protocol
from sennit.reactor import run


class Echo(Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


class Asking(Protocol):
    def connectionMade(self):
        self.answer, self.lost = Deferred(), Deferred()
        self.transport.write(b"anyone there?")

    def dataReceived(self, data):
        self.answer.callback(data)

    def connectionLost(self, reason):
        self.lost.callback(None)


async def converse(endpoint):
    protocol = await endpoint.connect(Factory.forProtocol(Asking))
    assert type(protocol) is Asking
    assert await protocol.answer == b"anyone there?"
    protocol.transport.loseConnection()
    await protocol.lost


@pytest.mark.parametrize("loop", LOOPS)
def test_a_server_is_reached_by_name_and_by_address(loop):
    async def scenario():
        reactor = current_reactor()
        listening = serverFromString(reactor, "tcp:0:interface=127.0.0.1")
        port = await listening.listen(Factory.forProtocol(Echo))
        number = port.getHost().port
        await converse(HostnameEndpoint(reactor, "localhost", number))
        await converse(TCP4ClientEndpoint(reactor, "127.0.0.1", number))
        await converse(clientFromString(reactor, f"tcp:127.0.0.1:{number}"))
        await port.stopListening()
        with pytest.raises(ConnectionRefusedError):
            await HostnameEndpoint(reactor, "127.0.0.1", number).connect(Factory.forProtocol(Asking))

    run(scenario, loop=loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_unix_server_is_reached_by_its_path(loop, tmp_path):
    async def scenario():
        reactor = current_reactor()
        path = tmp_path / "echo.sock"
        port = await serverFromString(reactor, f"unix:{path}:mode=600").listen(Factory.forProtocol(Echo))
        assert path.stat().st_mode & 0o777 == 0o600
        await converse(clientFromString(reactor, f"unix:{path}:lockfile=1"))
        await port.stopListening()
        assert not path.exists()

    run(scenario, loop=loop)
