"""Assertions: what holds, what does not, and what is said then."""

from __future__ import annotations

import warnings

import pytest

from sennit.core.deferred import Deferred, fail, succeed
from sennit.trial import FailTest, TestCase
from sennit.trial.assertions import Assertions

case = TestCase()


def refused(method, *args, **kwargs):
    """Call an assertion that does not hold; give what it says."""
    with pytest.raises(FailTest) as caught:
        getattr(case, method)(*args, **kwargs)
    return str(caught.value)


@pytest.mark.parametrize(
    ("method", "args", "said"),
    [
        ("assertTrue", (0,), "0 is not true"),
        ("assertFalse", (1,), "1 is not false"),
        ("assertEqual", (1, 2), "1 != 2"),
        ("assertNotEqual", (1, 1), "1 == 1"),
        ("assertIs", (1, 2), "1 is not 2"),
        ("assertIsNot", (None, None), "None is None"),
        ("assertIn", (1, []), "1 not in []"),
        ("assertNotIn", (1, [1]), "1 in [1]"),
        ("assertSubstring", ("a", "b"), "'a' not in 'b'"),
        ("assertNotSubstring", ("a", "a"), "'a' in 'a'"),
        ("assertAlmostEqual", (1, 2), "1 != 2 within 7 places (1 difference)"),
        ("assertNotAlmostEqual", (1, 1), "1 == 1 within 7 places"),
        ("assertApproximates", (1, 2, 0.5), "1 ~== 2"),
        ("assertIsInstance", (1, str), "1 is not an instance of <class 'str'>"),
        ("assertNotIsInstance", (1, int), "1 is an instance of <class 'int'>"),
        ("assertRaises", (ValueError, lambda: 3), "ValueError not raised (3 returned)"),
        ("fail", (), "None"),
    ],
)
def test_what_does_not_hold_is_said(method, args, said):
    assert refused(method, *args) == said


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("assertTrue", ("x",)),
        ("assertFalse", (0,)),
        ("assertEqual", (1, 1.0)),
        ("assertNotEqual", (1, 2)),
        ("assertIs", (None, None)),
        ("assertIsNot", (None, 1)),
        ("assertIn", (1, [1])),
        ("assertNotIn", (1, [])),
        ("assertSubstring", ("a", "ab")),
        ("assertAlmostEqual", (1, 1 + 1e-9)),
        ("assertNotAlmostEqual", (1, 2)),
        ("assertApproximates", (1, 2, 1)),
    ],
)
def test_what_holds_is_returned(method, args):
    assert getattr(case, method)(*args) is args[0]


def test_a_message_replaces_what_is_said_or_follows_it():
    assert refused("assertIn", 1, [], "why") == "why"
    assert refused("assertEqual", 1, 2, "why") == "1 != 2 : why"
    assert refused("assertIsInstance", 1, str, "why") == "1 is not an instance of <class 'str'>: why"


@pytest.mark.parametrize(
    "alias",
    [
        "assert_",
        "assertNot",
        "assertEquals",
        "assertNotEquals",
        "assertIdentical",
        "assertNotIdentical",
        "assertAlmostEquals",
        "assertNotAlmostEquals",
        "failIf",
        "failUnless",
        "failUnlessTrue",
        "failUnlessFalse",
        "failUnlessEqual",
        "failUnlessEquals",
        "failIfEqual",
        "failIfEquals",
        "failUnlessIdentical",
        "failIfIdentical",
        "failUnlessIn",
        "failIfIn",
        "failUnlessSubstring",
        "failIfSubstring",
        "failUnlessRaises",
        "failUnlessWarns",
        "failUnlessApproximates",
        "failUnlessAlmostEqual",
        "failIfAlmostEqual",
        "failIfAlmostEquals",
        "failUnlessIsInstance",
        "failIfIsInstance",
        "failUnlessFailure",
    ],
)
def test_older_names_are_there(alias):
    assert callable(getattr(case, alias))


def test_what_was_raised_can_be_looked_at():
    assert str(case.assertRaises(KeyError, {}.__getitem__, "x")) == "'x'"
    with case.assertRaises((KeyError, ValueError)) as raised:
        int("x")
    assert isinstance(raised.exception, ValueError)


