from __future__ import annotations

import gc
import os
import select
import sys
import threading
import weakref
from contextvars import ContextVar, copy_context

import pytest

from sennit.reactor import Reactor
from sennit.reactor.waker import Waker

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="loops of POSIX systems")


@pytest.fixture(params=["eventfd", "pipe"])
def waker(request, monkeypatch):
    if request.param == "pipe":
        monkeypatch.delattr(os, "eventfd", raising=False)
    elif not hasattr(os, "eventfd"):
        pytest.skip("this system has no eventfd")
    return Waker()


@pytest.fixture
def uvloop_reactor():
    pytest.importorskip("uvloop")
    reactor = Reactor("uvloop")
    yield reactor
    reactor.close()


def is_readable(descriptor):
    return select.select([descriptor], [], [], 0)[0] == [descriptor]


def test_it_is_readable_from_waking_to_resting(waker):
    assert not is_readable(waker.descriptor)
    waker.wake()
    waker.wake()
    assert is_readable(waker.descriptor)
    waker.rest()
    assert not is_readable(waker.descriptor)


def test_resting_without_having_been_woken_is_no_error(waker):
    waker.rest()
    assert not is_readable(waker.descriptor)


def test_waking_what_can_take_no_more_is_no_error(waker):
    for _ in range(100_000):
        waker.wake()
    assert is_readable(waker.descriptor)


def test_a_full_descriptor_can_be_woken(monkeypatch):
    waker = Waker()
    monkeypatch.setattr("sennit.reactor.waker._ONE", (2**64 - 2).to_bytes(8, sys.byteorder))
    waker.wake()
    waker.wake()
    assert is_readable(waker.descriptor)


def test_its_descriptors_are_closed_with_it(waker, no_new_descriptors):
    with no_new_descriptors():
        Waker()


def test_a_reactor_watches_one_from_the_first_call_to_the_end_of_the_run(uvloop_reactor, no_new_descriptors):
    reactor = uvloop_reactor
    seen = []

    def work():
        for _ in range(2):
            done = threading.Event()
            reactor.callFromThread(lambda done=done: (seen.append(reactor._waker), done.set()))
            done.wait()
        reactor.callFromThread(reactor.stop)

    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    with no_new_descriptors():
        for _ in range(2):
            thread = threading.Thread(target=work)
            reactor.callWhenRunning(thread.start)
            reactor.run()
            thread.join()
            assert reactor._waker is None
        assert seen[0] is seen[1]
        assert seen[1] is not seen[2]
        seen.clear()
    assert reactor.getReaders() == []


def test_a_call_whose_thread_is_about_to_wake_what_is_watched_no_more_is_made(uvloop_reactor):
    reactor = uvloop_reactor
    made = []

    def second():
        # As a thread does, that is then interrupted before it writes.
        reactor._inbox.awaited = True
        reactor._inbox.put(made.append, ("late",), {})
        reactor._drop_waker()
        assert reactor._waker is None
        reactor.callFromThread(reactor.stop)

    reactor.callWhenRunning(reactor.callFromThread, reactor.callFromThread, second)
    reactor.run()
    assert made == ["late"]


def test_the_reactor_holds_nothing_of_the_context_of_the_first_caller(uvloop_reactor):
    class Thing:
        pass

    holds = ContextVar("holds")
    thing = Thing()
    gone = weakref.ref(thing)
    found = []

    def call(thing):
        holds.set(thing)
        reactor.callFromThread(list)

    def check():
        gc.collect()
        found.append(gone())
        reactor.stop()

    reactor = uvloop_reactor
    copy_context().run(call, thing)
    del thing
    # It is made behind the first.
    reactor.callWhenRunning(reactor.callFromThread, check)
    reactor.run()
    assert found == [None]
