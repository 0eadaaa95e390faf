from __future__ import annotations

import contextvars
import gc
import types
import weakref
from unittest import mock

import pytest

from sennit.core.coroutine import ensureDeferred, inlineCallbacks, returnValue
from sennit.core.deferred import CancelledError, Deferred, NotACoroutineError, fail, succeed
from sennit.core.failure import Failure


class Broken(Exception):
    """What goes wrong in these tests."""


def error_of(deferred):
    failures = []
    deferred.addErrback(failures.append)
    assert len(failures) == 1
    return failures[0].value


async def wait_for(awaitable):
    return await awaitable


def start(awaitable):
    """Wait for `awaitable` in a coroutine."""
    return ensureDeferred(wait_for(awaitable))


@inlineCallbacks
def start_generator(awaitable):
    result = yield awaitable
    return result


both = pytest.mark.parametrize("wait", [start, start_generator], ids=["coroutine", "generator"])


# -- both kinds


@both
def test_the_result_of_a_fired_deferred_is_there_at_once(wait):
    assert wait(succeed(1)).result == 1


@both
def test_the_wait_ends_when_the_deferred_fires(wait):
    deferred = Deferred()
    outcome = wait(deferred)
    assert not outcome.called
    deferred.callback(1)
    assert outcome.result == 1
    assert deferred.result is None


@both
@pytest.mark.parametrize("fired", [True, False])
def test_a_failure_is_raised_and_is_the_same_exception(wait, fired):
    error = Broken()
    deferred = Deferred()
    if fired:
        deferred.errback(error)
    outcome = wait(deferred)
    if not fired:
        deferred.errback(error)
    assert error_of(outcome) is error


@both
def test_a_failure_that_was_waited_for_is_not_reported(wait, reports):
    deferred = fail(Broken())
    error_of(wait(deferred))
    del deferred
    gc.collect()
    assert reports == []


@both
def test_a_deferred_that_waits_for_another_is_waited_for(wait):
    inner = Deferred()
    outcome = wait(succeed(None).addCallback(lambda _: inner))
    assert not outcome.called
    inner.callback(1)
    assert outcome.result == 1


@both
def test_callbacks_after_the_wait_are_given_none(wait):
    seen = []
    deferred = Deferred()
    deferred.addCallback(lambda n: n + 1)
    outcome = wait(deferred)
    deferred.addCallback(seen.append)
    deferred.callback(1)
    assert outcome.result == 2
    assert seen == [None]


@both
def test_two_can_wait_for_one_deferred(wait):
    deferred = Deferred()
    first, second = wait(deferred), wait(deferred)
    deferred.callback(1)
    assert (first.result, second.result) == (1, None)


@both
def test_an_unhandled_exception_is_reported_promptly(wait, promptly):
    deferred = Deferred()
    wait(deferred)
    deferred.errback(Broken())
    del deferred
    assert [failure.type for failure, _, _ in promptly] == [Broken]


@both
def test_cancelling_cancels_what_is_waited_for(wait):
    cancelled = []
    deferred = Deferred(cancelled.append)
    outcome = wait(deferred)
    outcome.cancel()
    assert cancelled == [deferred]
    assert type(error_of(outcome)) is CancelledError


@both
def test_cancelling_with_a_canceller_that_gives_a_result_goes_on_with_it(wait):
    outcome = wait(Deferred(lambda d: d.callback("salvaged")))
    outcome.cancel()
    assert outcome.result == "salvaged"


@both
def test_cancelling_a_finished_one_does_nothing(wait):
    outcome = wait(succeed(1))
    outcome.cancel()
    assert outcome.result == 1


@both
def test_cancelling_passes_through_many_levels(wait):
    cancelled = []
    deferred = Deferred(cancelled.append)
    outcome = deferred
    for _ in range(5):
        outcome = wait(outcome)
    outcome.cancel()
    assert cancelled == [deferred]
    assert type(error_of(outcome)) is CancelledError


@both
def test_a_finished_one_is_freed_without_the_cycle_collector(wait):
    gc.disable()
    try:
        deferred = Deferred()
        outcome = wait(deferred)
        deferred.callback(1)
        references = [weakref.ref(deferred), weakref.ref(outcome)]
        del deferred, outcome
        assert [reference() for reference in references] == [None, None]
    finally:
        gc.enable()


@both
def test_a_hundred_thousand_that_wait_for_each_other_end_without_recursion(wait):
    deferred = Deferred()
    outcome = deferred
    for _ in range(100_000):
        outcome = wait(outcome)
    deferred.callback(1)
    assert outcome.result == 1


@both
def test_a_hundred_thousand_that_wait_for_each_other_fail_without_recursion(wait):
    deferred = Deferred()
    outcome = deferred
    for _ in range(10_000):
        outcome = wait(outcome)
    error = Broken()
    deferred.errback(error)
    assert error_of(outcome) is error


# -- coroutines


