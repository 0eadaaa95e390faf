"""The runner, the suites and the reporters: how a run goes, and what is written."""

from __future__ import annotations

import gc
import re
import unittest
import warnings
from pathlib import Path

import pytest

from sennit.core.deferred import fail
from sennit.log import Logger, LogPublisher
from sennit.trial import SkipTest, SynchronousTestCase, TestCase
from sennit.trial.reporters import (
    MinimalReporter,
    TextReporter,
    TimingTextReporter,
    TreeReporter,
    VerboseTextReporter,
)
from sennit.trial.result import TestResult, UncleanWarningsReporterWrapper
from sennit.trial.runner import TrialRunner
from sennit.trial.suite import (
    NOT_IN_TEST,
    DestructiveTestSuite,
    LoggedSuite,
    TestDecorator,
    TestSuite,
    TrialSuite,
    decorate,
    each_test,
)
from sennit.trial.workspace import NoTrialMarker

pytestmark = pytest.mark.filterwarnings("default")


class Mixed(SynchronousTestCase):
    __test__ = False

    def test_error(self):
        raise KeyError("x")

    def test_fail(self):
        self.assertEqual(1, 2)

    def test_pass(self):
        pass

    def test_skip(self):
        raise SkipTest("why")

    def test_todo(self):
        self.fail("no")

    test_todo.todo = "later"

    def test_unexpected(self):
        pass

    test_unexpected.todo = "later"


class Passing(SynchronousTestCase):
    __test__ = False

    def test_pass(self):
        pass


def suite_of(*kinds):
    return TestSuite(
        [test for kind in kinds for test in unittest.defaultTestLoader.loadTestsFromTestCase(kind)]
    )


@pytest.fixture
def runner(stream, tmp_path, monkeypatch):
    """Make a runner that writes to `stream`."""
    monkeypatch.chdir(tmp_path)

    def runner(factory=VerboseTextReporter, **kwargs):
        return TrialRunner(factory, stream=stream, **kwargs)

    return runner


def test_each_outcome_is_written_and_summed_up(runner, stream):
    result = runner().run(suite_of(Mixed))
    assert not result.wasSuccessful()
    written = stream.getvalue()
    for name, word in (
        ("error", "ERROR"),
        ("fail", "FAILURE"),
        ("pass", "OK"),
        ("skip", "SKIPPED"),
        ("todo", "TODO"),
        ("unexpected", "SUCCESS!?!"),
    ):
        assert f"Mixed.test_{name} ... [{word}]\n" in written
    assert re.search(r"\nRan 6 tests in \d\.\d{3}s\n", written)
    assert written.endswith(
        "FAILED (skips=1, expectedFailures=1, failures=1, errors=1, unexpectedSuccesses=1, successes=1)\n"
    )


def test_what_failed_alike_is_told_once(runner, stream):
    class Skipping(SynchronousTestCase):
        skip = "no network"

        def test_a(self):
            pass

        def test_b(self):
            pass

    runner().run(suite_of(Skipping))
    assert stream.getvalue().count("[SKIPPED]\nno network\n\n") == 1


def test_tracebacks_have_only_the_tests_own_frames(runner, stream):
    class Waiting(TestCase):
        async def test_deep(self):
            await self.deeper()

        async def deeper(self):
            await fail(KeyError("x"))

        def test_assert(self):
            self.assertIn(1, [])

    runner().run(suite_of(Waiting))
    files = re.findall(r'File "(.*?)", line \d+, in (\w+)', stream.getvalue())
    assert files == [(__file__, "test_assert"), (__file__, "test_deep"), (__file__, "deeper")]


def test_a_run_without_failures_passes(runner, stream):
    assert runner().run(suite_of(Passing)).wasSuccessful()
    assert stream.getvalue().endswith("PASSED (successes=1)\n")


def test_the_text_reporter_writes_a_character_for_each(runner, stream):
    runner(TextReporter).run(suite_of(Mixed))
    assert stream.getvalue().startswith("EF.ST!\n")


def test_the_minimal_reporter_writes_numbers(runner, stream):
    runner(MinimalReporter).run(suite_of(Mixed))
    assert re.fullmatch(r"[\d.e-]+ 6 6 1 1 1", stream.getvalue().splitlines()[-1])


def test_the_timing_reporter_writes_seconds(runner, stream):
    runner(TimingTextReporter).run(suite_of(Passing))
    assert "[OK]\n(0.0" in stream.getvalue()


def test_the_tree_has_modules_and_classes_once(runner, stream):
    runner(TreeReporter).run(suite_of(Mixed, Passing))
    lines = stream.getvalue().splitlines()
    assert lines[0] == __name__
    assert lines[1] == "  Mixed"
    assert lines[8] == "  Passing"
    assert all(len(line) == 79 and line.endswith("]") for line in lines[2:8])


