"""A window and a web server in one process, on a display that nobody sees: real clicks, and a real curl."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PATIENCE = 20
pytestmark = [pytest.mark.gui, pytest.mark.slow]


def _needs_program(name):
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")


def _needs_modules(*names):
    missing = [name for name in names if find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


EXAMPLES = [
    pytest.param("gui_tk", marks=_needs_modules("_tkinter")),
    pytest.param("gui_qt", marks=_needs_modules("qasync", "PySide6")),
    pytest.param("gui_gtk", marks=_needs_modules("gi")),
]


@contextmanager
def program(display, *arguments):
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "GSK_RENDERER": "cairo"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    environment.pop("WAYLAND_DISPLAY", None)
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        # Whoever runs the tests in the background has SIGINT ignored, and what they start inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no other way
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _page(url):
    page = subprocess.run(["curl", "-sS", url], check=True, capture_output=True, text=True, timeout=PATIENCE)
    return tuple(map(int, re.fullmatch(r"clicks (\d+) ticks (\d+)\n", page.stdout).groups()))


def _until(condition):
    """Look again and again: each look is a question to the program, and waits for its answer."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "It never came."


@_needs_program("xdotool")
@_needs_program("curl")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_clicked_in_the_window_is_served(example, number, display):
    with program(display, str(ROOT / "examples" / f"{example}.py"), "0") as process:
        url = process.stdout.readline().strip()
        assert _page(url)[0] == 0
        clicks = 0

        def has_clicked():
            # The window may not be there yet: whatever is clicked then is the empty screen.
            nonlocal clicks
            subprocess.run(
                ["xdotool", "mousemove", "150", "80", "click", "1"], check=True, env={"DISPLAY": display}
            )
            clicks = _page(url)[0]
            return clicks

        _until(has_clicked)
        ticks = _page(url)[1]
        _until(lambda: _page(url)[1] > ticks + 3)
        process.send_signal(number)
        assert process.communicate(timeout=PATIENCE)[0] == "stopped\n"
        assert process.returncode == 0


CLOSED = {
    "qt": """
from PySide6.QtWidgets import QApplication, QWidget
application = QApplication([])
reactor = Reactor("qt")
window = QWidget()
window.show()
close = window.close
""",
    "gtk": """
import gi
gi.require_version("Gtk", "4.0")
from gi.repository import Gtk
reactor = Reactor("gtk")
Gtk.init()
window = Gtk.Window()
window.connect("close-request", lambda _: reactor.stop())
window.present()
close = window.close
""",
    "gtk3": """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
reactor = Reactor("gtk")
window = Gtk.Window()
window.connect("destroy", lambda _: reactor.stop())
window.show_all()
close = window.close
""",
    "tk": """
import tkinter
reactor = Reactor("tk")
root = tkinter.Tk()
root.protocol("WM_DELETE_WINDOW", reactor.stop)
close = lambda: root.tk.eval(root.protocol("WM_DELETE_WINDOW"))
""",
    "wx": """
import wx
reactor = Reactor("wx")
reactor.loop
window = wx.Frame(None)
window.Bind(wx.EVT_CLOSE, lambda event: (event.Skip(), reactor.stop()))
window.Show()
close = window.Close
""",
}

PROGRAM = """
from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor
{made}
class Says(Protocol):
    def connectionLost(self, reason):
        print("lost", flush=True)

class Goes(Protocol):
    def connectionMade(self):
        reactor.callLater(0.05, close)

from sennit.endpoint import TCP4ClientEndpoint
port = reactor.listenTCP(0, Factory.forProtocol(Says), interface="127.0.0.1")
TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port).connect(Factory.forProtocol(Goes))
reactor.addSystemEventTrigger("after", "shutdown", print, "shutdown", flush=True)
reactor.run()
print("through", flush=True)
"""

_NEEDS = {
    "qt": ("qasync", "PySide6"),
    "gtk": ("gi",),
    "gtk3": ("gi",),
    "tk": ("_tkinter",),
    "wx": ("wx",),
}


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=_needs_modules(*_NEEDS[kind])) for kind in CLOSED])
def test_closing_the_window_shuts_the_reactor_down_in_order(kind, display):
    with program(display, "-c", PROGRAM.format(made=CLOSED[kind])) as process:
        out, errors = process.communicate(timeout=PATIENCE)
    assert out == "lost\nshutdown\nthrough\n", errors


DIALOGS = {
    "qt": """
from PySide6.QtWidgets import QApplication, QDialog
application = QApplication([])
application.setQuitOnLastWindowClosed(False)
reactor = Reactor("qt")
dialog = QDialog()
show, close = dialog.exec, dialog.accept
later = reactor.callLater
""",
    "gtk": """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk
reactor = Reactor("gtk")
dialog = Gtk.Dialog()
show, close = dialog.run, lambda: dialog.response(0)
def later(seconds, call):
    GLib.timeout_add(int(seconds * 1000), lambda: call() and False)
""",
    "tk": """
import tkinter
reactor = Reactor("tk")
root = tkinter.Tk()
dialog = tkinter.Toplevel()
show, close = lambda: root.wait_window(dialog), dialog.destroy
later = reactor.callLater
""",
    "wx": """
import wx
reactor = Reactor("wx")
reactor.loop
dialog = wx.Dialog(None)
show, close = dialog.ShowModal, lambda: dialog.EndModal(0)
later = reactor.callLater
""",
}

MODAL = """
import asyncio
from sennit.core.coroutine import ensureDeferred
from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor
{made}
shown = False

class Echo(Protocol):
    def dataReceived(self, data):
        self.transport.write(data)

class Asks(Protocol):
    def connectionMade(self):
        self.turns = 0
        self.transport.write(b"x")

    def dataReceived(self, data):
        if not shown:
            reactor.callLater(0.01, self.transport.write, b"x")
            return
        self.turns += 1
        if self.turns == 20:
            ensureDeferred(self.leave())
        self.transport.write(b"x")

    async def leave(self):
        await asyncio.sleep(0.01)
        print("echoed and slept", flush=True)
        close()

def ask():
    global shown
    shown = True
    show()
    shown = False
    print("answered", flush=True)
    reactor.stop()

from sennit.endpoint import TCP4ClientEndpoint
port = reactor.listenTCP(0, Factory.forProtocol(Echo), interface="127.0.0.1")
TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port).connect(Factory.forProtocol(Asks))
reactor.callWhenRunning(later, 0.05, ask)
reactor.run()
"""


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=_needs_modules(*_NEEDS[kind])) for kind in DIALOGS]
)
def test_the_network_lives_while_a_modal_dialog_is_open(kind, display):
    with program(display, "-c", MODAL.format(made=DIALOGS[kind])) as process:
        out, errors = process.communicate(timeout=PATIENCE)
    assert out == "echoed and slept\nanswered\n", errors
