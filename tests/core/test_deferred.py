from __future__ import annotations

import copy
import gc
import inspect
import pickle
import weakref
from collections.abc import Awaitable
from itertools import pairwise
from typing import Any
from unittest import mock

import pytest

from sennit.core import deferred as deferred_module
from sennit.core.deferred import (
    AlreadyCalledError,
    CancelledError,
    Deferred,
    TimeoutError,
    execute,
    fail,
    getDebugging,
    logError,
    maybeDeferred,
    passthru,
    setDebugging,
    succeed,
    timeout,
)
from sennit.core.failure import Failure, NoCurrentExceptionError
from sennit.core.report import set_reporter


class Heard(list):
    """Records the results it is called with."""

    def __call__(self, result, *args, **kwargs):
        self.append((result, args, kwargs) if args or kwargs else result)
        return result

    def swallow(self, failure):
        self.append(failure)


class Broken(Exception):
    """What goes wrong in these tests."""


def raise_broken(_):
    raise Broken("on purpose")


def error_of(deferred):
    """Take the failure out of `deferred`, and return its exception."""
    failures = []
    deferred.addErrback(failures.append)
    assert len(failures) == 1
    return failures[0].value


@pytest.fixture
def debugging():
    setDebugging(True)
    yield
    setDebugging(False)


class Clock:
    """Just enough of IReactorTime."""

    def __init__(self):
        self.now, self.calls = 0.0, []

    def callLater(self, delay, f, *args):
        call = Call(self, self.now + delay, f, args)
        self.calls.append(call)
        return call

    def advance(self, seconds):
        self.now += seconds
        for call in [call for call in self.calls if call.at <= self.now]:
            if call in self.calls:
                self.calls.remove(call)
                call.f(*call.args)


class Call:
    def __init__(self, clock, at, f, args):
        self.clock, self.at, self.f, self.args = clock, at, f, args

    def active(self):
        return self in self.clock.calls

    def cancel(self):
        self.clock.calls.remove(self)


# -- chains


def test_a_callback_added_before_firing_is_called_with_the_result():
    heard = Heard()
    deferred = Deferred()
    assert deferred.addCallback(heard) is deferred
    deferred.callback(1)
    assert heard == [1]


def test_a_callback_added_after_firing_is_called_at_once():
    heard = Heard()
    succeed(1).addCallback(heard)
    assert heard == [1]


def test_each_callback_is_given_what_the_one_before_returned():
    heard = Heard()
    succeed(1).addCallback(lambda n: n + 1).addCallback(lambda n: n * 10).addCallback(heard)
    assert heard == [20]


def test_arguments_follow_the_result():
    heard = Heard()
    succeed(1).addCallback(heard, 2, three=3)
    error = Broken()
    fail(error).addErrback(lambda f, *a, **k: heard(f.value, *a, **k), 4, five=5).addCallback(lambda _: None)
    succeed(6).addBoth(heard, 7)
    assert heard == [(1, (2,), {"three": 3}), (error, (4,), {"five": 5}), (6, (7,), {})]


def test_each_side_of_a_pair_has_its_own_arguments():
    heard = Heard()

    def add(deferred):
        return deferred.addCallbacks(
            heard,
            lambda f, *a, **k: heard(f.value, *a, **k),
            callbackArgs=(1,),
            callbackKeywords={"a": 2},
            errbackArgs=(3,),
            errbackKeywords={"b": 4},
        )

    error = Broken()
    add(succeed("result"))
    add(fail(error)).addErrback(lambda _: None)
    assert heard == [("result", (1,), {"a": 2}), (error, (3,), {"b": 4})]


def test_a_pair_without_an_errback_lets_failures_pass():
    error = Broken()
    assert error_of(fail(error).addCallbacks(passthru, callbackArgs=(1,))) is error


def test_none_arguments_mean_no_arguments():
    heard = Heard()
    succeed(1).addCallbacks(heard, None, None, None, None, None)
    assert heard == [1]


def test_an_exception_in_a_callback_goes_to_the_next_errback():
    heard = Heard()
    deferred = succeed(1).addCallback(raise_broken).addCallback(heard).addErrback(heard.swallow)
    assert [failure.type for failure in heard] == [Broken]
    assert deferred.result is None


