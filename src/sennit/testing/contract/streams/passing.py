"""What is written comes whole, in order, and is bytes."""

from __future__ import annotations

import random

from sennit.testing.contract.checks import raises, same
from sennit.testing.contract.kinds import StreamCase
from sennit.testing.contract.streams.listed import check


@check()
async def bytes_go_both_ways_whole_and_in_order(case: StreamCase) -> None:
    server, client = await case.connect()
    chance = random.Random(1)
    sent = {server: b"", client: b""}
    for size in [1, 7, 0, 65536, 100_000, 3, 1_000_000, 1]:
        for one in sent:
            data = chance.randbytes(size)
            sent[one] += data
            one.transport.write(data)
    await client.until_received(len(sent[server]))
    await server.until_received(len(sent[client]))
    same(client.received, sent[server])
    same(server.received, sent[client])


@check()
async def a_sequence_is_written_as_if_joined(case: StreamCase) -> None:
    server, peer = await case.serve()
    server.transport.writeSequence([b"one ", b"", b"two"])
    server.transport.writeSequence(iter([b" three"]))
    assert await peer.receive(13) == b"one two three"


@check()
async def other_buffers_of_bytes_are_written_too(case: StreamCase) -> None:
    server, peer = await case.serve()
    server.transport.write(bytearray(b"array "))
    server.transport.write(memoryview(b"view"))
    assert await peer.receive(10) == b"array view"


@check()
async def text_is_refused(case: StreamCase) -> None:
    server, peer = await case.serve()
    with raises(TypeError):
        server.transport.write("text")
    with raises(TypeError):
        server.transport.writeSequence([b"bytes", "text"])
    server.transport.write(b"only this")
    server.transport.loseConnection()
    assert await peer.receive_all() == b"only this"


@check()
async def text_is_refused_after_the_loss_and_bytes_are_dropped(case: StreamCase) -> None:
    server, _peer = await case.serve()
    transport = server.transport
    transport.loseConnection()
    await server.until_lost()
    transport.write(b"bytes")
    transport.writeSequence([b"bytes"])
    with raises(TypeError):
        transport.write("text")
    with raises(TypeError):
        transport.writeSequence(["text"])
