"""`sennit test`, and its workers, in processes of their own."""

from __future__ import annotations

import sys

import pytest

from sennit.core.failure import Failure
from sennit.trial import SynchronousTestCase
from sennit.trial.parallel.pool import units
from sennit.trial.parallel.wire import keys_of, pack_failure, unpack_failure

SUITE = """
    import os, unittest, warnings
    from sennit.trial import SkipTest, TestCase
    from sennit.core.failure import Failure
    from sennit.log import Logger

    class Outcomes(TestCase):
        def test_error(self): return Failure(KeyError("x")) and self.boom()
        def boom(self): raise KeyError("x")
        def test_fail(self): self.assertEqual(1, 2)
        def test_pass(self): pass
        def test_skip(self): raise SkipTest("why")
        def test_todo(self): self.fail("no")
        test_todo.todo = "later"
        def test_unexpected(self): pass
        test_unexpected.todo = "later"
        def test_warn(self): warnings.warn("hear, hear")

    class Fixed(unittest.TestCase):
        @classmethod
        def setUpClass(cls): cls.where = os.getpid()
        def test_a(self): self.assertEqual(self.where, os.getpid())
        def test_b(self): self.assertEqual(self.where, os.getpid())
"""
ONE = "from sennit.trial import TestCase\nclass A(TestCase):\n def test_x(self): pass"
SUMMARY = "(skips=1, expectedFailures=1, failures=1, errors=1, unexpectedSuccesses=1, successes=4)"


@pytest.mark.parametrize("jobs", [(), ("-j2",)], ids=["one", "two"])
def test_outcomes_are_the_same_in_one_process_and_in_several(write, sennit_test, jobs):
    write("test_suite.py", SUITE)
    status, output = sennit_test("--reporter=bwverbose", *jobs, "test_suite.py")
    assert status == 1
    assert SUMMARY in output
    assert "test_suite.Outcomes.test_pass ... [OK]" in output
    assert "in boom" in output
    assert "builtins.KeyError: 'x'" in output
    assert "UserWarning: hear, hear" in output


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_and_its_test_has_an_error(write, sennit_test):
    write(
        "test_dying.py",
        """
        import os
        from sennit.trial import TestCase
        class A(TestCase):
            def test_a(self): pass
            def test_b(self): os._exit(3)
            def test_c(self): pass
        """,
    )
    status, output = sennit_test("--reporter=bwverbose", "-j1", "test_dying")
    assert status == 1
    assert "test_b ... [ERROR]" in output
    assert "The worker ended" in output
    assert "errors=1, successes=2" in output


def test_what_cannot_be_loaded_is_told_once_by_several_workers(write, sennit_test):
    write("test_fine.py", ONE)
    status, output = sennit_test("-j2", "--reporter=text", "no_such_module", "test_fine")
    assert status == 1
    assert "(errors=1, successes=1)" in output


def test_without_names_the_tests_of_the_project_run(write, sennit_test):
    write("tests/test_fine.py", ONE)
    status, output = sennit_test()
    assert (status, "PASSED (successes=1)" in output) == (0, True), output
    write(
        "elsewhere/test_more.py",
        ONE.replace("test_x", "test_y"),
    )
    write("pyproject.toml", '[tool.sennit]\ntests = ["elsewhere/"]')
    assert "test_y ..." in sennit_test()[1]


def test_orders_can_be_chosen(write, sennit_test):
    write(
        "test_o.py",
        ONE.replace("test_x", "test_b") + "\n def test_a(self): pass",
    )
    _, output = sennit_test("--order=toptobottom", "--reporter=bwverbose", "test_o")
    assert output.index("test_b") < output.index("test_a")
    first = sennit_test("--random=7", "--reporter=bwverbose", "test_o")[1].splitlines()[:4]
    assert first[0] == "Running tests shuffled with seed 7"
    assert sennit_test("-z7", "--reporter=bwverbose", "test_o")[1].splitlines()[:4] == first


def test_coverage_is_written(write, sennit_test, tmp_path):
    write("covered.py", "def called():\n    return 1\n\ndef never():\n    return 2\n")
    write(
        "test_c.py",
        "import covered\n" + ONE.replace("pass", "covered.called()"),
    )
    assert sennit_test("--coverage", "test_c")[0] == 0
    listing = (tmp_path / "_trial_temp" / "coverage" / "covered.cover").read_text(encoding="utf-8")
    assert "    1:     return 1" in listing
    assert ">>>>>>     return 2" in listing