def test_the_traceback_of_a_callbacks_exception_begins_in_the_callback():
    failures = []
    succeed(1).addCallback(raise_broken).addErrback(failures.append)
    assert [frame[0] for frame in failures[0].frames] == ["raise_broken"]


def test_an_errback_that_returns_a_value_leads_back_to_callbacks():
    heard = Heard()
    fail(Broken()).addErrback(lambda _: "mended").addCallback(heard)
    assert heard == ["mended"]


def test_an_errback_that_returns_its_failure_passes_it_on():
    error = Broken()
    assert error_of(fail(error).addErrback(passthru)) is error


def test_a_failure_as_the_argument_of_callback_goes_to_errbacks():
    error = Broken()
    deferred = Deferred()
    deferred.callback(Failure(error))
    assert error_of(deferred) is error
    assert error_of(succeed(Failure(error))) is error


def test_a_subclass_of_failure_goes_to_errbacks_too():
    class Special(Failure):
        pass

    error = Broken()
    assert error_of(succeed(Special(error))) is error


def test_what_cannot_be_called_fails_when_its_turn_comes():
    assert isinstance(error_of(succeed(1).addCallback(3)), TypeError)


def test_none_as_a_callback_passes_the_result_on():
    heard = Heard()
    succeed(1).addCallback(None).addBoth(None).addCallback(heard)
    assert heard == [1]


def test_errback_takes_an_exception_a_failure_or_the_current_exception():
    error = Broken()
    for argument in (error, Failure(error)):
        deferred = Deferred()
        deferred.errback(argument)
        assert error_of(deferred) is error
    deferred = Deferred()
    try:
        raise error
    except Broken:
        deferred.errback()
    assert error_of(deferred) is error
    assert error_of(fail(error)) is error


def test_errback_outside_of_an_except_block_needs_an_argument():
    with pytest.raises(NoCurrentExceptionError):
        Deferred().errback()
    with pytest.raises(NoCurrentExceptionError):
        fail()


def test_even_exceptions_that_end_programs_become_failures():
    def leave(_):
        raise SystemExit(2)

    assert error_of(succeed(1).addCallback(leave)).code == 2


def test_a_callback_may_add_callbacks_to_its_own_deferred():
    heard = Heard()
    deferred = Deferred()

    def add(result):
        deferred.addCallback(heard)
        return result + 1

    deferred.addCallback(add)
    deferred.callback(1)
    assert heard == [2]


def test_during_a_callback_the_deferred_still_has_the_result_before():
    seen = []
    deferred = succeed(1)
    deferred.addCallback(lambda _: seen.append(deferred.result))
    assert seen == [1]


def test_a_hundred_thousand_callbacks_run_in_linear_time():
    deferred = Deferred()
    for _ in range(100_000):
        deferred.addCallback(lambda n: n + 1)
    deferred.callback(0)
    assert deferred.result == 100_000


def test_there_is_no_result_before_firing():
    with pytest.raises(AttributeError):
        _ = Deferred().result


def test_called_tells_whether_it_was_fired():
    deferred = Deferred()
    assert deferred.called is False
    deferred.callback(None)
    assert deferred.called is True


def test_firing_twice_raises():
    deferred = succeed(1)
    with pytest.raises(AlreadyCalledError):
        deferred.callback(2)
    with pytest.raises(AlreadyCalledError):
        deferred.errback(Broken())
    assert deferred.result == 1


# -- waiting for other Deferreds


def test_a_callback_that_returns_a_deferred_holds_the_chain_until_that_fires():
    heard = Heard()
    inner, outer = Deferred(), Deferred()
    outer.addCallback(lambda _: inner).addCallback(heard)
    outer.callback(None)
    assert heard == []
    assert outer.paused == 1
    assert outer.result is inner
    inner.callback(1)
    assert heard == [1]
    assert outer.paused == 0


def test_the_inner_deferred_is_left_with_none():
    inner = Deferred()
    succeed(None).addCallback(lambda _: inner)
    heard = Heard()
    inner.addCallback(heard)
    inner.callback(1)
    assert heard == [None]


