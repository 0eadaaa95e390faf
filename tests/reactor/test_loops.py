from __future__ import annotations

import asyncio
import selectors

import pytest

from sennit.reactor import LoopNotAvailable, Reactor, new_loop
from sennit.reactor.loops import installed_loops, loop_names


def test_each_name_gives_a_loop(loop_name):
    loop = new_loop(loop_name)
    assert isinstance(loop, asyncio.AbstractEventLoop)
    assert not loop.is_running()
    loop.close()


@pytest.mark.parametrize(
    ("here", "module"),
    [
        ({"native", "uvloop", "asyncio"}, "sennit.reactor.loops.native.turning"),
        ({"uvloop", "asyncio"}, "uvloop"),
        ({"asyncio"}, "asyncio.unix_events"),
    ],
)
def test_the_default_is_the_first_that_is_here(monkeypatch, here, module):
    if not here <= set(installed_loops()):
        pytest.skip("not all of them are here")
    monkeypatch.setattr("sennit.reactor.loops._is_here", here.__contains__)
    loop = new_loop()
    assert type(loop).__module__ == module
    loop.close()


def test_the_native_loop_says_where_it_is_not(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sennit.reactor.loops.native.turning", None)
    with pytest.raises(LoopNotAvailable, match='choose "uvloop" or "asyncio"'):
        new_loop("native")


def test_a_loop_that_the_platform_lacks_says_so(monkeypatch):
    for name in ("KqueueSelector", "EpollSelector", "PollSelector"):
        monkeypatch.delattr(selectors, name, raising=False)
    for name in ("kqueue", "epoll", "poll"):
        with pytest.raises(LoopNotAvailable, match=f"This platform has no {name}"):
            new_loop(name)


def test_a_loop_that_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "uvloop", None)
    with pytest.raises(LoopNotAvailable, match="pip install uvloop"):
        new_loop("uvloop")


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="choose from native, uvloop, asyncio, select, poll, epoll, kqueue"):
        new_loop("quantum")
    assert "quantum" not in loop_names()


def test_a_reactor_makes_its_loop_when_it_is_needed(loop_name):
    reactor = Reactor(loop_name)
    assert reactor._loop is None
    loop = reactor.loop
    assert reactor.loop is loop
    reactor.close()
    assert loop.is_closed()


def test_a_loop_handed_in_is_used_and_left_open():
    loop = new_loop("asyncio")
    reactor = Reactor(loop)
    assert reactor.loop is loop
    reactor.callLater(0, reactor.stop)
    reactor.run()
    reactor.close()
    assert not loop.is_closed()
    loop.close()


def test_debug_is_handed_on_to_the_loop(loop_name):
    reactor = Reactor(loop_name, debug=True)
    assert reactor.loop.get_debug()
    reactor.close()


def test_an_error_that_the_loop_hands_to_nobody_is_logged(reactor, logged):
    async def fail():
        raise LookupError("lost")

    def start():
        reactor.loop.call_soon(lambda: 1 / 0)
        task = reactor.loop.create_task(fail())
        task.add_done_callback(lambda _: reactor.callLater(0, reactor.stop))

    reactor.callWhenRunning(start)
    reactor.run()
    __import__("gc").collect()
    assert sorted(error.__name__ for error in logged.errors()) == ["LookupError", "ZeroDivisionError"]


def test_a_loop_handed_in_lends_its_error_handling_for_the_run_unless_it_has_its_own(logged):
    loop = new_loop("asyncio")
    reactor = Reactor(loop)
    loop.call_soon(lambda: 1 / 0)
    reactor.callLater(0, reactor.stop)
    reactor.run()
    assert logged.errors() == [ZeroDivisionError]
    assert loop.get_exception_handler() is None
    own = []
    loop.set_exception_handler(lambda loop, context: own.append(type(context["exception"])))
    loop.call_soon(lambda: 1 / 0)
    reactor.callLater(0, reactor.stop)
    reactor.run()
    assert own == [ZeroDivisionError]
    loop.close()


def test_trouble_without_an_error_is_logged_too(reactor, logged):
    reactor.loop.call_exception_handler({"message": "odd things happen", "where": "here"})
    assert any("odd things happen" in text and "here" in text for text in logged.texts())
