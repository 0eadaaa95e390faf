"""A Qt window and a web server in one process: what is clicked in the one is seen in the other.

Run it, click the button, and look at http://127.0.0.1:8080/ (or the port given as the first argument).
"""

import sys

from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget

from sennit.reactor import Reactor
from sennit.task import LoopingCall
from sennit.web import Resource, Site


class State:
    clicks = ticks = 0


class Page(Resource):
    isLeaf = True

    def render_GET(self, request):
        return f"clicks {State.clicks} ticks {State.ticks}\n".encode()


application = QApplication(sys.argv)
reactor = Reactor("qt")
window = QWidget()
label = QLabel("nothing yet")
button = QPushButton("Click me")
button.setMinimumHeight(60)
layout = QVBoxLayout(window)
layout.addWidget(label)
layout.addWidget(button)


def clicked():
    State.clicks += 1


def tick():
    State.ticks += 1
    label.setText(f"{State.clicks} clicks, {State.ticks} ticks")


button.clicked.connect(clicked)
window.setGeometry(0, 0, 300, 120)
window.show()

port = reactor.listenTCP(int(sys.argv[1]) if sys.argv[1:] else 8080, Site(Page()), interface="127.0.0.1")
print(f"http://127.0.0.1:{port.getHost().port}/", flush=True)
reactor.callWhenRunning(LoopingCall(tick).start, 0.05)
reactor.run()  # until the last window is closed
print("stopped", flush=True)
