"""A main that fails: react reports the error and exits with status 1."""

from __future__ import annotations

from twisted.internet import defer, task
from twisted.internet.error import ReactorNotRunning


def main(reactor):
    print("running")
    reactor.addSystemEventTrigger("after", "shutdown", lambda: print("shut down"))
    failing = defer.Deferred()
    reactor.callLater(0.01, failing.errback, ReactorNotRunning("for the example"))
    return failing


task.react(main)
