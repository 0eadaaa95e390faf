from __future__ import annotations

import asyncio
import importlib

import pytest

from sennit.reactor import Reactor
from sennit.twisted.internet import tksupport
from sennit.twisted.internet.asyncioreactor import AsyncioSelectorReactor
from sennit.twisted.internet.defaultreactor import DefaultReactor
from sennit.twisted.internet.toolkit import toolkit_reactor


@pytest.mark.parametrize("name", ["gireactor", "gtk3reactor", "glib2reactor", "wxreactor"])
def test_installing_without_the_library_names_the_extra(name, monkeypatch):
    monkeypatch.setattr("sennit.reactor.loops.glib.GLib", None)
    monkeypatch.setattr("sennit.reactor.loops.wx.wx", None)
    module = importlib.import_module(f"sennit.twisted.internet.{name}")
    with pytest.raises(ImportError, match=r'pip install "sennit\[(gtk|wx)\]"'):
        module.install()
    (kind,) = {
        each for name, each in vars(module).items() if name.endswith("Reactor") and name in module.__all__
    }
    with pytest.raises(ImportError, match="pip install"):
        kind()


def test_a_reactor_that_cannot_be_installed_is_closed():
    reactor = Reactor("asyncio")
    loop = reactor.loop

    def refuse(_):
        raise LookupError

    with pytest.raises(LookupError):
        toolkit_reactor(reactor, refuse)
    assert loop.is_closed()


def test_tk_is_given_turns_until_support_is_uninstalled():
    class Widget:
        turns = 0

        def update(self):
            self.turns += 1
            if self.turns == 3:
                tksupport.uninstall()
                reactor.callLater(0.01, reactor.stop)

    pytest.importorskip("tkinter")
    reactor = Reactor("asyncio")
    widget = Widget()
    tksupport.install(widget, ms=1, reactor=reactor)
    reactor.run()
    reactor.close()
    assert widget.turns == 3


@pytest.fixture
def no_current_loop():
    asyncio.set_event_loop(None)
    yield
    asyncio.set_event_loop(None)


def test_the_reactor_on_asyncio_runs_on_the_threads_current_loop(no_current_loop):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        assert AsyncioSelectorReactor().loop is loop
    finally:
        loop.close()


def test_where_there_is_no_current_loop_the_reactors_becomes_that(no_current_loop):
    reactor = AsyncioSelectorReactor()
    assert asyncio.get_event_loop() is reactor.loop
    seen = []

    async def main():
        await asyncio.sleep(0)
        seen.append(asyncio.get_running_loop())
        reactor.stop()

    task = reactor.loop.create_task(main())
    reactor.run()
    assert seen == [reactor.loop]
    assert task.done()
    reactor.loop.close()


def test_the_default_reactor_has_a_loop_of_its_own(no_current_loop):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    reactor = DefaultReactor()
    assert reactor.loop is not loop
    reactor.close()
    loop.close()


def test_a_current_loop_that_is_closed_is_replaced(no_current_loop):
    closed = asyncio.new_event_loop()
    asyncio.set_event_loop(closed)
    closed.close()
    reactor = AsyncioSelectorReactor()
    made = []
    reactor.callLater(0, made.append, 1)
    reactor.runUntilCurrent()
    reactor.runUntilCurrent()
    reactor.loop.close()
    assert made == [1]