def test_colour_and_progress_are_for_terminals(runner, stream, monkeypatch):
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    runner(TreeReporter).run(suite_of(Passing))
    assert "\x1b[32;1m[OK]\x1b[0m" in stream.getvalue()
    assert "1/1" in stream.getvalue()


def test_no_colour_is_respected(runner, stream, monkeypatch):
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    runner(TreeReporter).run(suite_of(Passing))
    assert "\x1b" not in stream.getvalue()


def test_tests_run_in_a_directory_of_their_own_with_a_log(runner, tmp_path):
    class Writing(SynchronousTestCase):
        def test_write(self):
            Path("here").touch()
            Logger().info("said")

    runner().run(suite_of(Writing))
    assert (tmp_path / "_trial_temp" / "here").exists()
    log = (tmp_path / "_trial_temp" / "test.log").read_text(encoding="utf-8")
    assert "Writing.test_write <--" in log
    assert "said" in log
    assert Path.cwd() == tmp_path
    runner().run(suite_of(Passing))
    assert not (tmp_path / "_trial_temp" / "here").exists()
    assert not (tmp_path / "_trial_temp.lock").is_symlink()


def test_a_directory_of_somebody_elses_is_left_alone(runner, tmp_path):
    (tmp_path / "_trial_temp").mkdir()
    (tmp_path / "_trial_temp" / "precious").touch()
    with pytest.raises(NoTrialMarker):
        runner().run(suite_of(Passing))
    assert (tmp_path / "_trial_temp" / "precious").exists()


def test_two_runs_at_once_have_two_directories(runner, tmp_path):
    class Nested(SynchronousTestCase):
        def test_run(self):
            runner(workingDirectory=str(tmp_path / "_trial_temp")).run(suite_of(Passing))

    assert runner().run(suite_of(Nested)).wasSuccessful()
    assert (tmp_path / "_trial_temp-1").is_dir()


def test_a_dry_run_runs_nothing(runner):
    result = runner(mode=TrialRunner.DRY_RUN).run(suite_of(Mixed))
    assert result.wasSuccessful()
    assert result.successes == 6


def test_a_run_can_stop_at_the_first_failure(runner):
    result = runner(exitFirst=True).run(suite_of(Mixed))
    assert result.testsRun == 1


def test_a_run_can_be_repeated_until_it_fails(runner, stream):
    class Tiring(SynchronousTestCase):
        left = 3

        def test_go(self):
            type(self).left -= 1
            self.assertTrue(self.left)

    result = runner().runUntilFailure(suite_of(Tiring))
    assert not result.wasSuccessful()
    assert re.findall(r"Test Pass \d", stream.getvalue()) == ["Test Pass 1", "Test Pass 2", "Test Pass 3"]


def test_a_debugger_may_run_the_tests(runner):
    calls = []

    class Debugger:
        def runcall(self, function, *args):
            calls.append(args)
            return function(*args)

    assert runner(mode=TrialRunner.DEBUG, debugger=Debugger()).run(suite_of(Passing)).wasSuccessful()
    assert len(calls) == 1


def test_a_profile_is_written(runner, tmp_path):
    runner(profile=True).run(suite_of(Passing))
    assert (tmp_path / "_trial_temp" / "profile.data").stat().st_size > 0


def test_real_time_errors_are_written_at_once(runner, stream):
    runner(realTimeErrors=True).run(suite_of(Mixed))
    assert "[ERROR]" in stream.getvalue().split("KeyError: 'x'")[1]


def test_what_is_left_in_the_reactor_can_be_a_warning(runner):
    class Leaving(TestCase):
        def test_leave(self):
            self._reactor.callLater(1000, print)

    with warnings.catch_warnings(record=True) as caught:
        result = runner(uncleanWarnings=True).run(suite_of(Leaving))
    assert result.wasSuccessful()
    assert any("Reactor was unclean" in str(each.message) for each in caught)


def test_other_errors_stay_errors():
    result = TestResult()
    UncleanWarningsReporterWrapper(result).addError(Passing("test_pass"), (KeyError, KeyError("x"), None))
    assert len(result.errors) == 1


def test_errors_logged_between_tests_belong_to_none():
    class Logging(SynchronousTestCase):
        @classmethod
        def tearDownClass(cls):
            Logger().failure("oh", unittest_failure())

        def test_pass(self):
            pass

    result = TestResult()
    LoggedSuite([suite_of(Logging)]).run(result)
    [(holder, failure)] = result.errors
    assert holder.id() == NOT_IN_TEST
    assert failure.check(KeyError)


def unittest_failure():
    from sennit.core.failure import Failure

    return Failure(KeyError("between"))


