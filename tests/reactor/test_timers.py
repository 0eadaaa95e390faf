from __future__ import annotations

import gc
import weakref
from contextvars import ContextVar
from math import inf, nan

import pytest
from zope.interface.verify import verifyObject

from sennit.core.errors import AlreadyCalled, AlreadyCancelled
from sennit.core.interfaces import IDelayedCall
from sennit.reactor import Reactor


def test_delayed_calls_are_made_in_the_order_of_their_times(reactor):
    made = []
    reactor.callLater(0.02, reactor.stop)
    reactor.callLater(0.01, made.append, "second")
    reactor.callLater(0.005, made.append, "first")
    reactor.run()
    assert made == ["first", "second"]


def test_no_call_is_made_before_its_time(reactor):
    early = []

    def check(due):
        early.append(reactor._now() < due)

    for number in range(20):
        delay = 0.001 + number * 0.0003
        reactor.callLater(delay, check, reactor._now() + delay)
    reactor.callLater(0.02, reactor.stop)
    reactor.run()
    assert early == [False] * 20


def test_arguments_are_handed_on(reactor):
    heard = []

    def hear(*args, **kwargs):
        heard.append((args, kwargs))
        reactor.stop()

    reactor.callLater(0, hear, 1, 2, word="three")
    reactor.run()
    assert heard == [((1, 2), {"word": "three"})]


def test_calls_due_at_one_time_are_made_in_the_order_they_were_asked_for(timed):
    made = []
    for number in range(50):
        timed.callLater(1, made.append, number)
    timed.callLater(2, timed.stop)
    timed.run()
    assert made == list(range(50))


def test_calls_without_delay_are_made_in_the_order_they_were_asked_for(reactor):
    made = []
    for number in range(50):
        reactor.callLater(0, made.append, number)
    reactor.callLater(0, reactor.stop)
    reactor.run()
    assert made == list(range(50))


def test_a_call_without_delay_waits_for_those_that_were_due_before_it(timed, manual_loop):
    made = []
    timed.callLater(1, made.append, "due at 1")
    timed.callLater(2, made.append, "due at 2")

    def slow():
        manual_loop.advance(1.5)
        timed.callLater(0, made.append, "due at 1.5")
        manual_loop.advance(1)

    timed.callLater(0, slow)
    timed.callLater(5, timed.stop)
    timed.run()
    assert made == ["due at 1", "due at 1.5", "due at 2"]


def test_a_call_that_sets_another_without_delay_does_not_starve_the_loop(reactor):
    passes = []

    def again():
        passes.append(None)
        reactor.callLater(0, again)

    reactor.callLater(0, again)
    reactor.callLater(0.01, reactor.stop)
    reactor.run()
    assert passes


def test_a_call_set_while_others_run_waits_for_the_next_pass(timed, manual_loop):
    made = []

    def first():
        timed.callLater(0.5, made.append, "set by the first")
        manual_loop.advance(1)
        made.append("first")

    timed.callLater(1, first)
    timed.callLater(1, made.append, "second")
    timed.callLater(5, timed.stop)
    timed.run()
    assert made == ["first", "second", "set by the first"]


def test_a_call_can_be_set_before_the_reactor_has_a_loop():
    reactor = Reactor("asyncio")
    made = []
    reactor.callLater(0.001, made.append, 1)
    reactor.callLater(0.002, reactor.stop)
    assert reactor._loop is None
    reactor.run()
    reactor.close()
    assert made == [1]


def test_a_delayed_call_provides_its_interface(reactor):
    call = reactor.callLater(1, list)
    assert verifyObject(IDelayedCall, call)
    call.cancel()


def test_a_cancelled_call_is_not_made(reactor):
    made = []
    soon = reactor.callLater(0, made.append, "soon")
    later = reactor.callLater(0.001, made.append, "later")
    reactor.callLater(0.01, reactor.stop)
    soon.cancel()
    later.cancel()
    reactor.run()
    assert made == []
    assert not soon.active()
    assert not later.active()


def test_a_call_can_cancel_another_of_the_same_moment(timed):
    made = []
    timed.callLater(1, lambda: (second.cancel(), made.append("first")))
    second = timed.callLater(1, made.append, "second")
    timed.callLater(2, timed.stop)
    timed.run()
    assert made == ["first"]


def test_cancelling_twice_is_an_error(reactor):
    call = reactor.callLater(1, list)
    call.cancel()
    for again in (call.cancel, lambda: call.reset(1), lambda: call.delay(1)):
        with pytest.raises(AlreadyCancelled):
            again()


def test_a_call_that_was_made_cannot_be_cancelled_or_moved(reactor):
    errors = []

    def made():
        for late in (call.cancel, lambda: call.reset(1), lambda: call.delay(1)):
            with pytest.raises(AlreadyCalled) as caught:
                late()
            errors.append(caught.type)
        reactor.stop()

    call = reactor.callLater(0, made)
    reactor.run()
    assert errors == [AlreadyCalled] * 3
    assert not call.active()


