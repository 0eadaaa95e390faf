"""Test cases: fixtures, outcomes, waiting, and what a test must not leave behind."""

from __future__ import annotations

import asyncio
import unittest
import warnings

import pytest

from sennit import Deferred, Factory, current_reactor
from sennit.core.current import set_default_reactor
from sennit.core.deferred import fail, succeed
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.reactor import Reactor
from sennit.threads import deferToThread
from sennit.trial import SkipTest, SynchronousTestCase, TestCase, suppress
from sennit.trial.result import TestResult

pytestmark = pytest.mark.filterwarnings("default")
log = Logger()


def run(kind, method="test"):
    """Run one test of a class; give its result and the case."""
    result = TestResult()
    case = kind(method)
    case.run(result)
    assert result.testsRun == 1
    return result, case


def outcome(result):
    """The outcome in one word, or in several."""
    words = []
    words += ["success"] * result.successes
    for word, things in (
        ("error", result.errors),
        ("failure", result.failures),
        ("skip", result.skips),
        ("todo", result.expectedFailures),
        ("done", result.unexpectedSuccesses),
    ):
        words += [word] * len(things)
    return " ".join(words)


def errors(result):
    return [failure.type for _, failure in result.errors]


both = pytest.mark.parametrize("base", [SynchronousTestCase, TestCase])


@both
def test_clean_ups_run_in_reverse_before_tear_down_and_its_own_after_it(base):
    events = []

    class Case(base):
        def setUp(self):
            events.append("setUp")
            self.addCleanup(events.append, "first")
            self.addCleanup(events.append, "second")

        def test(self):
            events.append("test")

        def tearDown(self):
            events.append("tearDown")
            self.addCleanup(events.append, "last")

    result, _ = run(Case)
    assert outcome(result) == "success"
    assert events == ["setUp", "test", "second", "first", "tearDown", "last"]


@both
def test_a_failing_set_up_leaves_out_the_test_but_not_the_clean_ups(base):
    events = []

    class Case(base):
        def setUp(self):
            self.addCleanup(events.append, "clean")
            raise KeyError("x")

        def test(self):
            events.append("test")

        def tearDown(self):
            events.append("tearDown")

    result, _ = run(Case)
    assert errors(result) == [KeyError]
    assert events == ["clean"]


def test_each_test_has_threads_of_its_own_even_in_a_reactor_that_all_share():
    sizes = []
    shared = Reactor()
    set_default_reactor(lambda: shared)

    class Case(TestCase):
        timeout = 5

        def test_one(self):
            shared.suggestThreadPoolSize(0)

        def test_two(self):
            sizes.append(shared.getThreadPool().max)
            return deferToThread(list)

    try:
        for name in ("test_one", "test_two"):
            assert outcome(run(Case, name)[0]) == "success"
    finally:
        set_default_reactor(None)
        shared.close()
    assert sizes == [10]


@both
def test_every_part_that_fails_is_told(base):
    class Case(base):
        def test(self):
            self.addCleanup(self.raising, IndexError)
            self.addCleanup(self.raising, ValueError)
            self.fail("no")

        def raising(self, kind):
            raise kind

        def tearDown(self):
            raise KeyError

    result, _ = run(Case)
    assert errors(result) == [ValueError, IndexError, KeyError]
    assert outcome(result) == "error error error failure"


@both
def test_a_test_may_be_skipped_from_within_by_either_kind_of_exception(base):
    class Case(base):
        def test(self):
            raise SkipTest("why")

        def test_standard(self):
            raise unittest.SkipTest("why")

        @unittest.skip("why")
        def test_decorated(self):
            raise AssertionError

        def test_attribute(self):
            raise AssertionError

        test_attribute.skip = "why"

    for method in ("test", "test_standard", "test_decorated", "test_attribute"):
        result, case = run(Case, method)
        assert result.skips == [(case, "why")], method
        assert outcome(result) == "skip"


@both
def test_a_todo_makes_failures_expected_and_successes_not(base):
    class Case(base):
        todo = "later"

        def test(self):
            raise KeyError

        def test_passing(self):
            pass

        def test_other(self):
            raise KeyError

        test_other.todo = (ValueError, "only that")

        @unittest.expectedFailure
        def test_decorated(self):
            self.fail("no")

    assert outcome(run(Case)[0]) == "todo"
    assert outcome(run(Case, "test_passing")[0]) == "done"
    assert outcome(run(Case, "test_other")[0]) == "error"
    assert outcome(run(Case, "test_decorated")[0]) == "todo"


