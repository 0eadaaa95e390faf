"""Listening on what a description says."""

from __future__ import annotations

import pytest

from sennit.app import strports
from sennit.core.current import enter_reactor, leave_reactor
from sennit.core.deferred import Deferred
from sennit.core.errors import CannotListenError
from sennit.endpoint import register_parser
from sennit.protocol import Factory
from sennit.testing import MemoryReactorClock


class Busy(MemoryReactorClock):
    def listenTCP(self, port, factory, backlog=50, interface=""):
        raise CannotListenError(interface, port, OSError("in use"))


@pytest.fixture
def current():
    reactors = []

    def make(reactor):
        reactors.append(reactor)
        enter_reactor(reactor)
        return reactor

    yield make
    for reactor in reversed(reactors):
        leave_reactor(reactor)


def test_a_service_listens_with_the_reactor_given_or_the_current_one(current):
    factory, given = Factory(), MemoryReactorClock()
    strports.service("tcp:80", factory, given).startService()
    assert given.tcpServers == [(80, factory, 50, "")]
    running = current(MemoryReactorClock())
    strports.service("tcp:81", factory).startService()
    assert running.tcpServers == [(81, factory, 50, "")]


def test_a_busy_port_is_raised_when_the_service_starts():
    made = strports.service("tcp:80", Factory(), Busy())
    with pytest.raises(CannotListenError):
        made.privilegedStartService()


def test_listening_at_once_gives_the_port_or_raises(current):
    factory, reactor = Factory(), current(MemoryReactorClock())
    assert strports.listen("tcp:80", factory).getHost().port == 80
    assert reactor.tcpServers == [(80, factory, 50, "")]
    current(Busy())
    with pytest.raises(CannotListenError):
        strports.listen("tcp:80", factory)


def test_what_takes_time_cannot_be_listened_on_at_once(current):
    class Slow:
        prefix = "slow"

        def parseStreamServer(self, reactor):
            return self

        def listen(self, factory):
            return Deferred()

    remove = register_parser(Slow())
    current(MemoryReactorClock())
    try:
        with pytest.raises(RuntimeError, match="takes time"):
            strports.listen("slow", Factory())
    finally:
        remove()
