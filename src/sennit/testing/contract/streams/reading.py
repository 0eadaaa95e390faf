"""A connection is a producer: it can be paused, also before the first byte."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from sennit.core.errors import ConnectionAborted, ConnectionDone
from sennit.testing.contract.kinds import Ability, StreamCase
from sennit.testing.contract.recorders import HalfCloseable, Producer, Recorder, Server
from sennit.testing.contract.streams.listed import check


@check()
async def a_paused_connection_reads_nothing(case: StreamCase) -> None:
    server, peer = await case.serve()
    server.transport.pauseProducing()
    await peer.send(b"wait")
    await case.turns(5)
    assert server.received == b""
    server.transport.resumeProducing()
    await server.until_received(4)


@check(Ability.DESCRIBES)
async def the_names_of_descriptors_work_too(case: StreamCase) -> None:
    server, peer = await case.serve()
    server.transport.stopReading()
    await peer.send(b"wait")
    await case.turns(5)
    assert server.received == b""
    server.transport.startReading()
    await server.until_received(4)
    server.transport.registerProducer(Producer(), False)
    server.transport.stopConsuming()
    assert await server.until_lost() is ConnectionDone


@check()
async def pausing_within_data_received_stops_the_next_read(case: StreamCase) -> None:
    class Pauses(Recorder):
        def dataReceived(self, data: Any) -> None:
            self.transport.pauseProducing()
            super().dataReceived(data)

    server, peer = await case.serve(Pauses)
    await peer.send(b"x" * 400_000)
    await server.until_received(1)
    await case.turns(5)
    assert server.events == ["made", "data"]
    before = len(server.received)
    server.transport.resumeProducing()
    await server.until(lambda: len(server.received) > before)
    await case.turns(5)
    assert server.events == ["made", "data", "data"]


class PausedFromTheStart(Recorder):
    def connectionMade(self) -> None:
        super().connectionMade()
        self.transport.pauseProducing()


class PausedAndHalfCloseable(HalfCloseable):
    def connectionMade(self) -> None:
        super().connectionMade()
        self.transport.pauseProducing()


@check()
async def pausing_within_connection_made_stops_the_first_read(case: StreamCase) -> None:
    server, peer = await case.serve(PausedFromTheStart)
    await peer.send(b"early")
    await case.turns(5)
    assert server.events == ["made"]
    server.transport.resumeProducing()
    assert server.events == ["made"]
    await server.until_received(5)
    await peer.send(b" and late")
    await server.until_received(14)
    assert server.received == b"early and late"
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone


@check()
async def pausing_and_resuming_within_connection_made_reads(case: StreamCase) -> None:
    class Hesitates(Recorder):
        def connectionMade(self) -> None:
            super().connectionMade()
            self.transport.pauseProducing()
            self.transport.resumeProducing()

    server, peer = await case.serve(Hesitates)
    await peer.send(b"words")
    await server.until_received(5)


@check()
async def resuming_and_pausing_again_at_once_stays_paused(case: StreamCase) -> None:
    server, peer = await case.serve(PausedFromTheStart)
    await peer.send(b"early")
    await case.turns(5)
    server.transport.resumeProducing()
    server.transport.pauseProducing()
    await case.turns(5)
    assert server.events == ["made"]
    server.transport.resumeProducing()
    await server.until_received(5)


@check(Ability.HALVES, data=(b"", b"words"))
async def the_end_waits_while_paused_from_the_start(case: StreamCase, data: Any) -> None:
    server, peer = await case.serve(PausedAndHalfCloseable)
    await peer.send(data)
    peer.sock.shutdown(1)
    await case.turns(5)
    assert server.events == ["made"]
    server.transport.resumeProducing()
    await server.until(lambda: "read lost" in server.events)
    assert server.received == data


@check()
async def a_connection_can_end_while_paused_from_the_start(case: StreamCase) -> None:
    server, peer = await case.serve(PausedFromTheStart)
    await peer.send(b"unread")
    await case.turns(5)
    server.transport.loseConnection()
    assert await server.until_lost() is ConnectionDone
    assert server.received == b""


@check(Ability.ABORTS, method=("loseConnection", "abortConnection"))
async def ending_within_connection_made_reads_nothing(case: StreamCase, method: str) -> None:
    class Ends(Recorder):
        def connectionMade(self) -> None:
            super().connectionMade()
            self.transport.write(b"hi")
            getattr(self.transport, method)()

    reason = ConnectionDone if method == "loseConnection" else ConnectionAborted
    listening = Server(Ends)
    port = case.streams.listen(listening)
    with closing(case.streams.plain(port)) as peer:
        # Before the port has had its turn to accept.
        peer.send(b"early")
        server = await listening.nth()
        assert await server.until_lost() is reason
    assert server.events == ["made", "lost"]
