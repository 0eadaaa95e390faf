"""The plugin for pytest: tests that wait, in a process of their own."""

from __future__ import annotations

import importlib.metadata
import re

import pytest

INSTALLED = [point for point in importlib.metadata.entry_points(group="pytest11") if point.name == "sennit"]
# Where Sennit is installed, pytest finds the plugin itself, and would not take it twice.
PLUGIN = () if INSTALLED else ("-p", "sennit.trial.pytest_plugin")


@pytest.fixture
def run_pytest(write, sennit_test):
    """Run pytest with the plugin on a file of tests; gives the numbers of outcomes, and the output."""

    def run_pytest(text, *arguments):
        write("test_it.py", text)
        plugin = (*PLUGIN, "-p", "no:cacheprovider", "-q", "-rA")
        _, output = sennit_test(*plugin, *arguments, module="pytest", command=())
        last = [line for line in output.splitlines() if re.search(r" in [\d.]+s", line)][-1]
        return {
            word: int(number) for number, word in re.findall(r"(\d+) (\w+)", last.split(" in ")[0])
        }, output

    return run_pytest


def test_coroutines_run_each_in_a_fresh_reactor(run_pytest):
    outcomes, output = run_pytest(
        """
        import asyncio
        from sennit import Deferred, current_reactor, inlineCallbacks

        seen = []

        async def test_wait(tmp_path):
            fired = Deferred()
            current_reactor().callLater(0, fired.callback, 3)
            await asyncio.sleep(0)
            assert await fired == 3
            assert tmp_path.is_dir()
            seen.append(current_reactor())

        @inlineCallbacks
        def test_yield():
            fired = Deferred()
            current_reactor().callLater(0, fired.callback, 3)
            assert (yield fired) == 3
            seen.append(current_reactor())

        class TestGroup:
            async def test_method(self):
                assert await asyncio.sleep(0, 3) == 3
                seen.append(current_reactor())

        def test_all_different():
            assert len(set(map(id, seen))) == 3

        async def test_fail():
            await asyncio.sleep(0)
            assert seen == 1
        """
    )
    assert outcomes == {"passed": 4, "failed": 1}, output
    assert "assert seen == 1" in output


def test_what_a_coroutine_leaves_makes_it_fail(run_pytest):
    outcomes, output = run_pytest(
        """
        from sennit import current_reactor
        from sennit.core.deferred import fail

        async def test_call():
            current_reactor().callLater(1000, print, "late")

        async def test_logged():
            fail(KeyError("unhandled"))

        async def test_flushed(flush_logged_errors):
            fail(KeyError("unhandled"))
            assert [failure.type for failure in flush_logged_errors(KeyError)] == [KeyError]
        """
    )
    assert outcomes == {"passed": 1, "failed": 2}, output
    assert "print('late')" in output
    assert "KeyError: 'unhandled'" in output


def test_a_fixtures_reactor_is_the_one_that_runs(run_pytest):
    outcomes, output = run_pytest(
        """
        import pytest
        from sennit import Reactor, current_reactor

        @pytest.fixture
        def reactor():
            reactor = Reactor("asyncio")
            yield reactor
            assert not reactor.running
            reactor.close()

        @pytest.fixture
        def through(reactor):
            return reactor

        async def test_direct(reactor):
            assert current_reactor() is reactor

        async def test_indirect(through):
            assert current_reactor() is through
        """
    )
    assert outcomes == {"passed": 2}, output


def test_cases_run_and_have_no_test_that_they_inherit(run_pytest):
    outcomes, output = run_pytest(
        """
        import asyncio
        from pathlib import Path
        from sennit.trial import SkipTest, SynchronousTestCase, TestCase

        class Base(TestCase):
            pass

        class Tests(Base):
            async def test_wait(self):
                await asyncio.sleep(0)

            async def test_fail(self):
                await asyncio.sleep(0)
                self.fail("no")

            def test_file(self):
                assert not Path(self.mktemp()).resolve().is_relative_to(Path.cwd())

            def test_skip(self):
                raise SkipTest("why")

            def test_todo(self):
                self.fail("no")

            test_todo.todo = "later"
        """
    )
    assert outcomes == {"passed": 2, "failed": 1, "skipped": 1, "xfailed": 1}, output


def test_tests_with_another_plugins_marker_are_left_alone(run_pytest):
    outcomes, output = run_pytest(
        """
        import pytest
        from sennit.core.current import _running

        @pytest.mark.anyio
        async def test_marked():
            assert not _running.stack

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
        """,
    )
    assert outcomes == {"passed": 1}, output


def test_examples_of_hypothesis_have_a_reactor_each(run_pytest):
    outcomes, output = run_pytest(
        """
        import asyncio
        from hypothesis import given, settings, strategies
        from sennit import current_reactor

        seen = []

        @settings(max_examples=5, database=None)
        @given(strategies.integers())
        async def test_number(number):
            await asyncio.sleep(0)
            assert current_reactor() not in seen
            seen.append(current_reactor())
        """
    )
    assert outcomes == {"passed": 1}, output


def test_under_the_drop_in_plain_functions_may_return_deferreds(run_pytest, write):
    write("conftest.py", "import sennit.twisted\nsennit.twisted.install()")
    outcomes, output = run_pytest(
        """
        from twisted.internet import defer, reactor
        from twisted.trial import unittest

        def test_deferred():
            fired = defer.Deferred()
            reactor.callLater(0, fired.callback, 3)
            return fired.addCallback(lambda result: None)

        def test_failing():
            fired = defer.Deferred()
            reactor.callLater(0, fired.errback, KeyError("x"))
            return fired

        class Tests(unittest.TestCase):
            def test_global(self):
                fired = defer.Deferred()
                reactor.callLater(0, fired.callback, 3)
                return fired.addCallback(self.assertEqual, 3)

            def test_clean(self):
                self.assertEqual(reactor.getDelayedCalls(), [])
        """
    )
    assert outcomes == {"passed": 3, "failed": 1}, output
    assert "KeyError: 'x'" in output


PYTEST_TWISTED = """
    import pytest

    class PytestTwisted:
        @pytest.hookimpl(tryfirst=False)
        def pytest_pyfunc_call(self, pyfuncitem):
            print("run by the other", pyfuncitem.name)
            return True

    def pytest_configure(config):
        config.pluginmanager.register(PytestTwisted(), "twisted")
"""


def test_what_pytest_twisted_has_marked_is_its_own(write, run_pytest):
    write("conftest.py", PYTEST_TWISTED)
    outcomes, output = run_pytest(
        """
        async def test_theirs(): raise KeyError
        test_theirs._pytest_twisted_mark = "async_test"

        async def test_ours(): pass
        """
    )
    assert outcomes == {"passed": 2}
    assert "run by the other test_theirs" in output
    assert "run by the other test_ours" not in output


def test_under_the_drop_in_pytest_twisted_runs_the_reactor_and_so_all_tests(write, run_pytest):
    write("conftest.py", "    from sennit.twisted import install\n    install()\n" + PYTEST_TWISTED)
    outcomes, output = run_pytest(
        """
        import twisted.internet.reactor as reactor
        def test_plain(): raise KeyError
        """
    )
    assert outcomes == {"passed": 1}
    assert "run by the other test_plain" in output