def test_the_outer_chain_goes_on_before_the_rest_of_the_inner_one():
    order = []
    inner = Deferred()
    succeed(None).addCallback(lambda _: inner).addCallback(lambda _: order.append("outer"))
    inner.addCallback(lambda _: order.append("inner"))
    inner.callback(1)
    assert order == ["outer", "inner"]


def test_a_fired_deferred_gives_its_result_at_once():
    heard = Heard()
    inner = succeed(1)
    succeed(None).addCallback(lambda _: inner).addCallback(heard)
    assert heard == [1]
    assert inner.result is None


def test_the_failure_of_an_inner_deferred_is_the_outer_ones(reports):
    error = Broken()
    outer = succeed(None).addCallback(lambda _: fail(error))
    assert error_of(outer) is error
    later = Deferred()
    outer = succeed(None).addCallback(lambda _, later=later: later)
    later.errback(error)
    del later
    assert error_of(outer) is error
    gc.collect()
    assert reports == []


def test_an_errback_may_return_a_deferred():
    inner = Deferred()
    outer = fail(Broken()).addErrback(lambda _: inner)
    inner.callback(1)
    assert outer.result == 1


def test_a_deferred_that_is_paused_is_waited_for():
    inner = succeed(1)
    inner.pause()
    outer = succeed(None).addCallback(lambda _: inner)
    assert outer.paused == 1
    inner.unpause()
    assert outer.result == 1


def test_a_deferred_given_to_callback_is_a_result_like_any_other():
    heard = Heard()
    inner = succeed(1)
    deferred = Deferred()
    deferred.addCallback(lambda result: heard(result) and None)
    deferred.callback(inner)
    assert heard == [inner]


@pytest.mark.parametrize("length", [10, 100_000])
def test_a_chain_in_which_each_waits_for_the_next_unwinds_without_recursion(length):
    links = [Deferred() for _ in range(length)]
    for link, following in pairwise(links):
        link.addCallback(lambda _, following=following: following)
    for link in links[:-1]:
        link.callback(None)
    links[-1].callback("end")
    assert links[0].result == "end"


@pytest.mark.parametrize("length", [10, 100_000])
def test_a_chain_built_from_the_inside_unwinds_without_recursion(length):
    links = [Deferred()]
    for _ in range(length):
        links.append(succeed(None).addCallback(lambda _, inner=links[-1]: inner))
    links[0].callback("end")
    assert links[-1].result == "end"


def test_a_chain_of_fired_deferreds_needs_no_recursion():
    deferred = succeed(0)
    for _ in range(100_000):
        deferred = succeed(None).addCallback(lambda _, inner=deferred: inner)
    assert deferred.result == 0


def test_a_long_chain_is_freed_without_recursion():
    deferred = Deferred()
    first = deferred
    for _ in range(100_000):
        following = Deferred()
        following.callback(None)
        following.addCallback(lambda _, inner=deferred: inner)
        deferred = following
    first.callback(1)
    reference = weakref.ref(first)
    del first, deferred, following
    gc.collect()
    assert reference() is None


def test_chainDeferred_fires_the_other_with_the_result():
    heard, own = Heard(), Heard()
    first, second = Deferred(), Deferred()
    assert first.chainDeferred(second) is first
    second.addCallback(heard)
    first.addCallback(own)
    first.callback(1)
    assert heard == [1]
    assert own == [None]


def test_chainDeferred_passes_failures_on():
    error = Broken()
    first, second = Deferred(), Deferred()
    first.chainDeferred(second)
    first.errback(error)
    assert error_of(second) is error
    assert first.result is None


def test_chainDeferred_to_a_fired_deferred_fails_with_AlreadyCalledError():
    first = Deferred().chainDeferred(succeed(1))
    first.callback(2)
    assert isinstance(error_of(first), AlreadyCalledError)


def test_chainDeferred_to_a_cancelled_deferred_is_swallowed_once():
    second = Deferred()
    second.cancel()
    assert isinstance(error_of(second), CancelledError)
    first = Deferred().chainDeferred(second)
    first.callback(2)
    assert first.result is None


def test_chainDeferred_uses_an_overridden_callback():
    class Loud(Deferred):
        def callback(self, result):
            super().callback(result * 2)

    loud = Loud()
    succeed(2).chainDeferred(loud)
    assert loud.result == 4


