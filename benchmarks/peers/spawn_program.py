"""Starts /bin/true again and again, as one writes it for Twisted; runs on Twisted and on Sennit.

usage: spawn_program.py SECONDS FOLDER

Prints how many children a second it started and reaped, four at a time; FOLDER is where they run, or empty.
"""

from __future__ import annotations

import sys
import time

from twisted.internet import error, protocol, reactor

AT_ONCE = 4


class Run:
    def __init__(self, seconds, folder):
        self.folder = folder
        self.ended = 0
        self.running = 0
        self.began = time.perf_counter()
        self.deadline = self.began + seconds

    def spawn(self):
        self.running += 1
        reactor.spawnProcess(Child(self), "/bin/true", ["true"], None, self.folder)

    def child_ended(self):
        self.ended += 1
        self.running -= 1
        if time.perf_counter() < self.deadline:
            self.spawn()
        elif not self.running:
            print(self.ended / (time.perf_counter() - self.began))
            reactor.stop()


class Child(protocol.ProcessProtocol):
    def __init__(self, run):
        self.run = run

    def processEnded(self, reason):
        reason.trap(error.ProcessDone)
        self.run.child_ended()


def main():
    run = Run(float(sys.argv[1]), sys.argv[2] or None)
    for _ in range(AT_ONCE):
        run.spawn()


reactor.callWhenRunning(main)
reactor.run()
