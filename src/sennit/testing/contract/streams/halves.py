"""The directions of a connection close one by one."""

from __future__ import annotations

from typing import Any

from sennit.core.errors import ConnectionDone
from sennit.testing.contract.kinds import Ability, StreamCase
from sennit.testing.contract.recorders import Broken, HalfCloseable, Recorder
from sennit.testing.contract.streams.listed import BIG, check


@check(Ability.HALVES)
async def closing_our_direction_leaves_the_other_open(case: StreamCase) -> None:
    server, client = await case.connect(HalfCloseable, HalfCloseable)
    server.transport.write(b"x" * BIG)
    server.transport.loseWriteConnection()
    server.transport.write(b"same turn")
    await client.until(lambda: "read lost" in client.events)
    assert len(client.received) == BIG + 9
    assert "write lost" in server.events
    server.transport.write(b"dropped")
    server.transport.writeSequence([b"dropped"])
    client.transport.write(b"answer")
    await server.until_received(6)
    client.transport.loseWriteConnection()
    await server.until(lambda: "read lost" in server.events)
    await case.turns()
    assert server.reason is client.reason is None
    server.transport.loseConnection()
    client.transport.loseConnection()
    assert await server.until_lost() is ConnectionDone
    assert await client.until_lost() is ConnectionDone
    assert server.marks == ["made", "write lost", "read lost", "lost"]
    assert client.marks == ["made", "read lost", "write lost", "lost"]


@check(Ability.HALVES)
async def a_protocol_that_is_not_half_closeable_ends_when_the_other_side_does(case: StreamCase) -> None:
    server, client = await case.connect(HalfCloseable, Recorder)
    server.transport.write(b"last words")
    server.transport.loseWriteConnection()
    assert await client.until_lost() is ConnectionDone
    assert client.received == b"last words"
    await server.until(lambda: "read lost" in server.events)
    server.transport.loseConnection()
    await server.until_lost()


@check(Ability.HALVES)
async def a_protocol_that_is_not_half_closeable_reads_on_after_closing_its_direction(
    case: StreamCase,
) -> None:
    server, peer = await case.serve()
    server.transport.loseWriteConnection()
    assert await peer.receive_all() == b""
    await peer.send(b"more")
    await server.until_received(4)
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone


@check(Ability.HALVES)
async def the_end_of_reading_is_told_once(case: StreamCase) -> None:
    server, peer = await case.serve(HalfCloseable)
    peer.sock.shutdown(1)
    await server.until(lambda: "read lost" in server.events)
    server.transport.pauseProducing()
    server.transport.resumeProducing()
    server.transport.write(b"still")
    assert await peer.receive(5) == b"still"
    await case.turns()
    assert server.events == ["made", "read lost"]


@check(Ability.HALVES | Ability.CONTAINS, method=("readConnectionLost", "writeConnectionLost"))
async def an_error_in_a_half_close_ends_the_connection(case: StreamCase, method: Any) -> None:
    def raises(_self: Any) -> None:
        raise Broken

    server, peer = await case.serve(type("Raises", (HalfCloseable,), {method: raises}))
    server.transport.loseWriteConnection()
    peer.sock.shutdown(1)
    assert await server.until_lost() is Broken
    assert case.logged() == [Broken]