def test_a_coroutine_runs_at_once_until_it_has_to_wait():
    steps = []

    async def coroutine():
        steps.append("started")
        await deferred
        steps.append("went on")
        return "result"

    deferred = Deferred()
    outcome = ensureDeferred(coroutine())
    assert steps == ["started"]
    deferred.callback(None)
    assert steps == ["started", "went on"]
    assert outcome.result == "result"


def test_a_long_loop_of_fired_deferreds_needs_no_recursion():
    async def coroutine():
        return sum([await succeed(1) for _ in range(100_000)])

    assert ensureDeferred(coroutine()).result == 100_000


def test_awaiting_a_fired_deferred_leaves_its_result():
    deferred = succeed(1)

    async def coroutine():
        return await deferred, await deferred

    assert ensureDeferred(coroutine()).result == (1, 1)
    assert deferred.result == 1


def test_awaiting_a_pending_deferred_twice_gives_none_the_second_time():
    deferred = Deferred()

    async def coroutine():
        return await deferred, await deferred

    outcome = ensureDeferred(coroutine())
    deferred.callback(1)
    assert outcome.result == (1, None)


def test_an_exception_in_a_coroutine_is_its_deferreds_failure():
    error = Broken()

    async def coroutine():
        raise error

    assert error_of(ensureDeferred(coroutine())) is error


def test_the_traceback_has_the_users_frames_alone():
    async def outer():
        await inner()

    async def inner():
        await deferred
        raise Broken

    deferred = Deferred()
    failures = []
    ensureDeferred(outer()).addErrback(failures.append)
    deferred.callback(None)
    assert [frame[0] for frame in failures[0].frames] == ["outer", "inner"]


def test_the_traceback_of_an_awaited_failure_goes_down_to_where_it_was_raised():
    def broken_callback(_):
        raise Broken

    async def coroutine():
        await deferred

    deferred = Deferred().addCallback(broken_callback)
    failures = []
    ensureDeferred(coroutine()).addErrback(failures.append)
    deferred.callback(None)
    names = [frame[0] for frame in failures[0].frames]
    assert names[0] == "coroutine"
    assert names[-1] == "broken_callback"


def test_ensureDeferred_returns_a_deferred_as_it_is():
    deferred = Deferred()
    assert ensureDeferred(deferred) is deferred


def test_ensureDeferred_takes_a_generator_too():
    def generator():
        result = yield succeed(1)
        return result + 1

    assert ensureDeferred(generator()).result == 2


def test_only_coroutines_can_be_driven():
    with pytest.raises(NotACoroutineError, match="3 is not a coroutine or a Deferred"):
        ensureDeferred(3)
    with pytest.raises(NotACoroutineError, match="3 is not a coroutine"):
        Deferred.fromCoroutine(3)
    assert issubclass(NotACoroutineError, TypeError)


def test_fromCoroutine_runs_a_coroutine():
    assert Deferred.fromCoroutine(wait_for(succeed(1))).result == 1


def test_what_a_low_level_coroutine_yields_is_given_back():
    @types.coroutine
    def give_back(value):
        return (yield value)

    async def coroutine():
        return await give_back(1), await give_back("two"), await give_back(succeed(3))

    assert ensureDeferred(coroutine()).result == (1, "two", 3)


def test_a_coroutine_may_catch_the_cancel_and_go_on():
    first, second = Deferred(), Deferred()

    async def coroutine():
        try:
            await first
        except CancelledError:
            return await second

    outcome = ensureDeferred(coroutine())
    outcome.cancel()
    assert not second.called
    second.callback("still here")
    assert outcome.result == "still here"


def test_a_coroutine_that_goes_on_can_be_cancelled_again():
    first, second = Deferred(), Deferred()

    async def coroutine():
        try:
            await first
        except CancelledError:
            await second

    outcome = ensureDeferred(coroutine())
    outcome.cancel()
    outcome.cancel()
    assert type(error_of(outcome)) is CancelledError


def test_a_coroutine_runs_in_a_copy_of_the_context_that_started_it():
    variable = contextvars.ContextVar("variable", default="unset")
    seen = []
    deferred = Deferred()

    async def coroutine():
        seen.append(variable.get())
        variable.set("of the coroutine")
        await deferred
        seen.append(variable.get())

    def starter():
        variable.set("of the starter")
        ensureDeferred(coroutine())
        seen.append(variable.get())

    def firer():
        variable.set("of the firer")
        deferred.callback(None)
        seen.append(variable.get())

    contextvars.copy_context().run(starter)
    contextvars.copy_context().run(firer)
    assert seen == ["of the starter", "of the starter", "of the coroutine", "of the firer"]


def test_callbacks_run_in_the_context_that_fires():
    variable = contextvars.ContextVar("variable", default="unset")
    seen = []
    deferred = Deferred()

    def add():
        variable.set("of the adder")
        deferred.addCallback(lambda _: seen.append(variable.get()))

    def fire():
        variable.set("of the firer")
        deferred.callback(None)

    contextvars.copy_context().run(add)
    contextvars.copy_context().run(fire)
    assert seen == ["of the firer"]


