"""Tk's loop: what is particular to it; the suites of the reactor and of the transports run on it too."""

from __future__ import annotations

import asyncio

import pytest

from sennit.core.current import current_reactor
from sennit.reactor import LoopNotAvailable, Reactor, new_loop

tkinter = pytest.importorskip("tkinter")


def test_a_loop_that_waits_is_not_turned(monkeypatch):
    """Nothing is polled: in a twentieth of a second there is one pass for the start and one for the timer."""
    reactor = Reactor("tk")
    looks = []
    selector = reactor.loop._selector
    select = selector.select
    monkeypatch.setattr(selector, "select", lambda timeout: looks.append(timeout) or select(timeout))
    reactor.callLater(0.05, reactor.stop)
    reactor.run()
    reactor.close()
    assert len(looks) < 12


def test_events_of_tk_and_of_the_network_take_turns():
    reactor = Reactor("tk")
    tcl = tkinter.Tcl()
    seen = []

    def again():
        if reactor.running:
            reactor.loop.call_soon(again)

    def after():
        seen.append("tk")
        if seen.count("tk") == 3:
            reactor.stop()
        else:
            tcl.createtimerhandler(1, after)

    tcl.createtimerhandler(1, after)
    reactor.callWhenRunning(again)
    reactor.run()
    reactor.close()
    assert seen.count("tk") == 3


def test_quit_stops_the_reactor_in_order():
    reactor = Reactor("tk")
    seen = []

    async def last_words():
        await asyncio.sleep(0.001)
        seen.append("waited for")

    reactor.addSystemEventTrigger("before", "shutdown", last_words)
    reactor.callWhenRunning(lambda: tkinter.Tcl().tk.createtimerhandler(1, tkinter.Tcl().quit))
    reactor.run()
    assert seen == ["waited for"]
    assert not reactor.running
    reactor.close()


def test_what_a_callback_of_tk_raises_comes_out_of_run():
    def leave():
        raise SystemExit(3)

    reactor = Reactor("tk")
    tcl = tkinter.Tcl()
    tcl.createtimerhandler(1, leave)
    with pytest.raises(SystemExit, match="3"):
        reactor.run()
    assert not reactor.running
    reactor.close()


def test_a_callback_of_tk_is_in_the_loop_and_in_its_reactor():
    reactor = Reactor("tk")
    tcl = tkinter.Tcl()
    seen = []

    def clicked():
        assert asyncio.get_running_loop() is reactor.loop
        seen.append(current_reactor())
        reactor.loop.create_task(asyncio.sleep(0)).add_done_callback(lambda _: reactor.stop())

    tcl.createtimerhandler(1, clicked)
    reactor.run()
    reactor.close()
    assert seen == [reactor]


def test_the_loop_rides_in_a_main_loop_that_the_program_runs():
    loop = new_loop("tk")
    tcl = tkinter.Tcl().tk
    loop.ride()
    reactor = Reactor.adopt(loop)
    assert reactor.running
    assert current_reactor() is reactor
    seen = []

    def done():
        reactor.addSystemEventTrigger("after", "shutdown", tcl.quit)
        reactor.stop()

    reactor.callInThread(reactor.callFromThread, seen.append, "from a thread")
    reactor.callLater(0.02, done)
    tcl.mainloop(-1)
    assert seen == ["from a thread"]
    assert loop.is_running()
    loop.close()
    assert not loop.is_running()
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


def test_a_loop_that_rides_gets_off_when_it_is_stopped():
    loop = new_loop("tk")
    tcl = tkinter.Tcl().tk
    loop.ride()
    with pytest.raises(RuntimeError, match="already running"):
        loop.ride()
    loop.call_soon(loop.stop)
    tcl.dooneevent(0)
    assert not loop.is_running()
    assert loop.run_until_complete(asyncio.sleep(0, "runs again")) == "runs again"
    loop.close()


def test_without_tkinter_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("sennit.reactor.loops.tk._tkinter", None)
    with pytest.raises(LoopNotAvailable, match="python3-tk"):
        new_loop("tk")


def test_where_tcl_cannot_watch_descriptors_it_says_so(monkeypatch):
    monkeypatch.setattr("sennit.reactor.loops.tk._tkinter.TkappType", object)
    with pytest.raises(LoopNotAvailable, match="cannot watch descriptors"):
        new_loop("tk")