def test_fixtures_of_classes_run_once():
    events = []

    class Fixed(SynchronousTestCase):
        @classmethod
        def setUpClass(cls):
            events.append("up")

        @classmethod
        def tearDownClass(cls):
            events.append("down")

        def test_a(self):
            events.append("a")

        def test_b(self):
            events.append("b")

    TestSuite([suite_of(Fixed)]).run(TestResult())
    DestructiveTestSuite([suite_of(Fixed)]).run(TestResult())
    assert events == ["up", "a", "b", "down"] * 2


def test_a_destructive_suite_lets_go_of_its_tests():
    suite = DestructiveTestSuite(suite_of(Mixed))
    result = TestResult()
    suite.run(result)
    assert result.testsRun == 6
    assert suite.countTestCases() == 0


def test_tests_can_be_decorated_wherever_they_are():
    names = []

    class Noting(TestDecorator):
        def run(self, result):
            names.append(self.id())
            return super().run(result)

    suite = decorate(TestSuite([suite_of(Passing), Passing("test_pass")]), Noting)
    result = TestResult()
    suite.run(result)
    assert len(names) == 2
    assert result.successes == 2
    assert decorate(Passing("test_pass"), Noting).countTestCases() == 1


def test_garbage_can_be_collected_around_each_test(monkeypatch):
    collected = []
    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    TrialSuite([suite_of(Passing)], forceGarbageCollection=True).run(TestResult())
    assert len(collected) == 2


def test_the_standard_librarys_tests_run_as_well():
    class Plain(unittest.TestCase):
        def test_pass(self):
            pass

        def test_fail(self):
            self.fail("no")

        def test_parts(self):
            for number in range(3):
                with self.subTest(number=number):
                    self.assertEqual(number, 1)

        @unittest.skip("why")
        def test_skip(self):
            pass

        @unittest.expectedFailure
        def test_expected(self):
            self.fail("no")

        @unittest.expectedFailure
        def test_unexpected(self):
            pass

    class Asynchronous(unittest.IsolatedAsyncioTestCase):
        async def test_pass(self):
            pass

    result = TestResult()
    suite_of(Plain, Asynchronous).run(result)
    # One release of Python, 3.12.1, does not count a test that is skipped.
    assert result.testsRun in (6, 7)
    assert result.successes == 2
    assert len(result.failures) == 3
    assert [str(test) for test, _ in result.failures if "number" in str(test)]
    assert len(result.skips) == len(result.expectedFailures) == len(result.unexpectedSuccesses) == 1


def test_the_tests_of_a_suite_can_be_listed():
    assert [test.id().rpartition(".")[2] for test in each_test(TestSuite([suite_of(Passing)]))] == [
        "test_pass"
    ]


def test_an_error_that_only_garbage_holds_is_that_tests():
    class Forgetful(TestCase):
        def test_drop(self):
            dropped = fail(KeyError("dropped"))
            dropped.addErrback(lambda failure, cycle=[dropped]: failure)

        def test_next(self):
            pass

    class Plain(unittest.TestCase):
        test_drop = Forgetful.test_drop

    result = TestResult()
    gc.disable()
    try:
        TrialSuite([suite_of(Forgetful, Plain)], forceGarbageCollection=True).run(result)
    finally:
        gc.enable()
    assert [test.id().split(".")[-2:] for test, _ in result.errors] == [
        ["Forgetful", "test_drop"],
        ["Plain", "test_drop"],
    ]


def test_a_decorated_test_is_told_of_as_itself():
    told = []

    class Telling(TestResult):
        def startTest(self, test):
            told.append(test)
            super().startTest(test)

    decorated = TestDecorator(Passing("test_pass"))
    decorated.run(Telling())
    assert told == [decorated]


def test_a_warning_is_written_once_for_each_test_that_gives_it(stream):
    publisher = LogPublisher()
    reporter = VerboseTextReporter(stream, publisher=publisher)
    warning = {"warning": "hear", "category": UserWarning, "filename": "f", "lineno": 1, "line": ""}
    for _ in range(2):
        reporter.startTest(Passing("test_pass"))
        publisher(dict(warning))
        publisher(dict(warning))
    assert stream.getvalue().count("UserWarning: hear") == 2


def test_the_log_may_lie_in_a_new_directory(runner, tmp_path):
    runner(logfile="logs/deep/test.log").run(suite_of(Passing))
    assert (tmp_path / "_trial_temp" / "logs" / "deep" / "test.log").exists()


def test_an_error_must_look_like_one():
    result = TestResult()
    for error in ("text", KeyError("x"), (KeyError, KeyError("x"))):
        with pytest.raises(TypeError, match="An error is a Failure"):
            result.addError(Passing("test_pass"), error)
