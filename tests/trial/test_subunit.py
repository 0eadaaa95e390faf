"""`SubunitReporter`: what is written is what the library reads back."""

from __future__ import annotations

import io
import unittest

import pytest

from sennit.core.extras import MissingExtraError
from sennit.trial import SkipTest, SynchronousTestCase
from sennit.trial.reporters import SubunitReporter
from sennit.trial.reporters import subunit as module
from sennit.trial.suite import TestSuite

subunit = pytest.importorskip("subunit", reason='pip install "sennit[subunit]"')


class Mixed(SynchronousTestCase):
    __test__ = False

    def test_error(self):
        raise KeyError("what was missing")

    def test_fail(self):
        self.assertEqual("this", "that")

    def test_pass(self):
        pass

    def test_skip(self):
        raise SkipTest("no network")

    def test_todo(self):
        self.fail("not yet")

    test_todo.todo = "later"

    def test_unexpected(self):
        pass

    test_unexpected.todo = "later"


def run(*names):
    stream = io.BytesIO()
    reporter = SubunitReporter(stream)
    TestSuite([Mixed(name) for name in names]).run(reporter)
    reporter.done()
    return reporter, stream.getvalue()


def read(written):
    result = unittest.TestResult()
    subunit.ProtocolTestCase(io.BytesIO(written), io.BytesIO()).run(result)
    return result


def test_each_outcome_is_read_back_as_itself():
    names = [name for name in dir(Mixed) if name.startswith("test_")]
    reporter, written = run(*names)
    result = read(written)
    assert result.testsRun == len(names)
    [(error, told)] = result.errors
    assert error.id().endswith("Mixed.test_error")
    assert "what was missing" in told
    [(failure, told)] = result.failures
    assert failure.id().endswith("Mixed.test_fail")
    assert "this" in told
    [(skipped, reason)] = result.skipped
    assert skipped.id().endswith("Mixed.test_skip")
    assert reason.strip() == "no network"
    assert [test.id().rpartition(".")[2] for test, _ in result.expectedFailures] == ["test_todo"]
    assert not result.unexpectedSuccesses
    assert not reporter.wasSuccessful()


def test_a_run_of_passing_tests_is_successful():
    reporter, written = run("test_pass", "test_skip", "test_todo", "test_unexpected")
    assert reporter.wasSuccessful()
    assert read(written).wasSuccessful()


@pytest.mark.parametrize("name", ["test_error", "test_fail"])
def test_one_bad_outcome_makes_the_run_unsuccessful(name):
    assert not run(name)[0].wasSuccessful()


def test_the_reporter_can_be_told_to_stop():
    reporter = SubunitReporter(io.BytesIO())
    assert not reporter.shouldStop
    reporter.stop()
    assert reporter.shouldStop
    TestSuite([Mixed("test_pass")]).run(reporter)
    assert reporter._client.testsRun == 0


def test_text_streams_are_written_through_their_bytes():
    stream = io.TextIOWrapper(io.BytesIO())
    Mixed("test_pass").run(SubunitReporter(stream))
    assert read(stream.buffer.getvalue()).testsRun == 1


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(module, "TestProtocolClient", None)
    with pytest.raises(MissingExtraError, match=r"sennit\[subunit\]"):
        SubunitReporter(io.BytesIO())


def test_the_command_writes_it(write, sennit_test):
    write("test_one.py", "import unittest\nclass A(unittest.TestCase):\n def test_x(self): pass\n")
    status, output = sennit_test("--reporter=subunit", "test_one")
    assert status == 0
    assert "test: test_one.A.test_x" in output
    assert "successful: test_one.A.test_x" in output
