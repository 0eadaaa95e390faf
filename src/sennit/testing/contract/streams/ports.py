"""Ports and connectors start, stop, connect and end with the reactor."""

from __future__ import annotations

from typing import Any

from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.testing.contract.checks import in_reactor, raises
from sennit.testing.contract.kinds import Ability, StreamCase
from sennit.testing.contract.recorders import Broken, Client, Server
from sennit.testing.contract.streams.listed import check


@check(Ability.SOCKETS)
async def connections_live_on_when_the_port_stops(case: StreamCase) -> None:
    listening = Server()
    port = case.streams.listen(listening)
    peer = case.streams.raw(port)
    server = await listening.nth()
    stopped = port.stopListening()
    assert not stopped.called
    assert await stopped is None
    assert listening.stopped == 1
    await peer.send(b"x")
    await server.until_received(1)
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone


@check(Ability.SOCKETS)
async def a_stopped_port_can_be_started_again(case: StreamCase) -> None:
    listening = Server()
    port = case.streams.listen(listening)
    assert (listening.started, listening.stopped) == (1, 0)
    first, second = port.stopListening(), port.stopListening()
    await first
    await second
    await port.stopListening()
    assert (listening.started, listening.stopped) == (1, 1)
    port.startListening()
    assert (listening.started, listening.stopped) == (2, 1)
    peer = case.streams.raw(port)
    await listening.nth()
    peer.sock.close()
    await port.stopListening()


@check(Ability.SOCKETS)
async def sessions_are_numbered(case: StreamCase) -> None:
    listening = Server()
    port = case.streams.listen(listening)
    peers = [case.streams.raw(port) for _ in range(3)]
    numbers = [(await listening.nth(number)).transport.sessionno for number in (1, 2, 3)]
    assert numbers == [0, 1, 2]
    for peer in peers:
        peer.sock.close()


@check(Ability.SOCKETS)
async def a_connector_connects_disconnects_and_connects_again(case: StreamCase) -> None:
    listening = Server()
    port = case.streams.listen(listening)
    client = Client()
    connector = case.streams.connect(port, client)
    assert connector.state == "connecting"
    assert client.events == ["started"]
    for number in (1, 2):
        protocol = await client.nth(number)
        assert connector.state == "connected"
        assert connector.transport is case.streams.beneath(protocol.transport)
        assert protocol.transport.connector is connector
        with raises(RuntimeError):
            connector.connect()
        ended = client.ended()
        connector.disconnect()
        assert await protocol.until_lost() is ConnectionDone
        await ended
        await case.turns(1)
        assert connector.state == "disconnected"
        assert client.started == client.stopped == number
        connector.disconnect()
        if number == 1:
            connector.connect()
    assert client.events == ["started", "lost"] * 2


@check(Ability.SOCKETS)
async def a_factory_may_connect_again_when_the_connection_is_lost(case: StreamCase) -> None:
    class Again(Client):
        def clientConnectionLost(self, connector: Any, reason: Any) -> None:
            super().clientConnectionLost(connector, reason)
            if len(self.built) == 1:
                connector.connect()

    port = case.streams.listen(Server())
    client = Again()
    case.streams.connect(port, client)
    (await client.nth(1)).transport.loseConnection()
    second = await client.nth(2)
    assert (client.started, client.stopped) == (1, 0)
    second.transport.loseConnection()
    await second.until_lost()
    await case.turns()
    assert (client.started, client.stopped) == (1, 1)


@check(Ability.SOCKETS)
async def a_client_factory_that_builds_nothing_hears_of_a_loss(case: StreamCase) -> None:
    client: Any = Client()
    client.buildProtocol = lambda _address: None
    port = case.streams.listen(Server())
    case.streams.connect(port, client)
    await client.ended()
    await case.turns(1)
    assert client.events == ["started", "lost"]
    assert (client.started, client.stopped) == (1, 1)


@check(Ability.SOCKETS)
async def a_client_factory_that_raises_hears_of_a_failure(case: StreamCase) -> None:
    def raises(_address: Any) -> None:
        raise Broken

    client: Any = Client()
    client.buildProtocol = raises
    port = case.streams.listen(Server())
    case.streams.connect(port, client)
    await client.ended()
    await case.turns(1)
    assert client.events == ["started", "failed"]
    assert client.failure.type is Broken
    assert case.logged() == [Broken]


@check(Ability.SOCKETS)
def a_reactor_that_stops_ends_all_that_is_open(case: StreamCase) -> None:
    before = case.descriptors()
    listening, client = Server(), Client()
    port = case.streams.listen(listening)

    async def main() -> None:
        await listening.nth()
        await client.nth()
        case.streams.connect(port, Client())

    case.streams.connect(port, client)
    in_reactor(case.reactor, main())
    assert [one.reason.type for one in (*listening.built[:1], *client.built)] == [ConnectionLost] * 2
    assert (listening.started, listening.stopped) == (client.started, client.stopped) == (1, 1)
    case.reactor.close()
    assert case.descriptors() <= before
