"""`sennit test --debug`: the debugger at the beginning, and where tests fail."""

from __future__ import annotations

import pytest

from sennit.core.failure import Failure
from sennit.trial import SynchronousTestCase
from sennit.trial.postmortem import PostMortem
from sennit.trial.result import TestResult

TWO = """
    from sennit.trial import TestCase
    class A(TestCase):
        async def test_a(self):
            marker = "seen " * 2
            self.assertEqual(1, 2)
        def test_b(self):
            marker = "second " * 2
            raise KeyError(marker)
"""


class Failing(SynchronousTestCase):
    __test__ = False

    def test_fail(self):
        number = 6
        self.assertEqual(number, 7)

    def test_error(self):
        number = 8
        raise KeyError(number)


def numbers_at(tb):
    found = []
    while tb is not None:
        found.append(tb.tb_frame.f_locals.get("number"))
        tb = tb.tb_next
    return [number for number in found if number is not None]


@pytest.mark.parametrize(("name", "number"), [("test_fail", 6), ("test_error", 8)])
def test_the_debugger_is_opened_at_what_failed(name, number):
    opened = []
    result = TestResult()

    def inspect(tb):
        # The failure has been told by then.
        opened.append((numbers_at(tb), len(result.failures) + len(result.errors)))
        return True

    Failing(name).run(PostMortem(result, inspect))
    assert opened == [([number], 1)]
    assert not result.shouldStop


def test_leaving_the_debugger_ends_the_run():
    result = TestResult()
    Failing("test_fail").run(PostMortem(result, lambda tb: False))
    assert result.shouldStop


def test_what_failed_without_a_traceback_opens_nothing():
    result = TestResult()
    PostMortem(result, pytest.fail).addError(Failing("test_fail"), Failure(KeyError("never raised")))
    assert len(result.errors) == 1


def test_debug_stops_at_the_beginning_and_where_a_test_fails(write, sennit_test):
    write("test_two.py", TWO)
    status, output = sennit_test("--debug", "test_two", typed="c\np marker\nc\np marker\nc\n")
    assert status == 1
    assert "'seen seen '" in output
    assert "'second second '" in output
    assert "Ran 2 tests" in output


def test_quitting_the_debugger_at_a_failure_runs_no_more_tests(write, sennit_test):
    write("test_two.py", TWO)
    status, output = sennit_test("--debug", "test_two", typed="c\nq\n")
    assert status == 1
    assert "Ran 1 tests" in output


def test_nopm_keeps_the_debugger_away_from_failures(write, sennit_test):
    write("test_two.py", TWO)
    status, output = sennit_test("--debug", "--nopm", "test_two", typed="c\n")
    assert status == 1
    assert output.count("(Pdb)") == 1
    assert "Ran 2 tests" in output
