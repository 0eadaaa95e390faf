from __future__ import annotations

import importlib

import pytest

from sennit.reactor import Reactor
from sennit.twisted.internet import tksupport
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
