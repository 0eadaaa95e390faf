"""Failure: an exception held as a value, so that it can travel through callbacks and be raised again.

A Failure keeps the exception and its traceback and nothing else; frames, names of base classes and
texts are worked out when they are asked for.  That makes one cost little more than the exception, and
means that a Failure shows what the exception itself would show.

Two kinds of Failure have no live traceback: one made from an exception that was never raised, and one
that was pickled, copied through `Failure.__getstate__` or cleaned; the latter remember their frames as
plain tuples ``(function name, file name, line number, locals, globals)``.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from itertools import count as _counter
from types import FrameType, TracebackType
from typing import IO, Any, NoReturn, TypeVar, cast

from sennit.core.failure_format import (
    DEFAULT_DETAIL,
    Frame,
    FrameStandIn,
    RememberedValue,
    TracebackStandIn,
    Variables,
    format_frames,
    qualified_name,
    render,
    safe_repr,
    safe_str,
    stand_in_traceback,
)

__all__ = [
    "DO_POST_MORTEM",
    "EXCEPTION_CAUGHT_HERE",
    "DefaultException",
    "Failure",
    "NoCurrentExceptionError",
    "count",
    "format_frames",
    "startDebugMode",
    "traceupLength",
]

_T = TypeVar("_T")

EXCEPTION_CAUGHT_HERE = "--- <exception caught here> ---"
DO_POST_MORTEM = True
traceupLength = 4
count = 0

# One set look-up by class tells a value from a Failure or a Deferred, subclasses of both included, and
# is cheaper than two isinstance calls.
FAILURES: set[Any] = set()
NO_VALUES: set[Any] = set()

_numbers = _counter(1)
_on_creation: Callable[[Failure], None] | None = None


class DefaultException(Exception):
    """Stands in for an exception where a program names none."""


class NoCurrentExceptionError(Exception):
    """Failure() was called while no exception was being handled."""


class Failure(BaseException):
    """An exception as a value.

    Args:
        exc_value: The exception; None takes the one being handled now.  Anything else is kept as it is.
        exc_type: The class to report; by default the class of `exc_value`.
        exc_tb: The traceback; by default that of `exc_value`.
        captureVars: Whether `frames` shows local and global variables.

    Raises:
        NoCurrentExceptionError: If no exception was given and none is being handled.
    """

    __slots__ = ("tb", "type", "value")

    type: Any
    value: Any
    tb: TracebackType | None

    captureVars = False
    pickled = 0
    _count = 0
    _frames: list[Frame] | None = None
    _parents: list[str] | None = None

    def __init__(
        self,
        exc_value: Any = None,
        exc_type: Any = None,
        exc_tb: TracebackType | None = None,
        captureVars: bool = False,
    ) -> None:
        if exc_value is None:
            exc_value = sys.exc_info()[1]
            if exc_value is None:
                raise NoCurrentExceptionError
        if type(exc_value) in FAILURES:
            self._become(exc_value)
            return
        self.value = exc_value
        self.type = type(exc_value) if exc_type is None else exc_type
        if exc_tb is None:
            try:
                self.tb = exc_value.__traceback__
            except AttributeError:
                self.tb = None
        else:
            self.tb = exc_tb
        if captureVars:
            self.captureVars = True
        if _on_creation is not None:
            _on_creation(self)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        FAILURES.add(cls)
        NO_VALUES.add(cls)

    def _become(self, other: Failure) -> None:
        self.__dict__.update(other.__dict__)
        self.type, self.value, self.tb = other.type, other.value, other.tb

    @classmethod
    def _without_traceback(cls, exception: BaseException) -> Failure:
        """Hold `exception` with no frames, as one made up rather than caught."""
        failure = cls(exception)
        failure.tb = None
        return failure

    @property
    def count(self) -> int:
        """A number that tells this Failure from the others of the process."""
        global count
        if not self._count:
            self._count = count = next(_numbers)
        return self._count

    @count.setter
    def count(self, value: int) -> None:
        self._count = value

    @property
    def parents(self) -> list[str]:
        """The qualified names of the exception's class and all its bases."""
        if self._parents is None:
            kind = self.type
            bases = kind.__mro__ if hasattr(kind, "__mro__") else (kind,)
            self._parents = [qualified_name(base) for base in bases]
        return self._parents

    @parents.setter
    def parents(self, names: list[str]) -> None:
        self._parents = names

    @property
    def frames(self) -> Sequence[Frame]:
        """The frames from where the exception was caught to where it was raised.

        Each is ``(function name, file name, line number, locals, globals)``; the last two are lists of
        ``(name, value)`` when variables are captured, else empty tuples.
        """
        if self._frames is None:
            if self.tb is None:
                return []
            self._frames = _walk(self.tb, self.captureVars)
        return self._frames

    @frames.setter
    def frames(self, frames: list[Frame]) -> None:
        self._frames = frames

    @property
    def stack(self) -> list[Frame]:
        """The frames above the one that caught the exception: no longer recorded, so always empty."""
        _warn_of_stack()
        return []

    @stack.setter
    def stack(self, frames: list[Frame]) -> None:
        """Accept what programs put there."""
        _warn_of_stack()

    def check(self, *errorTypes: Any) -> Any:
        """Return the first of `errorTypes` that this failure is an instance of, or None.

        Args:
            errorTypes: Exception classes, or their qualified names such as ``"builtins.ValueError"``.
        """
        kind = self.type
        for error in errorTypes:
            if isinstance(error, type):
                if isinstance(kind, type):
                    if issubclass(kind, error):
                        return error
                elif qualified_name(error) in self.parents:
                    return error
            elif (error if isinstance(error, str) else str(error)) in self.parents:
                return error
        return None

    def trap(self, *errorTypes: Any) -> Any:
        """Return the first of `errorTypes` that fits, as `check` does.

        Raises:
            BaseException: The held exception, if none fits.
        """
        error = self.check(*errorTypes)
        if error is None:
            self.raiseException()
        return error

    def raiseException(self) -> NoReturn:
        """Raise the held exception again, with its traceback."""
        value = self.value
        if not isinstance(value, BaseException):
            raise self
        raise value.with_traceback(self.tb)

    def throwExceptionIntoGenerator(self, g: Generator[Any, Any, _T] | Coroutine[Any, Any, _T]) -> Any:
        """Raise the held exception inside `g` where it waits, and return what it yields next."""
        value = self.value
        if not isinstance(value, BaseException):
            return g.throw(self)
        return g.throw(value.with_traceback(self.tb))

    def getErrorMessage(self) -> str:
        """Return the exception's own text."""
        if isinstance(self.value, Failure):
            return self.value.getErrorMessage()
        return safe_str(self.value)

    def getTracebackObject(self) -> TracebackType | TracebackStandIn | None:
        """Return the traceback, or a stand-in of the same shape made from remembered frames, or None."""
        if self.tb is not None:
            return self.tb
        return stand_in_traceback(self.frames)

    def cleanFailure(self) -> None:
        """Let go of the traceback, and with it of every local variable in it; the frames are remembered."""
        if self.tb is None:
            return
        self._frames = list(self.frames)
        self.tb = None
        if isinstance(self.value, BaseException):
            self.value.__traceback__ = None

    def getTraceback(
        self,
        elideFrameworkCode: int = 0,
        detail: str = DEFAULT_DETAIL,
    ) -> str:
        """Return the traceback as text.

        Args:
            elideFrameworkCode: Accepted for its callers; frames of ours that say nothing are never kept.
            detail: ``"brief"``, ``"default"`` or ``"verbose"``.
        """
        return render(self, detail)

    def getBriefTraceback(self) -> str:
        """Return the traceback as text, one short line a frame."""
        return render(self, "brief")

    def printTraceback(
        self,
        file: IO[str] | None = None,
        elideFrameworkCode: int = False,
        detail: str = DEFAULT_DETAIL,
    ) -> None:
        """Write the traceback to `file`, by default to standard error."""
        (sys.stderr if file is None else file).write(render(self, detail))

    def printBriefTraceback(self, file: IO[str] | None = None, elideFrameworkCode: int = 0) -> None:
        """Write the short traceback to `file`, by default to standard error."""
        self.printTraceback(file, elideFrameworkCode, detail="brief")

    def printDetailedTraceback(self, file: IO[str] | None = None, elideFrameworkCode: int = 0) -> None:
        """Write the traceback with variables, where captured, to `file`, by default to standard error."""
        self.printTraceback(file, elideFrameworkCode, detail="verbose")

    def __repr__(self) -> str:
        kind = qualified_name(self.type)
        return f"<{qualified_name(Failure)} {kind}: {self.getErrorMessage()}>"

    def __str__(self) -> str:
        return f"[Failure instance: {self.getBriefTraceback()}]"

    def __getstate__(self) -> dict[str, Any]:
        """Return what survives pickling: everything but live frames."""
        state = {name: value for name, value in self.__dict__.items() if name[0] != "_"}
        state.update(
            count=self.count,
            type=self.type,
            value=self.value,
            captureVars=self.captureVars,
            tb=None,
            parents=self.parents,
            stack=[],
            frames=[_portable(frame) for frame in self.frames],
            pickled=1,
        )
        return state

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        """Take back what `__getstate__` gave."""
        self.tb = None
        for name, value in (state or {}).items():
            if name != "stack":
                setattr(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_blank, (type(self),), self.__getstate__())


