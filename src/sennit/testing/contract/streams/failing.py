"""Errors of the user's code end their connection, are logged, and harm no other."""

from __future__ import annotations

from typing import Any

from sennit.core.failure import Failure
from sennit.protocol import connectionDone
from sennit.testing.contract.kinds import Ability, StreamCase
from sennit.testing.contract.recorders import Broken, Recorder, Server
from sennit.testing.contract.streams.listed import check


@check(Ability.CONTAINS)
async def an_error_in_data_received_ends_that_connection_only(case: StreamCase) -> None:
    class Raises(Recorder):
        def dataReceived(self, data: Any) -> None:
            if data == b"bad":
                raise Broken(data)
            super().dataReceived(data)

    listening = Server(Raises)
    port = case.streams.listen(listening)
    first, second = case.streams.raw(port), case.streams.raw(port)
    one, two = await listening.nth(1), await listening.nth(2)
    await first.send(b"bad")
    assert await one.until_lost() is Broken
    assert await first.receive_all() == b""
    await second.send(b"good")
    await two.until_received(4)
    assert case.logged() == [Broken]
    first.sock.close()
    second.sock.close()
    await two.until_lost()


@check(Ability.CONTAINS, error=(Broken, SystemExit, KeyboardInterrupt))
async def an_error_of_any_kind_ends_the_connection_with_it(case: StreamCase, error: Any) -> None:
    class Raises(Recorder):
        def dataReceived(self, data: Any) -> None:
            raise error

    server, peer = await case.serve(Raises)
    await peer.send(b"x")
    assert await server.until_lost() is error
    assert case.logged() == [error]


@check(Ability.CONTAINS)
async def an_error_in_connection_made_ends_the_connection(case: StreamCase) -> None:
    class Raises(Recorder):
        def connectionMade(self) -> None:
            super().connectionMade()
            raise Broken

    server, peer = await case.serve(Raises)
    assert await server.until_lost() is Broken
    assert await peer.receive_all() == b""
    assert case.logged() == [Broken]


@check(Ability.CONTAINS)
async def an_error_in_connection_lost_is_logged(case: StreamCase) -> None:
    class Raises(Recorder):
        def connectionLost(self, reason: Failure = connectionDone) -> None:
            super().connectionLost(reason)
            raise Broken

    server, peer = await case.serve(Raises)
    peer.sock.close()
    await server.until_lost()
    await case.turns()
    assert case.logged() == [Broken]


@check(Ability.CONTAINS | Ability.SOCKETS)
async def a_factory_that_builds_nothing_closes_the_connection(case: StreamCase) -> None:
    listening: Any = Server()
    listening.buildProtocol = lambda _address: None
    peer = case.streams.raw(case.streams.listen(listening))
    assert await peer.receive_all() == b""
    peer.sock.close()


@check(Ability.CONTAINS | Ability.SOCKETS)
async def a_factory_that_raises_closes_the_connection_and_the_port_goes_on(case: StreamCase) -> None:
    listening: Any = Server()
    build = listening.buildProtocol

    def raises(address: Any) -> None:
        listening.buildProtocol = build
        raise Broken

    listening.buildProtocol = raises
    port = case.streams.listen(listening)
    first = case.streams.raw(port)
    assert await first.receive_all() == b""
    first.sock.close()
    assert case.logged() == [Broken]
    second = case.streams.raw(port)
    await listening.nth()
    second.sock.close()