def test_awaiting_in_the_context_of_the_coroutine_itself_is_no_obstacle():
    """A coroutine may be gone on with by code that runs in a context of its own making."""
    deferred = Deferred()

    async def inner():
        await deferred
        return contextvars.copy_context()

    async def outer():
        return await ensureDeferred(inner())

    outcome = ensureDeferred(outer())
    contextvars.copy_context().run(deferred.callback, None)
    assert isinstance(outcome.result, contextvars.Context)


# -- generators


def test_a_generator_is_given_back_plain_values():
    @inlineCallbacks
    def generator():
        return [(yield 1), (yield None), (yield "three")]

    assert generator().result == [1, None, "three"]


def test_a_generator_can_wait_for_coroutines_and_generators():
    def inner():
        result = yield succeed(2)
        return result

    @inlineCallbacks
    def generator():
        return [(yield wait_for(succeed(1))), (yield inner())]

    assert generator().result == [1, 2]


def test_a_generator_takes_the_result_of_what_it_waits_for():
    deferred = succeed(1)
    assert start_generator(deferred).result == 1
    assert deferred.result is None


def test_a_generator_yielding_a_deferred_that_succeeded_with_a_failure_gets_the_exception():
    error = Broken()
    assert error_of(start_generator(succeed(Failure(error)))) is error


def test_arguments_are_the_generators():
    @inlineCallbacks
    def generator(a, *, b):
        """Docs."""
        yield
        return a + b

    assert generator(1, b=2).result == 3
    assert generator.__name__ == "generator"
    assert generator.__doc__ == "Docs."
    assert generator.__wrapped__


def test_a_method_can_be_a_generator():
    class Thing:
        @inlineCallbacks
        def method(self):
            result = yield succeed(self)
            return result

    thing = Thing()
    assert thing.method().result is thing


def test_returnValue_ends_a_generator():
    @inlineCallbacks
    def generator():
        yield succeed(1)
        returnValue("value")

    assert generator().result == "value"


def test_what_is_no_generator_is_refused():
    @inlineCallbacks
    def value():
        return 3

    @inlineCallbacks
    def by_return_value():
        returnValue(3)

    with pytest.raises(TypeError, match=r"is for generator functions, and .* returned 3"):
        value()
    with pytest.raises(TypeError, match="is none: it called returnValue"):
        by_return_value()


def test_an_exception_before_the_generator_exists_is_raised():
    @inlineCallbacks
    def function():
        raise Broken

    with pytest.raises(Broken):
        function()


def test_a_long_loop_of_yields_needs_no_recursion():
    @inlineCallbacks
    def generator():
        total = 0
        for _ in range(100_000):
            total += yield succeed(1)
        return total

    assert generator().result == 100_000


def test_generators_that_call_each_other_deeply_on_fired_deferreds_work():
    @inlineCallbacks
    def generator(depth):
        if depth:
            return (yield generator(depth - 1)) + 1
        yield succeed(None)
        return 0

    assert generator(100).result == 100


def test_the_traceback_through_generators_has_the_users_frames_alone():
    @inlineCallbacks
    def outer():
        yield inner()

    @inlineCallbacks
    def inner():
        yield succeed(None)
        raise Broken

    failures = []
    outer().addErrback(failures.append)
    assert [frame[0] for frame in failures[0].frames] == ["outer", "inner"]


def test_a_generator_may_catch_the_cancel_and_return():
    @inlineCallbacks
    def generator():
        try:
            yield Deferred()
        except CancelledError:
            return "cleaned up"

    outcome = generator()
    outcome.cancel()
    assert outcome.result == "cleaned up"


def test_a_generator_runs_in_a_copy_of_the_context_that_started_it():
    variable = contextvars.ContextVar("variable", default="unset")
    deferred = Deferred()

    @inlineCallbacks
    def generator():
        variable.set("of the generator")
        yield deferred
        return variable.get()

    outcome = generator()
    deferred.callback(None)
    assert outcome.result == "of the generator"
    assert variable.get() == "unset"


def test_a_generator_may_wait_for_steps_of_an_asynchronous_generator():
    fired = Deferred()

    async def numbers():
        yield await fired
        yield 2

    @inlineCallbacks
    def collect():
        source = numbers()
        got = [(yield source.__anext__()), (yield source.asend(None))]
        with pytest.raises(StopAsyncIteration):
            yield source.__anext__()
        yield source.aclose()
        return got

    results = []
    collect().addCallback(results.append)
    assert results == []
    fired.callback(1)
    assert results == [[1, 2]]


def test_what_can_be_awaited_but_is_no_coroutine_is_given_back():
    class Awaitable:
        def __await__(self):
            yield

    @inlineCallbacks
    def give():
        return (yield thing)

    thing = Awaitable()
    results = []
    give().addCallback(results.append)
    assert results == [thing]


@pytest.mark.parametrize("make", [mock.Mock, mock.MagicMock, mock.AsyncMock])
def test_a_mock_that_a_generator_yields_is_a_value_as_any(make):
    value = make()

    @inlineCallbacks
    def steps():
        return (yield value)

    fired = []
    steps().addCallback(fired.append)
    assert len(fired) == 1
    assert fired[0] is value