def test_a_hundred_thousand_chained_deferreds_fire_without_recursion():
    links = [Deferred() for _ in range(100_000)]
    for link, following in pairwise(links):
        link.chainDeferred(following)
    links[0].callback("end")
    assert links[-1].result == "end"


def test_returning_the_deferred_itself_warns():
    deferred = Deferred()
    deferred.addCallback(lambda _: deferred)
    with pytest.warns(DeprecationWarning, match="the Deferred that it belongs to"):
        deferred.callback(None)


@pytest.mark.filterwarnings("error")
def test_that_warning_as_an_error_is_the_deferreds_failure():
    deferred = Deferred()
    deferred.addCallback(lambda _: deferred)
    deferred.callback(None)
    assert isinstance(error_of(deferred), DeprecationWarning)


def test_deferreds_that_wait_for_each_other_fail():
    first, second = Deferred(), Deferred()
    first.addCallback(lambda _: second)
    second.addCallback(lambda _: first)
    first.callback(None)
    second.callback(None)
    assert isinstance(error_of(first), RuntimeError)


# -- pausing


def test_a_paused_deferred_runs_nothing_until_unpaused():
    heard = Heard()
    deferred = Deferred()
    deferred.pause()
    deferred.pause()
    deferred.addCallback(heard)
    deferred.callback(1)
    deferred.addCallback(heard)
    deferred.unpause()
    assert heard == []
    deferred.unpause()
    assert heard == [1, 1]


def test_a_callback_can_pause_its_own_deferred():
    heard = Heard()
    deferred = Deferred()
    deferred.addCallback(lambda result: deferred.pause() or result).addCallback(heard)
    deferred.callback(1)
    assert heard == []
    assert deferred.paused == 1
    deferred.unpause()
    assert heard == [1]


def test_a_waiting_deferred_can_be_paused_as_well():
    heard = Heard()
    inner = Deferred()
    outer = succeed(None).addCallback(lambda _: inner).addCallback(heard)
    outer.pause()
    inner.callback(1)
    assert heard == []
    outer.unpause()
    assert heard == [1]


# -- cancelling


def test_cancel_calls_the_canceller_with_the_deferred():
    cancelled = []
    deferred = Deferred(cancelled.append)
    deferred.cancel()
    assert cancelled == [deferred]
    assert isinstance(error_of(deferred), CancelledError)


def test_a_canceller_may_fire_the_deferred():
    deferred = Deferred(lambda d: d.callback("salvaged"))
    deferred.cancel()
    assert deferred.result == "salvaged"


def test_an_exception_in_a_canceller_is_cancels():
    deferred = Deferred(raise_broken)
    with pytest.raises(Broken):
        deferred.cancel()
    assert not deferred.called


def test_without_a_canceller_one_late_result_is_swallowed():
    deferred = Deferred()
    deferred.cancel()
    assert isinstance(error_of(deferred), CancelledError)
    deferred.callback("late")
    with pytest.raises(AlreadyCalledError):
        deferred.callback("later still")


def test_without_a_canceller_one_late_failure_is_swallowed():
    deferred = Deferred()
    deferred.cancel()
    assert isinstance(error_of(deferred), CancelledError)
    deferred.errback(Broken())
    with pytest.raises(AlreadyCalledError):
        deferred.errback(Broken())


def test_with_a_canceller_a_late_result_is_an_error():
    deferred = Deferred(lambda _: None)
    deferred.cancel()
    assert isinstance(error_of(deferred), CancelledError)
    with pytest.raises(AlreadyCalledError):
        deferred.callback("late")


def test_cancel_after_the_last_callback_does_nothing():
    deferred = succeed(1)
    deferred.cancel()
    assert deferred.result == 1


def test_cancelling_twice_calls_the_canceller_once():
    cancelled = []
    deferred = Deferred(cancelled.append)
    deferred.cancel()
    deferred.cancel()
    assert isinstance(error_of(deferred), CancelledError)
    assert len(cancelled) == 1


def test_cancel_of_a_waiting_deferred_cancels_what_it_waits_for():
    cancelled = []
    inner = Deferred(cancelled.append)
    outer = succeed(None).addCallback(lambda _: inner)
    outer.cancel()
    assert cancelled == [inner]
    assert isinstance(error_of(outer), CancelledError)


