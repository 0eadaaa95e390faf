from __future__ import annotations

import copy
import gc
import io
import pickle
import traceback
import weakref

import pytest

from sennit.core import failure as failure_module
from sennit.core.failure import (
    EXCEPTION_CAUGHT_HERE,
    DefaultException,
    Failure,
    NoCurrentExceptionError,
    format_frames,
    startDebugMode,
)


class Broken(Exception):
    """What goes wrong in these tests."""


class Unspeakable(Exception):
    """An exception without a text."""

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


def raise_broken():
    local = "value"
    raise Broken(f"on purpose {local}"[:10])


def caught(**arguments):
    try:
        raise_broken()
    except Broken:
        return Failure(**arguments)


HERE = __file__
CALL = caught.__code__.co_firstlineno + 2
RAISE = raise_broken.__code__.co_firstlineno + 2


def written(method, *args, **kwargs):
    file = io.StringIO()
    method(file, *args, **kwargs)
    return file.getvalue()


def test_in_an_except_block_it_takes_the_current_exception():
    failure = caught()
    assert failure.type is Broken
    assert isinstance(failure.value, Broken)
    assert failure.tb is failure.value.__traceback__ is failure.getTracebackObject()


def test_elsewhere_it_needs_an_exception():
    with pytest.raises(NoCurrentExceptionError):
        Failure()


def test_an_exception_that_was_never_raised_has_no_traceback():
    error = Broken("x")
    failure = Failure(error)
    assert (failure.value, failure.type, failure.tb) == (error, Broken, None)
    assert failure.getTracebackObject() is None
    assert failure.frames == []


def test_type_and_traceback_can_be_given():
    tb = caught().tb
    failure = Failure("text", TypeError, tb)
    assert (failure.value, failure.type, failure.tb) == ("text", TypeError, tb)


def test_a_failure_of_a_failure_is_the_same_inside():
    first = caught(captureVars=True)
    second = Failure(first)
    assert (second.value, second.type, second.tb) == (first.value, first.type, first.tb)
    assert second.captureVars
    try:
        raise first
    except Failure:
        third = Failure()
    assert third.value is first.value


def test_frames_go_from_the_catch_to_the_raise():
    assert caught().frames == [
        ("caught", HERE, CALL, (), ()),
        ("raise_broken", HERE, RAISE, (), ()),
    ]


def test_the_frames_above_the_catch_are_asked_for_with_a_warning_and_are_none():
    failure = caught()
    with pytest.warns(DeprecationWarning, match=r"Failure\.stack was deprecated"):
        assert failure.stack == []
    with pytest.warns(DeprecationWarning, match=r"Failure\.stack was deprecated"):
        failure.stack = []


def test_remembered_frames_look_like_a_traceback_to_those_who_look():
    failure = caught()
    failure.cleanFailure()
    tb = failure.getTracebackObject()
    assert [entry.name for entry in traceback.extract_tb(tb)] == ["caught", "raise_broken"]
    inner = tb.tb_next
    assert inner.tb_frame.f_back is tb.tb_frame
    assert tb.tb_frame.f_back is None
    assert inner.tb_frame.f_code.co_argcount == 0
    assert [entry.name for entry in traceback.extract_stack(inner.tb_frame)] == ["caught", "raise_broken"]


def test_variables_are_captured_on_demand():
    name, _, _, local_vars, global_vars = caught(captureVars=True).frames[-1]
    assert name == "raise_broken"
    assert list(local_vars) == [("local", "value")]
    assert dict(global_vars)["HERE"] == HERE
    assert "__builtins__" not in dict(global_vars)


def test_parents_are_the_qualified_names_of_the_bases():
    assert Failure(KeyError()).parents == [
        "builtins.KeyError",
        "builtins.LookupError",
        "builtins.Exception",
        "builtins.BaseException",
        "builtins.object",
    ]


def test_check_finds_a_class_or_a_qualified_name():
    failure = Failure(KeyError("k"))
    assert failure.check(KeyError) is KeyError
    assert failure.check(ValueError, LookupError) is LookupError
    assert failure.check("builtins.LookupError") == "builtins.LookupError"
    assert failure.check("LookupError") is None
    assert failure.check(ValueError) is None
    assert failure.check() is None