FAILURES.add(Failure)
NO_VALUES.add(Failure)


def caught(error: BaseException) -> Failure:
    """Make a Failure of what was raised by code that the caller called, leaving out the caller's frame."""
    tb = error.__traceback__
    if tb is not None:
        error.__traceback__ = tb.tb_next
    return cast(Failure, error) if type(error) in FAILURES else Failure(error)


def _blank(cls: type[Failure]) -> Failure:
    return cls.__new__(cls)


def _portable(frame: Frame) -> Frame:
    name, file, line, local_vars, global_vars = frame
    return (
        name,
        file,
        line,
        _portable_variables(local_vars),
        _portable_variables(global_vars),
    )


def _portable_variables(variables: Variables) -> Variables:
    return [(key, RememberedValue(safe_repr(value))) for key, value in variables] or ()


def _visible(variables: Mapping[str, Any]) -> Variables:
    return [item for item in variables.items() if item[0] != "__builtins__"]


def _walk(tb: TracebackType | None, variables: bool) -> list[Frame]:
    frames: list[Frame] = []
    while tb is not None:
        frame: FrameType | FrameStandIn = tb.tb_frame
        code = frame.f_code
        frames.append(
            (
                code.co_name,
                code.co_filename,
                tb.tb_lineno,
                _visible(frame.f_locals) if variables else (),
                _visible(frame.f_globals) if variables and code.co_name != "<module>" else (),
            )
        )
        tb = tb.tb_next
    return frames


def _warn_of_stack() -> None:
    warnings.warn(
        "twisted.python.failure.Failure.stack was deprecated in Twisted 24.10.0",
        DeprecationWarning,
        stacklevel=3,
    )


def startDebugMode() -> None:
    """Open the post-mortem debugger at every Failure made from now on, for work at a terminal."""
    global _on_creation
    _on_creation = _post_mortem


def _post_mortem(failure: Failure) -> None:
    if DO_POST_MORTEM and failure.tb is not None:
        import pdb  # noqa: T100 - the debugger is what was asked for

        pdb.post_mortem(failure.tb)