def test_cancel_in_a_callback_of_the_same_deferred_does_nothing():
    deferred = Deferred()
    deferred.addCallback(lambda result: deferred.cancel() or result)
    deferred.callback(1)
    assert deferred.result == 1


# -- timeouts


def test_a_deferred_that_takes_too_long_fails_with_TimeoutError():
    clock = Clock()
    deferred = Deferred()
    assert deferred.addTimeout(3, clock) is deferred
    clock.advance(3)
    error = error_of(deferred)
    assert type(error) is TimeoutError
    assert error.args == (3, "Deferred")


def test_a_result_in_time_stops_the_clock():
    clock = Clock()
    deferred = Deferred().addTimeout(3, clock)
    deferred.callback(1)
    assert deferred.result == 1
    assert clock.calls == []


def test_a_result_by_the_canceller_stands():
    clock = Clock()
    deferred = Deferred(lambda d: d.callback("salvaged")).addTimeout(3, clock)
    clock.advance(4)
    assert deferred.result == "salvaged"


def test_a_failure_by_the_canceller_stands():
    clock = Clock()
    error = Broken()
    deferred = Deferred(lambda d: d.errback(error)).addTimeout(3, clock)
    clock.advance(4)
    assert error_of(deferred) is error


def test_onTimeoutCancel_chooses_the_result():
    clock = Clock()
    seen = []
    deferred = Deferred().addTimeout(3, clock, lambda failure, s: seen.append((failure.type, s)) or "instead")
    clock.advance(4)
    assert deferred.result == "instead"
    assert seen == [(CancelledError, 3)]


def test_a_cancel_before_the_timeout_is_a_CancelledError():
    clock = Clock()
    deferred = Deferred().addTimeout(3, clock)
    deferred.cancel()
    assert isinstance(error_of(deferred), CancelledError)
    assert clock.calls == []


# -- errors that nobody handles


def test_an_unhandled_failure_is_reported_when_the_deferred_goes(promptly):
    deferred = fail(Broken())
    assert promptly == []
    del deferred
    (failure, message, context) = promptly.pop()
    assert failure.type is Broken
    assert message == "Unhandled error in Deferred:"
    assert context == {"debugInfo": ""}


def test_an_exception_in_the_last_callback_is_reported_promptly(promptly):
    Deferred().addCallback(raise_broken).callback(1)
    assert [failure.type for failure, _, _ in promptly] == [Broken]


def test_a_handled_failure_is_not_reported(promptly):
    fail(Broken()).addErrback(lambda _: None)
    deferred = Deferred()
    deferred.addErrback(lambda _: None)
    deferred.errback(Broken())
    del deferred
    gc.collect()
    assert promptly == []


def test_a_failure_that_comes_back_is_reported_once(promptly):
    deferred = fail(Broken())
    for _ in range(3):
        deferred.addErrback(passthru)
    del deferred
    assert len(promptly) == 1


def test_the_report_goes_to_logging_by_default(caplog):
    installed = set_reporter(None)
    try:
        fail(Broken("nobody cares"))
        gc.collect()
    finally:
        set_reporter(installed)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("sennit", "CRITICAL")
    assert "Unhandled error in Deferred:" in record.getMessage()
    assert "nobody cares" in record.getMessage()


def test_a_deferred_is_freed_when_the_last_reference_goes():
    gc.disable()
    try:
        deferred = Deferred()
        deferred.addCallback(raise_broken).addErrback(lambda _: None)
        deferred.callback(1)
        reference = weakref.ref(deferred)
        del deferred
        assert reference() is None
    finally:
        gc.enable()


# -- debugging


def test_setDebugging_and_getDebugging_agree(debugging):
    assert getDebugging() is True
    assert Deferred.debug is True
    setDebugging(False)
    assert getDebugging() is False


def test_in_debug_mode_a_second_firing_says_where_the_first_was(debugging):
    deferred = Deferred()
    deferred.callback(1)
    with pytest.raises(AlreadyCalledError) as caught:
        deferred.callback(2)
    text = str(caught.value)
    assert " C: Deferred was created:\n C:  File " in text
    assert " I: First Invoker was:\n I:  File " in text
    assert "deferred = Deferred()" in text
    assert "deferred.callback(1)" in text
    assert "core/deferred.py" not in text


