from __future__ import annotations

import pytest

from sennit.core.deferred import Deferred, fail


def test_start_up_runs_its_phases_in_order(reactor):
    seen = []

    def see(what):
        seen.append((what, reactor.running))

    reactor.addSystemEventTrigger("after", "startup", see, "after")
    reactor.addSystemEventTrigger("during", "startup", see, "during")
    reactor.addSystemEventTrigger("before", "startup", see, "before")
    reactor.callWhenRunning(see, "when running")
    reactor.callLater(0, reactor.stop)
    reactor.run()
    assert seen == [("before", False), ("during", True), ("after", True), ("when running", True)]


def test_shutdown_runs_its_phases_in_order(reactor):
    seen = []

    def see(what):
        seen.append((what, reactor.running))

    for phase in ("after", "during", "before"):
        reactor.addSystemEventTrigger(phase, "shutdown", see, phase)
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert seen == [("before", True), ("during", False), ("after", False)]


def test_the_start_comes_before_calls_set_earlier(reactor):
    seen = []
    assert reactor.loop
    reactor.callLater(0, seen.append, "delayed")
    reactor.callFromThread(seen.append, "from thread")
    reactor.callWhenRunning(seen.append, "when running")
    reactor.callLater(0.001, reactor.stop)
    reactor.run()
    assert seen[0] == "when running"
    assert sorted(seen) == ["delayed", "from thread", "when running"]


def test_what_before_triggers_return_is_waited_for(reactor):
    seen = []

    def slow():
        seen.append("asked")
        waited = Deferred()
        reactor.callLater(0.005, lambda: (seen.append("fired"), waited.callback(None)))
        return waited

    async def coroutine():
        seen.append("coroutine")
        await slow()
        seen.append("coroutine ended")

    reactor.addSystemEventTrigger("before", "shutdown", slow)
    reactor.addSystemEventTrigger("before", "shutdown", coroutine)
    reactor.addSystemEventTrigger("during", "shutdown", seen.append, "during")
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert seen == ["asked", "coroutine", "asked", "fired", "fired", "coroutine ended", "during"]


def test_start_up_waits_too(reactor):
    seen = []
    first = Deferred()
    reactor.addSystemEventTrigger("before", "startup", lambda: first)
    reactor.callLater(0.001, lambda: (seen.append(reactor.running), first.callback(None)))
    reactor.callWhenRunning(lambda: (seen.append(reactor.running), reactor.stop()))
    reactor.run()
    assert seen == [False, True]


def test_a_stop_while_start_up_waits_ends_the_run(reactor):
    seen = []
    never = Deferred()
    reactor.addSystemEventTrigger("before", "startup", lambda: never)
    reactor.addSystemEventTrigger("during", "shutdown", seen.append, "shutdown")
    trigger = reactor.callWhenRunning(seen.append, "started")
    reactor.callLater(0.001, reactor.stop)
    reactor.run()
    never.callback(None)
    assert seen == ["shutdown"]
    reactor.removeSystemEventTrigger(trigger)


def test_an_error_in_a_trigger_is_logged_and_the_others_run(reactor, logged):
    seen = []
    reactor.addSystemEventTrigger("before", "shutdown", lambda: 1 / 0)
    reactor.addSystemEventTrigger("before", "shutdown", seen.append, "before")
    reactor.addSystemEventTrigger("after", "shutdown", [].pop)
    reactor.addSystemEventTrigger("after", "shutdown", seen.append, "after")
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert seen == ["before", "after"]
    assert logged.errors() == [ZeroDivisionError, IndexError]


def test_a_failed_deferred_of_a_before_trigger_lets_the_event_go_on(reactor, logged):
    seen = []
    reactor.addSystemEventTrigger("before", "shutdown", lambda: fail(KeyError("gone")))
    reactor.addSystemEventTrigger("during", "shutdown", seen.append, "during")
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    __import__("gc").collect()
    assert seen == ["during"]
    assert logged.errors() == [KeyError]


def test_an_event_of_the_programs_own_is_fired_on_request_and_consumes_its_triggers(reactor):
    seen = []
    for phase in ("after", "before", "during"):
        reactor.addSystemEventTrigger(phase, "harvest", seen.append, phase)
    reactor.fireSystemEvent("harvest")
    reactor.fireSystemEvent("harvest")
    reactor.fireSystemEvent("unheard of")
    assert seen == ["before", "during", "after"]


def test_a_trigger_that_was_removed_does_not_run(reactor):
    seen = []
    trigger = reactor.addSystemEventTrigger("during", "harvest", seen.append, "no")
    reactor.removeSystemEventTrigger(trigger)
    reactor.fireSystemEvent("harvest")
    assert seen == []
    with pytest.raises(ValueError, match="has run, or was removed"):
        reactor.removeSystemEventTrigger(trigger)


def test_a_trigger_can_remove_itself_and_others_while_the_event_is_fired(reactor):
    seen = []

    def first():
        seen.append("first")
        reactor.removeSystemEventTrigger(itself)
        reactor.removeSystemEventTrigger(second)
        reactor.removeSystemEventTrigger(last)

    itself = reactor.addSystemEventTrigger("before", "harvest", first)
    second = reactor.addSystemEventTrigger("before", "harvest", seen.append, "second")
    last = reactor.addSystemEventTrigger("after", "harvest", seen.append, "last")
    reactor.fireSystemEvent("harvest")
    assert seen == ["first"]


def test_a_trigger_added_to_a_phase_to_come_runs_with_it(reactor):
    seen = []
    reactor.addSystemEventTrigger(
        "before", "harvest", lambda: reactor.addSystemEventTrigger("after", "harvest", seen.append, "after")
    )
    reactor.fireSystemEvent("harvest")
    assert seen == ["after"]


def test_misuse_of_triggers_is_refused(reactor):
    with pytest.raises(KeyError, match="no phase"):
        reactor.addSystemEventTrigger("sometime", "shutdown", list)
    with pytest.raises(AssertionError, match="5 is not callable"):
        reactor.addSystemEventTrigger("before", "shutdown", 5)
    with pytest.raises(ValueError, match="did not come from"):
        reactor.removeSystemEventTrigger("trigger")


def test_call_when_running_calls_at_once_in_a_running_reactor(reactor):
    seen = []

    def start():
        assert reactor.callWhenRunning(seen.append, "now") is None
        seen.append("after")
        reactor.stop()

    reactor.callWhenRunning(start)
    reactor.run()
    assert seen == ["now", "after"]


def test_call_when_running_can_be_taken_back(reactor):
    seen = []
    reactor.removeSystemEventTrigger(reactor.callWhenRunning(seen.append, "no"))
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert seen == []