def test_a_cancelled_call_lets_go_of_what_it_would_have_called(reactor):
    class Thing:
        def method(self):
            raise AssertionError

    thing = Thing()
    gone = weakref.ref(thing)
    call = reactor.callLater(10, thing.method)
    call.cancel()
    del thing
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("delay", [-1, -0.001, -inf, nan])
def test_a_negative_delay_is_refused(reactor, delay):
    with pytest.raises(AssertionError, match="is not greater than or equal to 0 seconds"):
        reactor.callLater(delay, list)


def test_a_delay_without_end_never_comes_and_can_be_cancelled(reactor):
    call = reactor.callLater(inf, list)
    reactor.callLater(0.001, reactor.stop)
    reactor.run()
    assert call.active()
    call.cancel()


def test_a_delay_longer_than_the_loop_can_wait_is_kept(timed, manual_loop):
    made = []
    start = manual_loop.time()
    timed.callLater(86400 * 400, lambda: (made.append(manual_loop.time() - start), timed.stop()))
    timed.run()
    assert made == [86400 * 400]


def test_an_error_in_a_delayed_call_is_logged_and_the_next_call_is_made(reactor, logged):
    made = []

    def leave():
        raise SystemExit(3)

    reactor.callLater(0, lambda: 1 / 0)
    reactor.callLater(0, leave)
    reactor.callLater(0.001, [].pop)
    reactor.callLater(0.002, made.append, "next")
    reactor.callLater(0.003, reactor.stop)
    reactor.run()
    assert made == ["next"]
    assert logged.errors() == [ZeroDivisionError, SystemExit, IndexError]


def test_a_call_moved_to_a_later_time_is_made_then_and_once(timed, manual_loop):
    made = []
    start = manual_loop.time()
    call = timed.callLater(1, lambda: made.append(manual_loop.time() - start))
    call.reset(3)
    call.delay(2)
    timed.callLater(9, timed.stop)
    timed.run()
    assert made == [5]


def test_a_call_moved_to_an_earlier_time_is_made_then_and_once(timed, manual_loop):
    made = []
    start = manual_loop.time()
    call = timed.callLater(5, lambda: made.append(manual_loop.time() - start))
    call.reset(3)
    call.delay(-1)
    timed.callLater(9, timed.stop)
    timed.run()
    assert made == [2]


def test_a_call_moved_there_and_back_is_made_once(timed, manual_loop):
    made = []
    start = manual_loop.time()
    call = timed.callLater(5, lambda: made.append(manual_loop.time() - start))
    for seconds in (2, 7, 2, 4, 1, 6):
        call.reset(seconds)
    timed.callLater(9, timed.stop)
    timed.run()
    assert made == [6]


def test_a_call_moved_back_to_its_first_time_by_a_call_of_another_is_made_once(timed, manual_loop, logged):
    made = []
    start = manual_loop.time()

    def move():
        call = timed.callLater(1, lambda: made.append(manual_loop.time() - start))
        call.reset(0)
        call.reset(1)

    timed.callLater(2, move)
    timed.callLater(9, timed.stop)
    timed.run()
    assert made == [3]
    assert logged.errors() == []


def test_a_call_without_delay_can_still_be_moved(timed, manual_loop):
    made = []
    start = manual_loop.time()
    call = timed.callLater(0, lambda: made.append(manual_loop.time() - start))
    call.reset(2)
    timed.callLater(9, timed.stop)
    timed.run()
    assert made == [2]


def test_a_call_moved_by_a_call_of_its_own_moment_waits_for_its_new_time(timed, manual_loop):
    made = []
    start = manual_loop.time()
    timed.callLater(1, lambda: second.delay(2))
    second = timed.callLater(1, lambda: made.append(manual_loop.time() - start))
    timed.callLater(9, timed.stop)
    timed.run()
    assert made == [3]


def test_a_call_moved_into_the_past_is_made_at_once(timed, manual_loop):
    made = []
    start = manual_loop.time()
    call = timed.callLater(5, lambda: made.append(manual_loop.time() - start))
    call.delay(-100)
    timed.callLater(9, timed.stop)
    timed.run()
    assert made == [0]


def test_the_pending_calls_are_listed(reactor):
    soon = reactor.callLater(0, list)
    later = reactor.callLater(1, list)
    sooner = reactor.callLater(5, list)
    sooner.reset(2)
    reactor.callLater(3, list).cancel()
    reactor.callLater(0, list).cancel()
    calls = reactor.getDelayedCalls()
    assert isinstance(calls, list)
    assert len(calls) == 3
    assert set(calls) == {soon, later, sooner}


def test_a_call_that_was_made_is_listed_no_more(reactor):
    seen = []
    reactor.callLater(0, lambda: (seen.extend(reactor.getDelayedCalls()), reactor.stop()))
    reactor.run()
    assert seen == []
    assert reactor.getDelayedCalls() == []


def test_the_time_of_a_call_is_on_the_clock_of_seconds(timed):
    now = timed.seconds()
    assert now == 1_001_000.0
    call = timed.callLater(10, list)
    assert call.getTime() == now + 10
    call.delay(5)
    assert call.getTime() == now + 15
    assert call.time == now + 15
    call.cancel()