def test_in_debug_mode_the_report_says_where_the_deferred_was_made(debugging, reports):
    fail(Broken())
    gc.collect()
    ((_, _, context),) = reports
    assert "fail(Broken())" in context["debugInfo"]


def test_in_debug_mode_a_deferred_that_was_made_fired_knows_where(debugging):
    with pytest.raises(AlreadyCalledError, match=r"succeed\(1\)"):
        succeed(1).callback(2)


def test_debug_on_the_class_is_the_same_switch():
    Deferred.debug = True
    try:
        deferred = Deferred()
        deferred.callback(1)
        with pytest.raises(AlreadyCalledError, match="First Invoker"):
            deferred.callback(2)
    finally:
        Deferred.debug = False


# -- looking inside


def test_repr_says_how_things_stand():
    deferred = Deferred()
    assert repr(deferred) == f"<Deferred at {id(deferred):#x}>"
    deferred.callback([1])
    assert repr(deferred) == f"<Deferred at {id(deferred):#x} current result: [1]>"
    inner = Deferred()
    deferred.addCallback(lambda _: inner)
    assert repr(deferred) == f"<Deferred at {id(deferred):#x} waiting on Deferred at {id(inner):#x}>"


def test_callbacks_shows_the_pairs_to_come():
    deferred, other = Deferred(), Deferred()
    deferred.addCallback(len).addErrback(repr, 1).addBoth(str, a=2).chainDeferred(other)
    pairs = deferred.callbacks
    assert pairs[0][0] == (len, (), {})
    assert pairs[1][1] == (repr, (1,), {})
    assert pairs[2] == ((str, (), {"a": 2}), (str, (), {"a": 2}))
    assert pairs[3] == ((other.callback, (), {}), (other.errback, (), {}))
    assert Deferred().callbacks == []


def test_deferreds_take_type_arguments_attributes_and_weak_references():
    assert Deferred[int]
    deferred = Deferred()
    deferred.request = "mine"
    assert deferred.request == "mine"
    assert weakref.ref(deferred)() is deferred
    assert isinstance(deferred, Awaitable)


def test_a_subclass_is_waited_for_like_a_deferred():
    class Special(Deferred):
        pass

    special = Special()
    outer = succeed(None).addCallback(lambda _: special)
    special.callback(1)
    assert outer.result == 1


# -- small functions


def test_maybeDeferred_wraps_values_exceptions_and_deferreds():
    inner = succeed(1)
    assert maybeDeferred(lambda: inner) is inner
    assert maybeDeferred(lambda a, b: a + b, 1, b=2).result == 3
    assert isinstance(error_of(maybeDeferred(raise_broken, None)), Broken)
    error = Broken()
    assert error_of(maybeDeferred(lambda: Failure(error))) is error


def test_maybeDeferred_runs_a_coroutine_but_not_a_generator():
    async def coroutine():
        return 1

    def generator():
        yield 1

    assert maybeDeferred(coroutine).result == 1
    assert next(maybeDeferred(generator).result) == 1


def test_the_failure_of_maybeDeferred_begins_in_what_was_called():
    failures = []
    maybeDeferred(raise_broken, None).addErrback(failures.append)
    assert [frame[0] for frame in failures[0].frames] == ["raise_broken"]


def test_execute_gives_the_result_or_the_exception():
    assert execute(lambda a: a, a=1).result == 1
    assert isinstance(error_of(execute(raise_broken, None)), Broken)


def test_logError_reports_and_passes_on(reports):
    failure = Failure(Broken())
    assert logError(failure) is failure
    assert [reported for reported, _, _ in reports] == [failure]


def test_timeout_fails_a_deferred():
    deferred = Deferred()
    timeout(deferred)
    error = error_of(deferred)
    assert type(error) is TimeoutError
    assert str(error) == "Callback timed out"


def test_the_module_offers_what_it_lists():
    assert all(hasattr(deferred_module, name) for name in deferred_module.__all__)
    assert deferred_module.SUCCESS is True
    assert deferred_module.FAILURE is False