@both
def test_a_logged_error_fails_the_test_unless_it_is_flushed(base):
    class Case(base):
        def test(self):
            log.failure("oh", Failure(KeyError("x")))

        def test_flushing(self):
            log.failure("oh", Failure(KeyError("x")))
            log.failure("oh", Failure(ValueError("x")))
            assert [failure.type for failure in self.flushLoggedErrors(KeyError)] == [KeyError]
            assert [failure.type for failure in self.flushLoggedErrors()] == [ValueError]

        def test_unhandled(self):
            fail(IndexError("y"))

    assert errors(run(Case)[0]) == [KeyError]
    assert outcome(run(Case, "test_flushing")[0]) == "success"
    assert errors(run(Case, "test_unhandled")[0]) == [IndexError]


@both
def test_warnings_can_be_flushed_by_the_function_that_they_point_to(base):
    class Case(base):
        def test(self):
            def warn():
                warnings.warn("here", DeprecationWarning, stacklevel=1)

            warn()
            warnings.warn("there", UserWarning, stacklevel=1)
            [taken] = self.flushWarnings([warn])
            assert taken["message"] == "here"
            assert taken["category"] is DeprecationWarning
            assert taken["filename"] == __file__
            assert [each["message"] for each in self.flushWarnings()] == ["there"]
            assert self.flushWarnings() == []

    assert outcome(run(Case)[0]) == "success"


@both
def test_warnings_that_are_not_flushed_are_given_again(base):
    class Case(base):
        def test(self):
            warnings.warn("left", UserWarning, stacklevel=1)

        def test_suppressed(self):
            warnings.warn("left", UserWarning, stacklevel=1)

        test_suppressed.suppress = (suppress(message="left"),)

    with pytest.warns(UserWarning, match="left"):
        result, _ = run(Case)
    assert outcome(result) == "success"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert outcome(run(Case, "test_suppressed")[0]) == "success"
        assert errors(run(Case)[0]) == [UserWarning]


@both
def test_a_patch_lasts_as_long_as_the_test(base):
    class Thing:
        value = 1

    class Case(base):
        def test(self):
            self.patch(Thing, "value", 2)
            self.patch(Thing, "value", 3)
            assert Thing.value == 3

    assert outcome(run(Case)[0]) == "success"
    assert Thing.value == 1


@both
def test_a_generator_is_no_test(base):
    class Case(base):
        def test(self):
            yield

    assert errors(run(Case)[0]) == [TypeError]


@both
def test_a_keyboard_interrupt_stops_the_run(base):
    class Case(base):
        def test(self):
            raise KeyboardInterrupt

    result, _ = run(Case)
    assert errors(result) == [KeyboardInterrupt]
    assert result.shouldStop


def test_a_coroutine_needs_a_test_case_that_waits():
    class Case(SynchronousTestCase):
        async def test(self):
            raise AssertionError

    assert errors(run(Case)[0]) == [TypeError]


def test_all_steps_may_be_coroutines_or_return_deferreds():
    events = []

    def later(event):
        fired = Deferred()
        current_reactor().callLater(0, fired.callback, None)
        return fired.addCallback(lambda _: events.append(event))

    class Case(TestCase):
        async def setUp(self):
            await asyncio.sleep(0)
            events.append("setUp")
            self.addCleanup(later, "clean")
            self.addCleanup(self.clean)

        def test(self):
            return later("test")

        async def tearDown(self):
            await later("tearDown")

        async def clean(self):
            await asyncio.sleep(0)
            events.append("first")

    assert outcome(run(Case)[0]) == "success"
    assert events == ["setUp", "test", "first", "clean", "tearDown"]


def test_each_test_has_a_reactor_of_its_own_which_runs():
    seen = []

    class Case(TestCase):
        def test(self):
            assert current_reactor().running
            assert asyncio.get_running_loop() is current_reactor().loop
            seen.append(current_reactor())

    run(Case)
    run(Case)
    assert len(set(map(id, seen))) == 2
    assert all(reactor._loop is None for reactor in seen)


def test_a_future_may_be_returned():
    class Case(TestCase):
        def test(self):
            return asyncio.ensure_future(asyncio.sleep(0))

        def test_failing(self):
            future = asyncio.get_running_loop().create_future()
            future.set_exception(KeyError("x"))
            return future

    assert outcome(run(Case)[0]) == "success"
    assert errors(run(Case, "test_failing")[0]) == [KeyError]


