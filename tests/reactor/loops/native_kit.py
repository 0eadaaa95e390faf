"""Connections on the loop of our own, whose protocols keep what they are told."""

from __future__ import annotations

import asyncio
import socket

import pytest

from sennit.reactor.loops import installed_loops

needs_native = pytest.mark.skipif("native" not in installed_loops(), reason="it is not compiled here")


class Recorder(asyncio.Protocol):
    """Keeps what it is told."""

    def __init__(self, loop, data_received=None):
        self.told = []
        self.data = b""
        self.ended = loop.create_future()
        self.began = loop.create_future()
        self._then = data_received

    def connection_made(self, transport):
        self.transport = transport
        self.began.set_result(None)

    def data_received(self, data):
        self.data += data
        if self._then is not None:
            self._then(self)

    def eof_received(self):
        self.told.append("eof")
        return True

    def pause_writing(self):
        self.told.append("pause")

    def resume_writing(self):
        self.told.append("resume")

    def connection_lost(self, exc):
        self.ended.set_result(exc)


async def pair(loop, one=None, other=None):
    """Connect two protocols by a pair of sockets."""
    first, second = socket.socketpair()
    one, other = one or Recorder(loop), other or Recorder(loop)
    for sock, protocol in ((first, one), (second, other)):
        await loop.create_connection(lambda protocol=protocol: protocol, sock=sock)
    return one, other


async def until(loop, condition):
    """Let the loop turn until something is so."""
    while not condition():
        await turn(loop)


async def turn(loop):
    """Wait for the loop's next turn."""
    come = loop.create_future()
    loop.call_soon(come.set_result, None)
    await come
