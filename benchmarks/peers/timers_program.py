"""Sets timers, as for Twisted; runs on Twisted and on Sennit.

usage: timers_program.py SET FIRE

Prints, as JSON, how many of SET timers a second of CPU sets and cancels, and how many of FIRE it fires.
"""

from __future__ import annotations

import json
import sys
import time

from twisted.internet import reactor

many, few = int(sys.argv[1]), int(sys.argv[2])
figures = {}
fired = 0


def never():
    raise AssertionError("a timer that was cancelled has fired")


def cancel():
    global began
    began = time.process_time()
    calls = [reactor.callLater(60 + number % 100, never) for number in range(many)]
    for call in calls:
        call.cancel()
    del calls, call
    reactor.callLater(0, reactor.callLater, 0, set_off)


def set_off():
    global began
    # The loop has turned twice, and cleared away what there was to be cleared away.
    figures["set and cancelled"] = many / (time.process_time() - began)
    began = time.process_time()
    for number in range(few):
        reactor.callLater(number % 100 / 10_000, fire)


def fire():
    global fired
    fired += 1
    if fired == few:
        figures["set and fired"] = few / (time.process_time() - began)
        print(json.dumps(figures))
        reactor.stop()


reactor.callWhenRunning(cancel)
reactor.run()