def test_a_canceller_is_let_go_when_there_is_nothing_to_cancel_any_more() -> None:
    class Canceller:
        def __call__(self, deferred: Deferred[Any]) -> None:
            """Do nothing."""

    def fired(result: object, *, chained: bool) -> weakref.ref[Canceller]:
        canceller = Canceller()
        deferred: Deferred[Any] = Deferred(canceller)
        canceller.deferred = deferred  # type: ignore[attr-defined]
        deferred.addErrback(lambda _: None)
        if chained:
            succeed(result).chainDeferred(deferred)
        else:
            deferred.callback(result)
        return weakref.ref(canceller)

    gc.disable()
    try:
        for chained in (False, True):
            assert fired(1, chained=chained)() is None
        assert fired(Failure(ValueError()), chained=False)() is None
    finally:
        gc.enable()


# -- what can be done with any object, compiled or not


class Noted(Deferred):
    def __init__(self, note, canceller=None):
        super().__init__(canceller)
        self.note = note


def test_before_it_fires_there_is_no_result():
    deferred = Deferred()
    assert not hasattr(deferred, "result")
    with pytest.raises(AttributeError, match="Deferred' object has no attribute 'result'"):
        deferred.result
    deferred.callback(None)
    assert deferred.result is None
    deferred.result = 3
    assert deferred.result == 3
    del deferred.result
    assert not hasattr(deferred, "result")


def test_a_copy_has_the_state_and_the_attributes():
    original = Noted("seen")
    original.callback([1])
    shallow, deep = copy.copy(original), copy.deepcopy(original)
    for each in (shallow, deep):
        assert type(each) is Noted
        assert vars(each) == {"note": "seen"}
        assert (each.called, each.result) == (True, [1])
    assert shallow.result is original.result
    assert deep.result is not original.result
    assert not hasattr(copy.copy(Noted("unseen")), "result")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_fired_deferred_can_be_pickled(protocol):
    original = succeed(4)
    original.note = "seen"
    again = pickle.loads(pickle.dumps(original, protocol))
    assert (again.called, again.result, again.note) == (True, 4, "seen")


def test_attributes_outlive_the_deferred_with_whoever_has_them():
    attributes = vars(Noted("seen"))
    assert attributes == {"note": "seen"}


def test_several_deferreds_may_share_their_attributes():
    shared = {}
    one, other = Deferred(), Deferred()
    one.__dict__ = other.__dict__ = shared
    one.note = "seen"
    del one
    assert other.note == "seen"


def test_attributes_can_be_replaced_and_listed_and_are_none_at_first():
    deferred = Deferred()
    assert vars(deferred) == {}
    assert "callback" in dir(deferred)
    deferred.note = 1
    deferred.__dict__ = {"other": 2}
    assert deferred.other == 2
    assert not hasattr(deferred, "note")
    with pytest.raises(TypeError):
        deferred.__dict__ = None
    del deferred.other
    with pytest.raises(AttributeError):
        deferred.other


@pytest.mark.parametrize("kind", [Deferred, Noted])
def test_what_is_reached_through_attributes_is_collected(kind):
    deferred = kind("seen") if kind is Noted else kind()
    deferred.itself = deferred
    gone = weakref.ref(deferred)
    del deferred
    gc.collect()
    assert gone() is None


def test_a_deferred_that_is_made_when_another_has_died_has_nothing_of_it():
    for _ in range(3):
        old = [Deferred(len) for _ in range(200)]
        for deferred in old:
            deferred.note = "seen"
            deferred.pause()
            deferred.addCallback(len)
            deferred.callback("text")
        told = []
        watches = [weakref.ref(deferred, told.append) for deferred in old]
        del old, deferred
        assert len(told) == len(watches) == 200
        new = [Deferred() for _ in range(200)]
        assert {(each.called, each.paused, len(each.callbacks), len(vars(each))) for each in new} == {
            (False, 0, 0, 0)
        }
        assert not any(hasattr(each, "result") for each in new)
        assert gc.is_tracked(new[0])
        del new


