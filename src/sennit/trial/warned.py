"""The warnings that are given while a test runs: collected, so that the test can ask for them.

Those that it does not ask for are given again when it is over.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple, TypeVar

__all__ = ["WarningGiven", "collect_warnings", "given_by", "same_file"]

_T = TypeVar("_T")


class WarningGiven(NamedTuple):
    """A warning, and where it points to."""

    message: str
    category: type[Warning]
    filename: str
    lineno: int

    def give_again(self) -> None:
        """Give the warning as if for the first time."""
        warnings.warn_explicit(self.message, self.category, self.filename, self.lineno)


def collect_warnings(
    observe: Callable[[WarningGiven], object],
    suppressed: Iterable[tuple[tuple[Any, ...], dict[str, Any]]],
    function: Callable[..., _T],
    *args: Any,
    **kwargs: Any,
) -> _T:
    """Call a function, and hand each warning that it gives to `observe`, however often it is given.

    Args:
        observe: Takes a `WarningGiven`.
        suppressed: Filters for those that are not to be seen: the arguments of `warnings.filterwarnings`.
        function: What to call.
        args: Its positional arguments.
        kwargs: Its keyword arguments.

    Returns:
        What it returns.
    """

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        observe(WarningGiven(str(message), category, filename, lineno))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        for positional, keyword in suppressed:
            warnings.filterwarnings(*positional, **keyword)
        warnings.showwarning = show
        return function(*args, **kwargs)


def given_by(given: Sequence[WarningGiven], functions: Iterable[Callable[..., Any]]) -> list[WarningGiven]:
    """Return those warnings that point into one of `functions`, or into what is defined within."""
    places = [_place(function) for function in functions]
    return [
        warning
        for warning in given
        if any(
            warning.lineno in lines and same_file(warning.filename, filename) for filename, lines in places
        )
    ]


def _place(function: Callable[..., Any]) -> tuple[str, set[int]]:
    """Return a function's file, and its lines there."""
    code = getattr(inspect.unwrap(inspect.unwrap(function)), "__code__", None)
    if code is None:
        raise ValueError(f"Warnings point into functions and methods; {function!r} is neither.")
    return code.co_filename, set(_lines(code))


def _lines(code: CodeType) -> Iterable[int]:
    yield from (line for _, _, line in code.co_lines() if line is not None)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _lines(constant)


def same_file(one: str, other: str) -> bool:
    """Tell whether two paths name one module's file, be it source or compiled."""
    if one == other:
        return True
    return Path(one).absolute().with_suffix("") == Path(other).absolute().with_suffix("")