def test_check_works_on_names_where_the_class_is_not_here():
    failure = Failure(Broken())
    failure.type = "elsewhere.Exception"
    failure.parents = ["elsewhere.Exception", "builtins.ValueError"]
    assert failure.check(ValueError) is ValueError
    assert failure.check("elsewhere.Exception") == "elsewhere.Exception"
    assert failure.check(KeyError) is None


def test_trap_returns_what_fits_and_raises_the_exception_otherwise():
    failure = caught()
    assert failure.trap(ValueError, Broken) is Broken
    with pytest.raises(Broken) as info:
        failure.trap(ValueError)
    assert info.value is failure.value


def test_raiseException_raises_it_with_its_traceback():
    failure = caught()
    with pytest.raises(Broken) as info:
        failure.raiseException()
    assert info.value is failure.value
    assert [frame.name for frame in traceback.extract_tb(info.value.__traceback__)][-1] == "raise_broken"


def test_raising_it_twice_does_not_pile_up_frames():
    failure = caught()
    lengths = []
    for _ in range(3):
        with pytest.raises(Broken) as info:
            failure.raiseException()
        lengths.append(len(traceback.extract_tb(info.value.__traceback__)))
    assert len(set(lengths)) == 1


def test_a_failure_of_no_exception_is_raised_itself():
    failure = Failure("text")
    with pytest.raises(Failure) as info:
        failure.raiseException()
    assert info.value is failure


def test_throwExceptionIntoGenerator_raises_it_at_the_yield():
    seen = []

    def generator():
        try:
            yield 1
        except Broken as error:
            seen.append(error)
            yield 2

    running = generator()
    next(running)
    failure = caught()
    assert failure.throwExceptionIntoGenerator(running) == 2
    assert seen == [failure.value]


def test_getErrorMessage_is_the_exceptions_text():
    assert caught().getErrorMessage() == "on purpose"
    assert Failure(Failure(Broken("x"))).getErrorMessage() == "x"
    assert "Unspeakable instance at" in Failure(Unspeakable()).getErrorMessage()
    assert "RuntimeError: no text" in Failure(Unspeakable()).getErrorMessage()


def test_the_traceback_reads_like_pythons():
    assert caught().getTraceback() == (
        "Traceback (most recent call last):\n"
        f'  File "{HERE}", line {CALL}, in caught\n'
        "    raise_broken()\n"
        f'  File "{HERE}", line {RAISE}, in raise_broken\n'
        '    raise Broken(f"on purpose {local}"[:10])\n'
        f"{__name__}.Broken: on purpose\n"
    )


def test_the_brief_traceback_has_a_line_a_frame():
    failure = caught()
    expected = f"Traceback: {Broken}: on purpose\n{HERE}:{CALL}:caught\n{HERE}:{RAISE}:raise_broken\n"
    assert failure.getBriefTraceback() == expected
    assert failure.getTraceback(detail="brief") == expected
    assert written(failure.printBriefTraceback) == expected
    assert str(failure) == f"[Failure instance: {expected}]"


def test_without_frames_the_texts_say_so():
    failure = Failure(Broken("x"))
    assert failure.getTraceback() == f"Traceback (most recent call last):\nFailure: {__name__}.Broken: x\n"
    assert failure.getBriefTraceback() == f"Traceback (failure with no frames): {Broken}: x\n"


def test_the_verbose_traceback_says_that_variables_were_not_captured():
    failure = caught()
    assert failure.getTraceback(detail="verbose") == (
        f"*--- Failure #{failure.count} ---\n"
        f"{HERE}:{CALL}: caught(...)\n"
        f"{HERE}:{RAISE}: raise_broken(...)\n"
        " [Capture of Locals and Globals disabled (use captureVars=True)]\n"
        f"{__name__}.Broken: on purpose\n"
        f"*--- End of Failure #{failure.count} ---\n"
    )


def test_the_verbose_traceback_shows_captured_variables():
    text = written(caught(captureVars=True).printDetailedTraceback)
    assert f"{HERE}:{RAISE}: raise_broken(...)\n [ Locals ]\n  local : 'value'\n ( Globals )\n" in text
    assert f"  HERE : {HERE!r}\n" in text


def test_a_pickled_failure_shows_the_variables_it_had():
    text = pickle.loads(pickle.dumps(caught(captureVars=True))).getTraceback(detail="verbose")
    assert " (pickled) ---\n" in text
    assert "  local : 'value'\n" in text


