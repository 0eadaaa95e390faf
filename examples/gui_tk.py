"""A Tk window and a web server in one process: what is clicked in the one is seen in the other.

Run it, click the button, and look at http://127.0.0.1:8080/ (or the port given as the first argument).
"""

import sys
import tkinter as tk

from sennit.reactor import Reactor
from sennit.task import LoopingCall
from sennit.web import Resource, Site


class State:
    clicks = ticks = 0


class Page(Resource):
    isLeaf = True

    def render_GET(self, request):
        return f"clicks {State.clicks} ticks {State.ticks}\n".encode()


reactor = Reactor("tk")
root = tk.Tk()
root.protocol("WM_DELETE_WINDOW", reactor.stop)
label = tk.Label(root, text="nothing yet", width=30)
label.pack()


def clicked():
    State.clicks += 1


def tick():
    State.ticks += 1
    label["text"] = f"{State.clicks} clicks, {State.ticks} ticks"


tk.Button(root, text="Click me", command=clicked, height=4).pack(fill="both")
root.geometry("300x120+0+0")

port = reactor.listenTCP(int(sys.argv[1]) if sys.argv[1:] else 8080, Site(Page()), interface="127.0.0.1")
print(f"http://127.0.0.1:{port.getHost().port}/", flush=True)
reactor.callWhenRunning(LoopingCall(tick).start, 0.05)
reactor.run()
print("stopped", flush=True)
