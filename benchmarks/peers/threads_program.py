"""Has a thread call functions in the reactor's; as for Twisted, runs on Twisted and on Sennit.

usage: threads_program.py CALLS

Prints, as JSON, how many calls a second of CPU is good for: by a thread that calls and calls, and by
one that waits for each call to be made before the next.
"""

from __future__ import annotations

import json
import sys
import threading
import time

from twisted.internet import reactor

calls = int(sys.argv[1])
figures = {}
order = []


def flood():
    began = time.process_time()
    for number in range(calls):
        reactor.callFromThread(order.append, number)
    reactor.callFromThread(flooded, began)


def flooded(began):
    figures["called from a thread"] = calls / (time.process_time() - began)
    assert order == list(range(calls)), "the calls were not made in their order"
    threading.Thread(target=by_turns).start()


def by_turns():
    made = threading.Semaphore(0)
    began = time.process_time()
    for _ in range(calls // 10):
        reactor.callFromThread(made.release)
        made.acquire()
    figures["called and waited for"] = calls // 10 / (time.process_time() - began)
    reactor.callFromThread(reactor.stop)


reactor.callWhenRunning(threading.Thread(target=flood).start)
reactor.run()
print(json.dumps(figures))