def test_another_exception_is_shown_with_its_traceback():
    said = refused("assertRaises", KeyError, int, "x")
    assert said.startswith("builtins.ValueError raised instead of KeyError:\n Traceback")


def test_a_block_that_raises_nothing_fails():
    with pytest.raises(FailTest, match="KeyError not raised"), case.assertRaises(KeyError):
        pass


def test_an_interrupt_is_never_swallowed():
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        case.assertRaises(KeyError, interrupt)


def warn(message="here", category=DeprecationWarning):
    warnings.warn(message, category, stacklevel=1)
    return 7


def test_a_warning_must_have_its_class_text_and_file():
    assert case.assertWarns(DeprecationWarning, "here", __file__, warn) == 7
    assert refused("assertWarns", DeprecationWarning, "here", __file__, int) == "No warnings emitted"
    assert "'here' != 'there'" in refused("assertWarns", DeprecationWarning, "there", __file__, warn)
    assert refused("assertWarns", UserWarning, "here", __file__, warn).endswith(
        "is not <class 'UserWarning'>"
    )
    assert refused("assertWarns", DeprecationWarning, "here", "x.py", warn).endswith("expected 'x.py'")


def test_warnings_of_several_kinds_are_refused():
    def several():
        warn()
        warn("there")

    assert "different warnings" in refused("assertWarns", DeprecationWarning, "here", __file__, several)


def test_the_standard_librarys_way_to_assert_warnings_works_too():
    with case.assertWarns(DeprecationWarning):
        warn()
    case.assertWarns(DeprecationWarning, warn)


def test_the_result_of_a_deferred_or_a_coroutine_is_given():
    async def coroutine():
        return await succeed(4)

    assert case.successResultOf(succeed(3)) == 3
    assert case.successResultOf(coroutine()) == 4
    assert "found no result" in refused("successResultOf", Deferred())
    assert "found failure result" in refused("successResultOf", fail(KeyError("x")))


def test_the_failure_of_a_deferred_is_given_if_it_is_the_right_one():
    assert case.failureResultOf(fail(KeyError("x")), ValueError, KeyError).type is KeyError
    assert "found no result" in refused("failureResultOf", Deferred())
    assert "found success result (3)" in refused("failureResultOf", succeed(3))
    said = refused("failureResultOf", fail(KeyError("x")), ValueError, IndexError)
    assert said.startswith("Failure of type (builtins.ValueError or builtins.IndexError) expected on")


def test_a_deferred_without_result_keeps_its_result_for_later():
    deferred = Deferred()
    case.assertNoResult(deferred)
    deferred.callback(3)
    assert case.successResultOf(deferred) == 3
    assert "found 3 instead" in refused("assertNoResult", succeed(3))
    assert "KeyError" in refused("assertNoResult", fail(KeyError("x")))


class Version:
    package = "Spam"

    def public(self):
        return "1.2.3"


def test_a_deprecated_call_must_say_since_when_and_what_instead():
    def old():
        warnings.warn(f"{__name__}.{old.__qualname__} was deprecated in Spam 1.2.3", DeprecationWarning, 2)
        return 7

    def replaced():
        warnings.warn(
            f"{__name__}.{replaced.__qualname__} was deprecated in Spam 1.2.3; please use new instead",
            DeprecationWarning,
            2,
        )

    outcomes = []

    class Case(TestCase):
        def test(self):
            outcomes.append(self.callDeprecated(Version(), old))
            self.callDeprecated((Version(), "new"), replaced)
            with pytest.raises(FailTest, match="is not deprecated"):
                self.callDeprecated(Version(), int)
            with pytest.raises(FailTest):
                self.callDeprecated(Version(), replaced)

    from sennit.trial.result import TestResult

    result = TestResult()
    Case("test").run(result)
    assert result.wasSuccessful(), result.errors + result.failures
    assert outcomes == [7]


def test_assertions_are_usable_without_running():
    class Mine(Assertions):
        def runTest(self):
            raise AssertionError

    assert Mine().assertEqual(1, 1) == 1
