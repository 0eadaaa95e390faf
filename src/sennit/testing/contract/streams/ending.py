"""Connections end once, in order, with the right reason, and after all that was written."""

from __future__ import annotations

import gc
import random
import weakref

from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost
from sennit.testing.contract.checks import raises, same
from sennit.testing.contract.kinds import Ability, StreamCase
from sennit.testing.contract.streams.listed import BIG, check


@check()
async def closing_is_clean_for_both_sides(case: StreamCase) -> None:
    server, client = await case.connect()
    server.transport.loseConnection()
    assert server.transport.disconnecting
    assert await server.until_lost() is ConnectionDone
    assert await client.until_lost() is ConnectionDone
    assert server.events == client.events == ["made", "lost"]


@check(Ability.DESCRIBES)
async def flags_tell_the_state(case: StreamCase) -> None:
    server, _peer = await case.serve()
    transport = server.transport
    assert (transport.connected, transport.disconnecting, transport.disconnected) == (True, False, False)
    transport.loseConnection()
    assert (transport.connected, transport.disconnecting, transport.disconnected) == (True, True, False)
    await server.until_lost()
    assert (transport.connected, transport.disconnecting, transport.disconnected) == (False, True, True)


@check()
async def the_other_side_closing_is_a_clean_end(case: StreamCase) -> None:
    server, peer = await case.serve()
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone
    assert not server.transport.disconnecting


@check(Ability.RESETS)
async def writes_to_a_connection_that_was_reset_log_nothing(case: StreamCase) -> None:
    protocol, peer = await case.serve()
    peer.reset()
    for _ in range(20):
        protocol.transport.write(b"nobody reads this")
    await protocol.until_lost()
    assert case.messages() == []


@check(Ability.RESETS)
async def a_reset_is_a_loss(case: StreamCase) -> None:
    server, peer = await case.serve()
    peer.reset()
    assert await server.until_lost() is ConnectionLost
    assert isinstance(server.reason.value.__cause__, ConnectionResetError)
    assert server.reason.value.args == ()


@check(Ability.ABORTS)
async def aborting_tells_both_sides(case: StreamCase) -> None:
    server, peer = await case.serve()
    server.transport.write(b"x" * BIG)
    server.transport.abortConnection()
    server.transport.abortConnection()
    assert server.reason is None
    assert await server.until_lost() is ConnectionAborted
    if Ability.RESETS in case.streams.abilities:
        with raises(ConnectionResetError):
            await peer.receive_all()
    else:
        assert len(await peer.receive_all()) < BIG


@check()
async def everything_is_sent_before_the_close(case: StreamCase) -> None:
    server, client = await case.connect()
    data = random.Random(2).randbytes(BIG)
    server.transport.write(data)
    server.transport.loseConnection()
    assert await client.until_lost() is ConnectionDone
    same(client.received, data)
    assert await server.until_lost() is ConnectionDone


@check()
async def what_is_written_after_asking_to_close_goes_out_too(case: StreamCase) -> None:
    server, peer = await case.serve()
    server.transport.loseConnection()
    server.transport.write(b"after")
    assert await peer.receive_all() == b"after"
    assert await server.until_lost() is ConnectionDone


@check()
async def what_is_written_while_the_rest_is_sent_goes_out_too(case: StreamCase) -> None:
    server, peer = await case.serve()
    server.transport.write(b"x" * BIG)
    server.transport.loseConnection()
    await case.turns()
    server.transport.write(b"after")
    same(await peer.receive_all(), b"x" * BIG + b"after")


@check(Ability.ABORTS)
async def nothing_is_read_after_asking_to_close(case: StreamCase) -> None:
    server, peer = await case.serve()
    server.transport.write(b"x" * BIG)
    server.transport.loseConnection()
    await peer.send(b"too late")
    await case.turns()
    assert server.events == ["made"]
    server.transport.abortConnection()
    assert await server.until_lost() is ConnectionAborted
    assert server.received == b""


@check(Ability.ABORTS)
async def a_peer_that_never_reads_keeps_the_connection_until_it_is_aborted(case: StreamCase) -> None:
    server, _peer = await case.serve()
    server.transport.write(b"x" * BIG)
    server.transport.loseConnection()
    await case.turns(20)
    assert server.reason is None
    server.transport.abortConnection()
    assert await server.until_lost() is ConnectionAborted


@check(Ability.ABORTS)
async def calls_after_the_loss_do_nothing(case: StreamCase) -> None:
    server, peer = await case.serve()
    transport = server.transport
    peer.sock.close()
    await server.until_lost()
    transport.loseConnection()
    transport.abortConnection()
    transport.loseWriteConnection()
    transport.pauseProducing()
    transport.resumeProducing()
    transport.stopProducing()
    transport.unregisterProducer()
    if Ability.DESCRIBES in case.streams.abilities:
        assert transport.fileno() == -1
    await case.turns()
    assert server.events == ["made", "lost"]


@check(Ability.NAMES)
async def addresses_can_be_asked_after_the_loss(case: StreamCase) -> None:
    server, client = await case.connect()
    server.transport.loseConnection()
    await server.until_lost()
    await client.until_lost()
    assert server.transport.getPeer() == client.transport.getHost() == server.address
    assert server.transport.getHost() == client.transport.getPeer() == client.address


@check(Ability.SHARED)
async def a_lost_connection_leaves_nothing_to_the_garbage_collector(case: StreamCase) -> None:
    server, client = await case.connect()
    transports = [server.transport, client.transport]
    gone = [weakref.ref(thing) for thing in (*transports, server, client)]
    server.transport.write(b"x")
    await client.until_received(1)
    client.transport.loseConnection()
    await server.until_lost()
    await client.until_lost()
    server.factory.built.clear()
    client.factory.built.clear()
    gc.collect()
    gc.disable()
    try:
        await case.turns(5)
        del server, client, transports
        assert [reference() for reference in gone] == [None] * 4
    finally:
        gc.enable()