def test_classes_may_mix_deferreds_with_others():
    class Other:
        def __init__(self):
            self.note = "other"

    class Slotted(Deferred):
        __slots__ = ("slot",)

    class Both(Noted, Other):
        def __init__(self):
            super().__init__("both")

    both, slotted = Both(), Slotted()
    slotted.slot = slotted.note = 1
    assert vars(both) == {"note": "both"}
    assert vars(slotted) == {"note": 1}
    gone = [weakref.ref(both), weakref.ref(slotted)]
    del both, slotted
    assert [each() for each in gone] == [None, None]


def test_a_finalizer_given_to_all_deferreds_is_called_for_each(monkeypatch):
    seen = []
    with monkeypatch.context() as changes:
        changes.setattr(Deferred, "__del__", lambda self: seen.append(type(self)), raising=False)
        for _ in range(3):
            Deferred()
            Noted("seen")
    assert seen == [Deferred, Noted] * 3
    Deferred()
    assert len(seen) == 6


def test_a_canceller_is_given_by_place_or_by_name():
    asked = []
    for deferred in (Deferred(asked.append), Deferred(canceller=asked.append), Deferred(None)):
        deferred.addErrback(lambda failure: failure.trap(CancelledError))
        deferred.cancel()
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("args", "kwargs"), [((None, None), {}), ((), {"cancel": None}), ((None,), {"canceller": None})]
)
def test_what_a_deferred_does_not_take_is_refused(args, kwargs):
    for _ in range(2):
        with pytest.raises(TypeError):
            Deferred(*args, **kwargs)
        Deferred()


def test_how_deferreds_are_made_can_be_changed_and_changed_back(monkeypatch):
    made = []
    begin = Deferred.__init__

    def note(self, *args):
        made.append(self)
        begin(self, *args)

    first = Deferred()
    with monkeypatch.context() as changes:
        changes.setattr(Deferred, "__init__", note)
        noted = [Deferred(), Deferred(len), Noted("seen")]
    assert made == noted
    again = Deferred()
    assert made == noted
    assert [each.called for each in (first, *noted, again)] == [False] * 5


def test_being_watched_begins_and_ends_with_the_attribute(monkeypatch):
    def sites(deferred):
        deferred.callback(None)
        with pytest.raises(AlreadyCalledError) as raised:
            deferred.callback(None)
        return str(raised.value)

    assert sites(Deferred()) == ""
    with monkeypatch.context() as changes:
        changes.setattr(Deferred, "debug", True)
        assert "test_being_watched" in sites(Deferred())
    assert sites(Deferred()) == ""


def test_signatures_can_be_asked_for():
    assert list(inspect.signature(Deferred).parameters) == ["canceller"]
    assert list(inspect.signature(Noted).parameters) == ["note", "canceller"]
    assert list(inspect.signature(Deferred.addCallbacks).parameters)[:3] == ["self", "callback", "errback"]


def test_a_mock_takes_a_deferred_for_its_specification():
    made = mock.create_autospec(Deferred, instance=True)
    made.addCallback(len)
    made.addCallback.assert_called_once_with(len)
    assert not hasattr(made, "nothing_of_the_kind")


def test_a_subclass_without_a_call_of_init_of_its_base_does_no_harm():
    class Bare(Deferred):
        def __init__(self):
            pass

    try:
        Bare().addCallback(len)
    except AttributeError as error:
        assert "_chain" in str(error)  # noqa: PT017 - only the pure core says so


def test_errback_goes_through_an_overridden_callback():
    class Watched(Deferred):
        def callback(self, result):
            self.seen = result
            super().callback(result)

    deferred = Watched()
    deferred.errback(ValueError("expected"))
    assert deferred.seen.check(ValueError)
    deferred.addErrback(lambda _: None)


def test_an_overridden_await_is_what_awaits():
    class Answering(Deferred):
        def __await__(self):
            return "mine"
            yield

    async def wait(deferred):
        return await deferred

    with pytest.raises(StopIteration) as ended:
        wait(Answering()).send(None)
    assert ended.value.value == "mine"


def test_iterating_over_a_fired_deferred_ends_with_its_result():
    for begin in (iter, Deferred.__await__):
        with pytest.raises(StopIteration) as ended:
            next(begin(succeed((1, 2))))
        assert ended.value.value == (1, 2)
