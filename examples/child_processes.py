"""Run programs: for what they print, in conversation, on a terminal, and not for too long."""

from __future__ import annotations

import sennit
from sennit.core.deferred import TimeoutError
from sennit.process import getProcessOutput, getProcessValue
from sennit.protocol import ProcessProtocol


class Sorter(ProcessProtocol):
    """Gives lines to ``sort``, and collects what it makes of them."""

    def __init__(self, lines):
        self.lines = lines
        self.sorted = b""
        self.result = sennit.Deferred()

    def connectionMade(self):
        self.transport.writeSequence(self.lines)
        self.transport.closeStdin()

    def outReceived(self, data):
        self.sorted += data

    def processEnded(self, reason):
        if reason.value.exitCode == 0:
            self.result.callback(self.sorted)
        else:
            self.result.errback(reason)


class Window(ProcessProtocol):
    """Asks the program on a terminal how large its window is."""

    def __init__(self):
        self.shown = b""
        self.result = sennit.Deferred()

    def connectionMade(self):
        self.transport.set_window_size(rows=50, columns=132)
        self.transport.write(b"go\n")

    def outReceived(self, data):
        self.shown += data

    def processEnded(self, reason):
        self.result.callback(self.shown)


async def main():
    reactor = sennit.current_reactor()

    print((await getProcessOutput("/bin/echo", ["hello"])).decode(), end="")

    sorter = Sorter([b"pear\n", b"apple\n", b"fig\n"])
    reactor.spawnProcess(sorter, "/usr/bin/sort", ["sort"])
    print((await sorter.result).decode(), end="")

    window = Window()
    reactor.spawnProcess(window, "/bin/sh", ["sh", "-c", "read go; stty size"], env=None, usePTY=True)
    print((await window.result).split(b"\r\n")[1].decode())

    try:
        await getProcessValue("/bin/sleep", ["60"]).addTimeout(0.1, reactor)
    except TimeoutError:
        print("sleep took too long and was ended")


sennit.run(main)
