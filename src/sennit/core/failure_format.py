"""The texts of a Failure: frames as lines, an exception as one line, and the three levels of detail.

Everything here is for people to read and works on plain frame tuples, so that a failure from another
process reads like one from here.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

__all__ = [
    "DEFAULT_DETAIL",
    "Frame",
    "FrameStandIn",
    "RememberedValue",
    "TracebackStandIn",
    "Variables",
    "format_frames",
    "qualified_name",
    "render",
    "safe_repr",
    "safe_str",
    "stand_in_traceback",
]

Variables: TypeAlias = "Sequence[tuple[str, Any]]"
Frame: TypeAlias = "tuple[str, str, int | None, Variables, Variables]"

DEFAULT_DETAIL = "default"


def qualified_name(kind: Any) -> str:
    """Return the dotted name of a class; of a thing that is no class, its text."""
    if isinstance(kind, type):
        return f"{kind.__module__}.{kind.__qualname__}"
    return kind.decode("utf-8", "replace") if isinstance(kind, bytes) else str(kind)


def safe_str(value: Any) -> str:
    """Return str(value), or a text saying that it cannot be had."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    try:
        return str(value)
    except BaseException as error:
        return _broken(value, "str", error)


def safe_repr(value: Any) -> str:
    """Return repr(value), or a text saying that it cannot be had."""
    try:
        return repr(value)
    except BaseException as error:
        return _broken(value, "repr", error)


class RememberedValue(str):
    """The repr of a value that is itself no longer there."""

    __slots__ = ()

    __repr__ = str.__str__


def _broken(value: Any, what: str, error: BaseException) -> str:
    try:
        reason = str(error)
    except BaseException:
        reason = "no text"
    kind = type(value).__name__
    return f"<{kind} instance at {id(value):#x} with {what} error:\n {type(error).__name__}: {reason}\n>"


def format_frames(frames: Iterable[Frame], write: Callable[[str], Any], detail: str = DEFAULT_DETAIL) -> None:
    """Write each of `frames` through `write`.

    Args:
        frames: ``(function name, file name, line number, locals, globals)`` tuples.
        write: Takes text.
        detail: ``"brief"`` (file:line:function), ``"default"`` (as Python does), ``"verbose"`` (with
            variables) or ``"verbose-vars-not-captured"``.

    Raises:
        ValueError: If `detail` is none of those.
    """
    if detail == "brief":
        for name, file, line, _, _ in frames:
            write(f"{file}:{line}:{name}\n")
    elif detail == "default":
        for name, file, line, _, _ in frames:
            write(f'  File "{file}", line {line}, in {name}\n')
            source = linecache.getline(file, line or 0).strip()
            write(f"    {source}\n")
    elif detail == "verbose-vars-not-captured":
        for name, file, line, _, _ in frames:
            write(f"{file}:{line}: {name}(...)\n")
        write(" [Capture of Locals and Globals disabled (use captureVars=True)]\n")
    elif detail == "verbose":
        for name, file, line, local_vars, global_vars in frames:
            write(f"{file}:{line}: {name}(...)\n")
            write(" [ Locals ]\n")
            _write_variables(local_vars, write)
            write(" ( Globals )\n")
            _write_variables(global_vars, write)
    else:
        raise ValueError(f"Detail must be brief, default or verbose, not {detail!r}.")


def _write_variables(variables: Variables, write: Callable[[str], Any]) -> None:
    for name, value in variables:
        write(f"  {name} : {safe_repr(value)}\n")


def render(failure: Any, detail: str) -> str:
    """Return the whole text of `failure` at the given level of detail."""
    lines: list[str] = []
    write = lines.append
    frames = failure.frames
    if detail == "verbose":
        variables = getattr(failure, "captureVars", False)
        shorter = " (pickled) " if failure.pickled else " "
        write(f"*--- Failure #{failure.count}{shorter}---\n")
        format_frames(frames, write, "verbose" if variables else "verbose-vars-not-captured")
        write(f"{qualified_name(failure.type)}: {safe_str(failure.value)}\n")
        write(f"*--- End of Failure #{failure.count} ---\n")
        return "".join(lines)
    if detail == "brief":
        head = "Traceback" if frames else "Traceback (failure with no frames)"
        write(f"{head}: {safe_str(failure.type)}: {safe_str(failure.value)}\n")
        format_frames(frames, write, "brief")
        return "".join(lines)
    write("Traceback (most recent call last):\n")
    format_frames(frames, write, detail)
    kind = qualified_name(failure.type)
    write(
        f"{kind}: {safe_str(failure.value)}\n" if frames else f"Failure: {kind}: {safe_str(failure.value)}\n"
    )
    return "".join(lines)


class CodeStandIn:
    """Answers as a code object does, to debuggers for one, for a frame that is only remembered."""

    co_argcount = co_posonlyargcount = co_kwonlyargcount = 0
    co_firstlineno = co_flags = co_nlocals = co_stacksize = 0
    co_code = co_lnotab = b""
    co_cellvars: tuple[str, ...] = ()
    co_consts: tuple[Any, ...] = ()
    co_freevars: tuple[str, ...] = ()
    co_names: tuple[str, ...] = ()

    def __init__(self, name: str, file: str) -> None:
        self.co_name = self.co_qualname = name
        self.co_filename = file
        self.co_varnames: list[str] = []

    def co_positions(self) -> Iterable[tuple[None, None, None, None]]:
        """Return no positions: they were not remembered."""
        return ((None, None, None, None),)


class FrameStandIn:
    """Answers as a frame does, for a frame that is only remembered.

    Args:
        frame: What is remembered.
        back: The frame that called it, as far as that is remembered, too.
    """

    def __init__(self, frame: Frame, back: FrameStandIn | None) -> None:
        name, file, line, local_vars, global_vars = frame
        self.f_code = CodeStandIn(name, file)
        self.f_lineno = line
        self.f_lasti = 0
        self.f_locals = dict(local_vars or ())
        self.f_globals = dict(global_vars or ())
        self.f_builtins: dict[str, Any] = {}
        self.f_trace = None
        self.f_back = back


class TracebackStandIn:
    """Answers as a traceback does, for frames that are only remembered."""

    tb_lasti = 0

    def __init__(self, frame: FrameStandIn) -> None:
        self.tb_frame = frame
        self.tb_lineno = frame.f_lineno
        self.tb_next: TracebackStandIn | None = None


def stand_in_traceback(frames: Sequence[Frame]) -> TracebackStandIn | None:
    """Return a chain of stand-ins for `frames`, or None if there are none."""
    first = last = None
    for frame in frames:
        following = TracebackStandIn(FrameStandIn(frame, None if last is None else last.tb_frame))
        if last is None:
            first = following
        else:
            last.tb_next = following
        last = following
    return first
