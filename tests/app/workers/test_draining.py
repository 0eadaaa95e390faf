"""Ending what a reactor serves, as programs of many ports do."""

from __future__ import annotations

import asyncio

import pytest
from tests.loops import LOOPS

from sennit.app.workers.draining import drain
from sennit.endpoint import TCP4ClientEndpoint, TCP4ServerEndpoint
from sennit.http import HTTPFactory
from sennit.protocol import Factory, Protocol
from sennit.reactor import run
from sennit.testing import AccumulatingProtocol


class Echo(Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


async def until(condition):
    while not condition():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.001)


async def echo_and_drain(reactor, linger):
    echo = Factory.forProtocol(Echo)
    port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(echo)
    web = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(HTTPFactory(reactor=reactor))
    made = []
    for one in (port, web):
        client = TCP4ClientEndpoint(reactor, "127.0.0.1", one.getHost().port)
        made.append(await client.connect(Factory.forProtocol(AccumulatingProtocol)))
    made[0].transport.write(b"hello")
    await until(lambda: made[0].data)
    begun = reactor.seconds()
    draining = drain(reactor, 0.3, linger)
    if linger:
        # The web's connection is idle, and ends; the other is its owner's to end.
        await until(lambda: made[1].closed)
        assert not made[0].closed
        made[0].transport.loseConnection()
    await draining
    assert not port.connected
    assert not web.connected
    return reactor.seconds() - begun


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("linger", [0, 0.05])
def test_ports_are_closed_and_connections_ended(loop, linger):
    from sennit.core.current import current_reactor

    async def main():
        return await echo_and_drain(current_reactor(), linger)

    assert run(main, loop=loop) < 0.3