def test_a_module_can_be_kept_from_tests(write, sennit_test):
    write(
        "test_w.py",
        ONE.replace("pass", "import colorsys"),
    )
    assert sennit_test("test_w")[0] == 0
    assert sennit_test("--without-module=colorsys", "test_w")[0] == 1


def test_a_file_may_name_its_tests(write, sennit_test):
    write("thing.py", "# -*- test-case-name: test_thing -*-\n")
    write("test_thing.py", ONE)
    assert "test_x" in sennit_test("--testmodule=thing.py")[1]


def test_the_default_time_limit_can_be_set(write, sennit_test):
    write(
        "test_t.py",
        "from sennit.trial import TestCase\nfrom sennit import Deferred\n"
        "class A(TestCase):\n def test_x(self): return Deferred()",
    )
    assert "still running at 0.05 secs" in sennit_test("--timeout=0.05", "test_t")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-j0",), "greater than zero"),
        (("-jx",), "greater than zero"),
        (("-j2", "--debug"), "--debug when using --jobs"),
        (("--order=x",), "--help-orders"),
        (("--reporter=x",), "--help-reporters"),
        (("--reporter=no.such.reporter",), "--help-reporters"),
        (("--tbformat=x",), "cgitb"),
        (("--nopm",), "--debug"),
        (("-z1", "-o", "alphabetical"), "--random"),
        (("--timeout=0",), "time limit"),
        (("--debug", "--debugger=no.such"), "debugger"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(write, sennit_test, arguments, said):
    write("test_f.py", ONE)
    status, output = sennit_test(*arguments, "test_f")
    assert status == 2
    assert said in output
    assert "Traceback" not in output


def test_help_names_orders_and_reporters(sennit_test):
    assert "toptobottom" in sennit_test("--help-orders")[1]
    assert "bwverbose" in sennit_test("--help-reporters")[1]


def test_a_failure_reads_alike_in_another_process():
    try:
        raise KeyError("x")
    except KeyError:
        failure = Failure()
    copy = unpack_failure(pack_failure(failure))
    assert copy.getTraceback() == failure.getTraceback()
    assert pack_failure(copy) == pack_failure(failure)


class Single(SynchronousTestCase):
    def test_a(self):
        pass

    def test_b(self):
        pass


class Together(Single):
    @classmethod
    def setUpClass(cls):
        pass


def test_tests_with_a_fixture_in_common_are_one_unit(monkeypatch):
    tests = [kind(method) for kind in (Single, Together) for method in ("test_a", "test_b")]
    keys = keys_of(tests)
    table = dict(zip(keys, tests, strict=True))
    assert units(table) == [[keys[0]], [keys[1]], [keys[2], keys[3]]]
    monkeypatch.setattr(sys.modules[__name__], "setUpModule", lambda: None, raising=False)
    assert units(table) == [keys]


def test_tests_of_one_name_have_different_keys():
    tests = [Single("test_a"), Single("test_a")]
    assert [number for _, number in keys_of(tests)] == [1, 2]


LEAVING_A_CHILD = """
    import os, signal, sys
    from sennit import Deferred, current_reactor
    from sennit.protocol import ProcessProtocol
    from sennit.trial import TestCase

    CODE = "import os, time; os.close(1); time.sleep(5)"

    class A(TestCase):
        async def test_leave(self):
            closed = Deferred()
            protocol = ProcessProtocol()
            protocol.outConnectionLost = lambda: closed.callback(None)
            arguments = [sys.executable, "-c", CODE]
            A.child = self._reactor.spawnProcess(protocol, sys.executable, arguments, childFDs={1: "r"})
            await closed

        @classmethod
        def tearDownClass(cls):
            os.kill(cls.child.pid, signal.SIGKILL)
"""


def test_a_child_may_outlive_its_test_only_on_a_reactor_that_tests_share(write, sennit_test):
    write("test_leave.py", LEAVING_A_CHILD)
    status, output = sennit_test("test_leave.py")
    assert status == 1
    assert "Reactor was unclean" in output
    status, output = sennit_test("--drop-in", "test_leave.py")
    assert status == 0, output
