"""A GTK 4 window and a web server in one process: what is clicked in the one is seen in the other.

Run it, click the button, and look at http://127.0.0.1:8080/ (or the port given as the first argument).
"""

import sys

import gi

gi.require_version("Gtk", "4.0")
from gi.repository import Gtk

from sennit.reactor import Reactor
from sennit.task import LoopingCall
from sennit.web import Resource, Site


class State:
    clicks = ticks = 0


class Page(Resource):
    isLeaf = True

    def render_GET(self, request):
        return f"clicks {State.clicks} ticks {State.ticks}\n".encode()


reactor = Reactor("gtk")
Gtk.init()
label = Gtk.Label(label="nothing yet")
button = Gtk.Button(label="Click me", vexpand=True)
box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
box.append(label)
box.append(button)
window = Gtk.Window(title="Sennit", default_width=300, default_height=120, child=box)


def clicked(_button):
    State.clicks += 1


def tick():
    State.ticks += 1
    label.set_text(f"{State.clicks} clicks, {State.ticks} ticks")


def closed(_window):
    reactor.stop()


button.connect("clicked", clicked)
window.connect("close-request", closed)
window.present()

port = reactor.listenTCP(int(sys.argv[1]) if sys.argv[1:] else 8080, Site(Page()), interface="127.0.0.1")
print(f"http://127.0.0.1:{port.getHost().port}/", flush=True)
reactor.callWhenRunning(LoopingCall(tick).start, 0.05)
reactor.run()
print("stopped", flush=True)