def test_printTraceback_writes_to_standard_error_by_default(capsys):
    failure = caught()
    failure.printTraceback()
    assert capsys.readouterr().err == failure.getTraceback()
    assert written(failure.printTraceback, detail="verbose") == failure.getTraceback(detail="verbose")


def test_an_unknown_detail_is_refused():
    with pytest.raises(ValueError, match="Detail must be"):
        caught().getTraceback(detail="poetic")


def test_format_frames_takes_plain_tuples():
    lines = []
    format_frames([("f", "no such file", 3, [("l", 1)], [("g", 2)])], lines.append, "verbose")
    expected = "no such file:3: f(...)\n [ Locals ]\n  l : 1\n ( Globals )\n  g : 2\n"
    assert "".join(lines) == expected


def test_repr_names_the_exception():
    assert repr(caught()) == f"<sennit.core.failure.Failure {__name__}.Broken: on purpose>"


def test_cleanFailure_lets_go_of_the_traceback_and_remembers_the_frames():
    failure = caught()
    before = failure.getTraceback()
    failure.cleanFailure()
    assert failure.tb is None
    assert failure.value.__traceback__ is None
    assert failure.getTraceback() == before
    failure.cleanFailure()
    assert failure.getTraceback() == before


def test_remembered_frames_make_a_traceback_to_look_at():
    failure = caught()
    failure.cleanFailure()
    tb = failure.getTracebackObject()
    assert [(frame.name, frame.lineno) for frame in traceback.extract_tb(tb)] == [
        ("caught", CALL),
        ("raise_broken", RAISE),
    ]


@pytest.mark.parametrize("duplicate", [lambda f: pickle.loads(pickle.dumps(f)), copy.copy, copy.deepcopy])
def test_it_can_be_pickled_and_copied(duplicate):
    failure = caught()
    twin = duplicate(failure)
    assert type(twin) is Failure
    assert (twin.type, twin.value.args, twin.tb) == (Broken, ("on purpose",), None)
    assert twin.getTraceback() == failure.getTraceback()
    assert twin.parents == failure.parents
    assert twin.frames == failure.frames
    assert twin.pickled
    assert not failure.pickled


def test_a_subclass_with_state_can_be_pickled():
    failure = Special(Broken("x"))
    failure.extra = 1
    twin = pickle.loads(pickle.dumps(failure))
    assert type(twin) is Special
    assert twin.extra == 1


class Special(Failure):
    pass


def test_its_state_has_the_parts_that_users_of_getstate_expect():
    state = caught().__getstate__()
    assert set(state) == {
        "captureVars", "count", "frames", "parents", "pickled", "stack", "tb", "type", "value"
    }  # fmt: skip


def test_each_has_its_own_number():
    first, second = Failure(Broken()), Failure(Broken())
    assert first.count != second.count
    assert first.count == first.count
    assert failure_module.count >= max(first.count, second.count)


def test_it_can_be_raised_and_compared_by_identity():
    failure = caught()
    assert isinstance(failure, BaseException)
    with pytest.raises(Failure) as info:
        raise failure
    assert info.value is failure
    assert failure != Failure(failure)
    assert hash(failure) == hash(failure)


def test_it_makes_no_reference_cycle():
    gc.disable()
    try:
        failure = Failure(Broken())
        reference = weakref.ref(failure.value)
        del failure
        assert reference() is None
    finally:
        gc.enable()


def test_the_debugger_is_opened_on_request(monkeypatch):
    opened = []
    monkeypatch.setattr("pdb.post_mortem", opened.append)
    monkeypatch.setattr(failure_module, "_on_creation", None)
    startDebugMode()
    failure = caught()
    assert opened == [failure.tb]


def test_the_names_that_programs_import_are_there():
    assert issubclass(DefaultException, Exception)
    assert EXCEPTION_CAUGHT_HERE == "--- <exception caught here> ---"
    assert all(hasattr(failure_module, name) for name in failure_module.__all__)


def test_a_class_that_cannot_be_shown_does_not_keep_the_traceback_from_being_had() -> None:
    class Meta(type):
        def __str__(cls) -> str:
            raise ValueError("no text")

    class Evil(Exception, metaclass=Meta):
        """An exception whose class has no text."""

    for detail in ("brief", "default", "verbose"):
        assert isinstance(Failure(Evil()).getTraceback(detail=detail), str)
