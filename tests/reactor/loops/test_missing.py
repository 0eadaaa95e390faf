"""A toolkit that is not installed, and the list of those that are."""

from __future__ import annotations

import sys

import pytest

from sennit.reactor import LoopNotAvailable, new_loop
from sennit.reactor.loops import installed_loops, loop_names


@pytest.mark.parametrize(
    ("name", "missing", "extra"),
    [
        ("qt", "qt.qasync", "sennit[qt]"),
        ("gtk", "glib.GLib", "sennit[gtk]"),
        ("glib", "glib.GLib", "sennit[gtk]"),
        ("wx", "wx.wx", "sennit[wx]"),
    ],
)
def test_the_error_names_the_extra(name, missing, extra, monkeypatch):
    monkeypatch.setattr(f"sennit.reactor.loops.{missing}", None)
    with pytest.raises(LoopNotAvailable) as caught:
        new_loop(name)
    assert f'`pip install "{extra}"`' in str(caught.value)


@pytest.mark.skipif(sys.platform == "darwin", reason="Cocoa is there")
def test_cocoa_is_not_available_elsewhere():
    with pytest.raises(
        LoopNotAvailable, match=r"needs macOS and rubicon-objc: `pip install \"sennit\[cocoa\]\"`"
    ):
        new_loop("cocoa")


def test_the_installed_loops_are_those_whose_libraries_are_found(monkeypatch):
    found = {"uvloop", "qasync", "PyQt6", "_tkinter"}
    monkeypatch.setattr("sennit.reactor.loops.find_spec", lambda name: object() if name in found else None)
    monkeypatch.delattr("select.epoll", raising=False)
    here = installed_loops()
    assert set(here) <= set(loop_names())
    assert {"uvloop", "asyncio", "select", "qt", "tk"} <= set(here)
    assert not {"epoll", "gtk", "glib", "wx", "cocoa"} & set(here)


def test_a_module_that_somebody_hid_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "_tkinter", None)
    assert "tk" not in installed_loops()


def test_an_unknown_name_is_answered_with_those_installed_too():
    with pytest.raises(ValueError, match=r"Installed here: .*asyncio"):
        new_loop("quantum")
