from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.errors import ReactorAlreadyRunning, ReactorNotRunning
from sennit.reactor import Reactor, new_loop
from sennit.threads import deferToThread


@pytest.fixture
def asyncio_run(loop_name):
    """`asyncio.run` on each kind of loop."""

    def run(main):
        with asyncio.Runner(loop_factory=lambda: new_loop(loop_name)) as runner:
            return runner.run(main)

    return run


def test_a_plain_asyncio_program_has_a_reactor(asyncio_run):
    async def main():
        reactor = current_reactor()
        assert reactor.running
        assert reactor.loop is asyncio.get_running_loop()
        assert current_reactor() is reactor
        assert Reactor.adopt(asyncio.get_running_loop()) is reactor
        later = Deferred()
        reactor.callLater(0.001, later.callback, "later")
        return await later

    assert asyncio_run(main()) == "later"


def test_callbacks_of_an_adopted_loop_know_their_reactor(asyncio_run):
    async def main():
        reactor = current_reactor()
        seen = []
        done = asyncio.get_running_loop().create_future()
        reactor.callWhenRunning(lambda: seen.append(current_reactor()))
        asyncio.get_running_loop().call_soon(lambda: seen.append(current_reactor()))
        reactor.callLater(0, lambda: seen.append(current_reactor()))
        reactor.callFromThread(lambda: seen.append(current_reactor()))
        reactor.callLater(0.001, done.set_result, None)
        await done
        return seen == [reactor] * 4

    assert asyncio_run(main())


def test_the_end_of_the_loop_is_the_reactors_shutdown(asyncio_run):
    seen = []

    async def slow():
        seen.append("before")
        await asyncio.sleep(0.001)
        seen.append("waited for")

    async def main():
        reactor = current_reactor()
        reactor.addSystemEventTrigger("before", "shutdown", slow)
        reactor.addSystemEventTrigger("after", "shutdown", seen.append, "after")
        seen.append("main ends")

    asyncio_run(main())
    assert seen == ["main ends", "before", "waited for", "after"]


def test_threads_end_with_the_loop(asyncio_run):
    before = threading.active_count()

    async def main():
        return await deferToThread(lambda: threading.active_count() - before)

    assert asyncio_run(main()) >= 1
    assert threading.active_count() == before


def test_stopping_an_adopted_reactor_leaves_the_loop_to_its_owner(asyncio_run):
    seen = []

    async def main():
        reactor = current_reactor()
        reactor.addSystemEventTrigger("during", "shutdown", seen.append, "shutdown")
        reactor.stop()
        with pytest.raises(ReactorNotRunning):
            reactor.stop()
        await asyncio.sleep(0.001)
        assert seen == ["shutdown"]
        assert not reactor.running
        return "went on"

    assert asyncio_run(main()) == "went on"
    assert seen == ["shutdown"]


def test_an_adopted_reactor_cannot_be_run_or_closed(asyncio_run):
    async def main():
        for misuse in (current_reactor().run, current_reactor().close, current_reactor().iterate):
            with pytest.raises(ReactorAlreadyRunning):
                misuse()

    asyncio_run(main())


def test_a_loop_that_does_not_run_cannot_be_adopted(loop_name):
    loop = new_loop(loop_name)
    with pytest.raises(RuntimeError, match="adopted from within"):
        Reactor.adopt(loop)
    loop.close()


def test_a_loop_that_has_a_reactor_is_adopted_as_that(reactor):
    seen = []
    reactor.callWhenRunning(lambda: (seen.append(Reactor.adopt(reactor.loop)), reactor.stop()))
    reactor.run()
    assert seen == [reactor]


def test_an_adopted_reactor_goes_with_its_loop(asyncio_run):
    async def main():
        return weakref.ref(current_reactor())

    gone = asyncio_run(main())
    gc.collect()
    assert gone() is None


def test_each_loop_has_a_reactor_of_its_own(asyncio_run):
    async def main():
        return id(asyncio.get_running_loop()), current_reactor()

    _, first = asyncio_run(main())
    _, second = asyncio_run(main())
    assert first is not second


def test_a_loop_may_be_dropped_without_its_end():
    loop = asyncio.new_event_loop()

    async def adopt():
        Reactor.adopt(asyncio.get_running_loop())

    loop.run_until_complete(adopt())
    loop.close()
    del loop
    # Whatever would be said of it now fails this test.
    gc.collect()