def test_the_time_of_an_unmoved_call_does_not_tremble(reactor):
    call = reactor.callLater(10, list)
    first = call.getTime()
    assert all(call.getTime() == first for _ in range(1000))
    call.cancel()


def test_seconds_reads_the_wall_clock(reactor, monkeypatch):
    import time

    before = time.time()
    assert before - 1 <= reactor.seconds() <= time.time() + 1


def test_a_wall_clock_that_is_put_back_delays_nothing(timed, manual_loop, monkeypatch):
    wall = [5000.0]
    timed._wall = lambda: wall[0]
    made = []
    timed.callLater(1, made.append, "made")
    wall[0] -= 3600
    timed.callLater(2, timed.stop)
    timed.run()
    assert made == ["made"]


def test_a_slow_callback_does_not_make_the_calls_it_sets_too_early(reactor):
    import time

    gaps = []

    def slow():
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            pass
        asked = time.monotonic()
        reactor.callLater(0.01, lambda: (gaps.append(time.monotonic() - asked), reactor.stop()))

    reactor.callLater(0, slow)
    reactor.run()
    assert gaps[0] >= 0.01


def test_cancelled_calls_are_swept_out_of_memory(reactor):
    keep = [reactor.callLater(100 + number, list) for number in range(10)]
    for _ in range(10_000):
        reactor.callLater(50, list).cancel()
    assert len(reactor._schedule.heap) < 500
    assert set(reactor.getDelayedCalls()) == set(keep)


def test_moving_calls_earlier_again_and_again_takes_no_memory(reactor):
    call = reactor.callLater(100_000, list)
    for number in range(10_000):
        call.reset(90_000 - number)
    assert len(reactor._schedule.heap) < 500
    assert reactor.getDelayedCalls() == [call]


def test_the_loop_is_asked_for_one_timer_whatever_the_number_of_calls(timed, manual_loop):
    for number in range(1000):
        timed.callLater(1000 - number, list)
    assert sum(1 for handle in manual_loop._scheduled if not handle.cancelled()) == 1


def test_a_call_runs_in_the_context_of_who_asked_for_it(reactor):
    who = ContextVar("who", default="nobody")
    heard = []

    def ask():
        who.set("asker")
        reactor.callLater(0, lambda: heard.append(who.get()))
        reactor.callLater(0.001, lambda: heard.append(who.get()))
        reactor.callLater(0.002, reactor.stop)

    reactor.callLater(0, ask)
    reactor.callLater(0, lambda: heard.append(who.get()))
    reactor.run()
    assert heard == ["nobody", "asker", "asker"]


def test_what_a_delayed_call_is_can_be_read(timed):
    def wave(hand):
        """Do nothing."""

    call = timed.callLater(1.5, wave, hand="left")
    assert call.func is wave
    assert call.args == ()
    assert call.kw == {"hand": "left"}
    assert "[1.500000s] pending" in repr(call)
    assert "wave(hand='left')" in repr(call)
    call.cancel()
    assert "cancelled>" in repr(call)


def test_pending_calls_outlive_a_run_and_the_loop(reactor):
    made = []
    later = reactor.callLater(600, made.append, "later")
    reactor.callLater(0, reactor.stop)
    reactor.run()
    assert made == []
    reactor.close()
    later.delay(-599.999)
    reactor.callLater(0.01, reactor.stop)
    reactor.run()
    assert made == ["later"]


def test_pending_calls_keep_their_delay_on_a_loop_with_another_time(manual_loop):
    reactor = Reactor()
    made = []
    call = reactor.callLater(60, lambda: made.append(manual_loop.time()))
    reactor._attach(manual_loop)
    reactor._owns_loop = False
    start = manual_loop.time()
    assert call.getTime() == pytest.approx(reactor.seconds() + 60, abs=1)
    reactor.callLater(120, reactor.stop)
    reactor.run()
    assert made == [pytest.approx(start + 60, abs=1)]
    reactor.close()


def test_calls_without_keywords_share_the_nothing_that_they_have(reactor):
    one, other = reactor.callLater(5, int), reactor.callLater(0, int)
    assert one.kw == {}
    assert one.kw is other.kw
    with pytest.raises(TypeError):
        one.kw["key"] = "for all of them"
    cancelled = reactor.callLater(5, int, "7", base=10)
    assert cancelled.kw == {"base": 10}
    for call in (one, other, cancelled):
        call.cancel()
        assert call.kw == {}
        assert call.args == ()
    assert reactor.getDelayedCalls() == []


def test_cancelling_the_last_of_many_calls_leaves_those_that_stand(reactor):
    calls = [reactor.callLater(5 + number, int) for number in range(300)]
    for call in calls[:-1]:
        call.cancel()
    assert reactor.getDelayedCalls() == calls[-1:]
    assert len(reactor._schedule.heap) < 150
    with pytest.raises(AlreadyCancelled):
        calls[0].cancel()
    calls[-1].cancel()
    assert reactor.getDelayedCalls() == []
