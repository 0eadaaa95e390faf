"""A clean end by a signal: shutdown triggers run in their phases, and wait for Deferreds."""

from __future__ import annotations

import os
import signal

from twisted.internet import defer, reactor


def before():
    print("before: closing")
    closed = defer.Deferred()
    reactor.callLater(0.02, closed.callback, None)
    return closed.addCallback(lambda _: print("before: closed"))


def removed():
    print("this trigger was removed")


def running():
    print("running:", reactor.running)
    os.kill(os.getpid(), signal.SIGTERM)


reactor.addSystemEventTrigger("before", "startup", lambda: print("before startup"))
reactor.addSystemEventTrigger("after", "startup", lambda: print("after startup"))
reactor.addSystemEventTrigger("before", "shutdown", before)
reactor.addSystemEventTrigger("during", "shutdown", lambda: print("during shutdown"))
reactor.addSystemEventTrigger("after", "shutdown", print, "after shutdown")
reactor.removeSystemEventTrigger(reactor.addSystemEventTrigger("during", "shutdown", removed))
reactor.callWhenRunning(reactor.callLater, 0.01, running)
reactor.callLater(20, os._exit, 3)
reactor.run()
print("the program goes on after run()")
raise SystemExit(7)
