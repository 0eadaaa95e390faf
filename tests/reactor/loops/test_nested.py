"""A modal dialog runs a loop of the toolkit within the loop; the network and the timers go on in it.

Tcl's ``vwait`` is what Tk's dialogs wait in, and needs no window.
"""

from __future__ import annotations

import asyncio
import socket

import pytest

from sennit.core.coroutine import ensureDeferred
from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor
from sennit.task import LoopingCall

tkinter = pytest.importorskip("tkinter")


class Dialog:
    """Runs Tcl's loop within the loop until it is closed."""

    def __init__(self):
        self._tcl = tkinter.Tcl()
        self._tcl.setvar("closed", "no")
        self.is_open = False

    def show(self):
        self.is_open = True
        self._tcl.eval("vwait closed")
        self.is_open = False

    def close(self):
        self._tcl.setvar("closed", "yes")


@pytest.fixture
def reactor():
    reactor = Reactor("tk")
    yield reactor
    reactor.close()


@pytest.fixture
def dialog():
    return Dialog()


def test_timers_go_on_while_a_delayed_call_shows_a_dialog(reactor, dialog):
    ticks = []

    def tick():
        ticks.append(dialog.is_open)
        if ticks.count(True) == 3:
            dialog.close()

    def ask():
        dialog.show()
        reactor.stop()

    reactor.callWhenRunning(lambda: LoopingCall(tick).start(0.001) and None)
    reactor.callLater(0.002, ask)
    reactor.run()
    assert ticks.count(True) == 3


@pytest.mark.parametrize("delay", [0, 0.001])
def test_calls_behind_the_one_that_shows_a_dialog_do_not_wait_for_it(reactor, dialog, delay):
    seen = []

    def ask():
        dialog.show()
        seen.append("answered")
        reactor.callLater(0, reactor.stop)

    reactor.callLater(delay, ask)
    for number in range(3):
        reactor.callLater(delay, seen.append, number)
    reactor.callLater(delay, dialog.close)
    reactor.run()
    assert seen == [0, 1, 2, "answered"]


def test_calls_from_threads_do_not_wait_for_the_dialog_that_one_of_them_shows(reactor, dialog):
    seen = []

    def ask():
        dialog.show()
        reactor.stop()

    for call in (ask, lambda: seen.append(dialog.is_open), dialog.close):
        reactor.callFromThread(call)
    reactor.run()
    assert seen == [True]


def test_callbacks_of_the_loop_run_once_each_whichever_dialog_interrupts_them(reactor):
    outer, inner = Dialog(), Dialog()
    seen = []
    loop = reactor.loop

    def ask_again():
        inner.show()
        seen.append("inner answered")
        loop.call_soon(outer.close)

    def ask():
        outer.show()
        seen.append("outer answered")
        loop.call_soon(reactor.stop)

    def start():
        for call in (ask, lambda: seen.append(1), ask_again, lambda: seen.append(2), inner.close):
            loop.call_soon(call)
        loop.call_soon(seen.append, 3)

    reactor.callWhenRunning(start)
    reactor.run()
    assert seen == [1, 2, 3, "inner answered", "outer answered"]


def test_a_pass_that_a_dialog_interrupted_leaves_nothing_behind(reactor, dialog):
    def many():
        for _ in range(100):
            reactor.loop.call_soon(int)
        reactor.callLater(0.002, dialog.close)

    def ask():
        reactor.callLater(0, many)
        dialog.show()
        reactor.callLater(0, reactor.stop)

    reactor.callLater(0, ask)
    reactor.run()
    assert len(reactor.loop._ready) == 0


def test_tasks_go_on_while_one_shows_a_dialog(reactor, dialog):
    seen = []

    async def asks():
        before = asyncio.current_task()
        dialog.show()
        assert asyncio.current_task() is before
        await asyncio.sleep(0)
        reactor.stop()

    async def other():
        for _ in range(3):
            await asyncio.sleep(0.001)
            seen.append(dialog.is_open)
        dialog.close()

    def start():
        ensureDeferred(other())
        ensureDeferred(asks())

    reactor.callWhenRunning(start)
    reactor.run()
    assert seen == [True, True, True]


def test_a_connection_whose_protocol_shows_a_dialog_goes_on_receiving(reactor, dialog):
    received = []
    peer = socket.socket()

    class Asks(Protocol):
        def dataReceived(self, data):
            received.append((data, dialog.is_open))
            if data == b"ask":
                reactor.callLater(0, peer.send, b"more")
                dialog.show()
                self.transport.loseConnection()
            else:
                dialog.close()

        def connectionLost(self, reason):
            reactor.stop()

    port = reactor.listenTCP(0, Factory.forProtocol(Asks), interface="127.0.0.1")
    with peer:
        peer.connect(("127.0.0.1", port.getHost().port))
        peer.send(b"ask")
        reactor.run()
    assert received == [(b"ask", False), (b"more", True)]
