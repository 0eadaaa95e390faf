"""A transport is an object with a protocol, attributes, a name and interfaces."""

from __future__ import annotations

import os

from sennit.core.interfaces import (
    IConsumer,
    IHalfCloseableDescriptor,
    ILoggingContext,
    IPushProducer,
    ISystemHandle,
    ITransport,
)
from sennit.testing.contract.kinds import Ability, StreamCase
from sennit.testing.contract.recorders import Recorder
from sennit.testing.contract.streams.listed import check


@check(Ability.REPLACES)
async def the_protocol_can_be_replaced(case: StreamCase) -> None:
    server, peer = await case.serve()
    successor = Recorder()
    successor.makeConnection(server.transport)
    server.transport.protocol = successor
    await peer.send(b"for the second")
    await successor.until_received(14)
    peer.sock.close()
    await successor.until_lost()
    assert server.events == ["made"]


@check()
async def the_method_of_a_protocol_can_be_replaced(case: StreamCase) -> None:
    server, peer = await case.serve()
    got: list[bytes] = []

    def mine(data: bytes) -> None:
        got.append(data)
        server.note("mine")

    server.dataReceived = mine
    await peer.send(b"x")
    await server.until(lambda: got)
    assert got == [b"x"]


@check()
async def attributes_can_be_set_on_a_transport(case: StreamCase) -> None:
    server, _peer = await case.serve()
    server.transport.negotiated = "something"
    assert server.transport.negotiated == "something"


@check(Ability.DESCRIBES | Ability.SOCKETS)
async def a_transport_names_itself(case: StreamCase) -> None:
    server, client = await case.connect()
    name = case.streams.beneath(server.transport).protocol.logPrefix()
    assert name.startswith("Recorder")
    assert server.transport.logstr.startswith(f"{name},0")
    assert client.transport.logstr == f"{name},client"
    if not case.streams.layered:
        assert server.transport.logPrefix() == server.transport.logstr
    assert repr(server.transport)
    assert repr(client.transport)
    assert server.transport.reactor is case.reactor
    assert server.transport.protocol is server
    transport = server.transport
    before = transport.logstr, repr(transport)
    transport.loseConnection()
    await server.until_lost()
    if not case.streams.layered:
        assert (transport.logstr, repr(transport)) == before


@check(Ability.SOCKETS)
async def a_transport_gives_its_handle(case: StreamCase) -> None:
    server, _peer = await case.serve()
    transport = server.transport
    assert transport.fileno() == transport.socket.fileno()
    os.fstat(transport.fileno())
    if case.streams.secure:
        assert transport.getHandle().get_protocol_version_name() == "TLSv1.3"
    else:
        assert transport.getHandle().fileno() == transport.fileno()


@check()
async def a_transport_declares_what_it_provides(case: StreamCase) -> None:
    wanted = [ITransport, IConsumer, IPushProducer]
    if Ability.DESCRIBES in case.streams.abilities:
        wanted += [IHalfCloseableDescriptor, ISystemHandle, ILoggingContext]
    # The other end's may be of another kind.
    server, _client = await case.connect()
    for interface in wanted:
        assert interface.providedBy(server.transport)