def test_a_step_that_takes_too_long_is_ended_and_the_others_follow():
    events = []

    class Case(TestCase):
        timeout = 0.01

        async def test(self):
            try:
                await Deferred()
            finally:
                events.append("ended")

        def test_deferred(self):
            waiting = Deferred()
            waiting.addErrback(self.note)
            return waiting

        def test_chained(self):
            return succeed(None).addCallback(lambda _: Deferred())

        def note(self, failure):
            events.append(failure.type)
            return failure

        def tearDown(self):
            events.append("tearDown")

    from sennit.core.deferred import TimeoutError

    for method, before in (("test", "ended"), ("test_deferred", TimeoutError)):
        result, _ = run(Case, method)
        assert errors(result) == [TimeoutError]
        assert "still running at 0.01 secs" in str(result.errors[0][1].value)
        assert events == [before, "tearDown"]
        events.clear()
    assert errors(run(Case, "test_chained")[0]) == [TimeoutError]


def test_the_default_time_limit_is_read_when_it_is_needed(monkeypatch):
    from sennit.core.deferred import TimeoutError
    from sennit.trial import attributes

    class Case(TestCase):
        def test(self):
            return Deferred()

    monkeypatch.setattr(attributes, "DEFAULT_TIMEOUT_DURATION", 0.01)
    assert errors(run(Case)[0]) == [TimeoutError]


def test_a_timed_out_coroutine_is_told_where_it_waited():
    class Case(TestCase):
        timeout = 0.01

        async def test(self):
            await self.never()

        async def never(self):
            await Deferred()

    result, _ = run(Case)
    assert "in never" in result.errors[0][1].getTraceback()


@pytest.mark.parametrize(
    ("leave", "named"),
    [
        (lambda: current_reactor().callLater(1000, print, "late"), "print('late')"),
        (lambda: current_reactor().listenTCP(0, Factory(), interface="127.0.0.1"), "Factory on "),
        (lambda: asyncio.ensure_future(asyncio.sleep(1000), loop=current_reactor().loop), "sleep()"),
    ],
    ids=["call", "port", "task"],
)
def test_what_is_left_in_the_reactor_is_named(leave, named):
    class Case(TestCase):
        def test(self):
            self.kept = leave()

    result, _ = run(Case)
    assert outcome(result) == "error"
    text = str(result.errors[0][1].value)
    assert text.startswith("Reactor was unclean.")
    assert named in text


def test_what_goes_away_by_itself_is_not_left():
    class Case(TestCase):
        async def test(self):
            port = current_reactor().listenTCP(0, Factory(), interface="127.0.0.1")
            port.stopListening()
            current_reactor().callLater(0, lambda: current_reactor().callLater(0, lambda: None))

    assert outcome(run(Case)[0]) == "success"


def test_stopping_the_reactor_ends_only_the_step_that_waits():
    events = []

    class Case(TestCase):
        def test(self):
            current_reactor().callLater(0, current_reactor().stop)
            return Deferred()

        async def tearDown(self):
            await asyncio.sleep(0)
            events.append("tearDown")

    result, _ = run(Case)
    assert [kind.__name__ for kind in errors(result)] == ["ReactorStoppedError"]
    assert events == ["tearDown"]


def test_many_clean_ups_need_no_deep_stack():
    class Case(TestCase):
        def test(self):
            for _ in range(3000):
                self.addCleanup(lambda: None)

    assert outcome(run(Case)[0]) == "success"


def test_assert_failure_wants_one_of_the_exceptions():
    class Case(TestCase):
        async def test(self):
            assert str(await self.assertFailure(fail(KeyError("x")), ValueError, KeyError)) == "'x'"

        def test_none(self):
            return self.assertFailure(succeed(3), KeyError)

        def test_other(self):
            return self.assertFailure(fail(ValueError("x")), KeyError)

    assert outcome(run(Case)[0]) == "success"
    assert outcome(run(Case, "test_none")[0]) == "failure"
    assert outcome(run(Case, "test_other")[0]) == "failure"


def test_a_result_of_the_standard_library_is_told_in_its_own_way():
    class Case(TestCase):
        def test_passing(self):
            pass

        def test_failing(self):
            self.fail("no")

        def test_error(self):
            return fail(KeyError("x"))

        def test_skipped(self):
            raise SkipTest("why")

        def test_todo(self):
            self.fail("no")

        test_todo.todo = "later"

    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Case)
    result = unittest.TestResult()
    suite.run(result)
    assert result.testsRun == 5
    assert "FailTest: no" in result.failures[0][1]
    assert "KeyError: 'x'" in result.errors[0][1]
    assert result.skipped[0][1] == "why"
    assert len(result.expectedFailures) == 1
