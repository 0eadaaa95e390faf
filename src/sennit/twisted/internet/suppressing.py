"""Functions that run with some warnings filtered away."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from sennit.twisted.python import util

__all__ = ["runWithWarningsSuppressed", "suppressWarnings"]

Filter = tuple[tuple[Any, ...], dict[str, Any]]


def runWithWarningsSuppressed(
    suppressedWarnings: list[Filter], f: Callable[..., Any], *a: Any, **kw: Any
) -> Any:
    """Call `f` with some warnings filtered away, also until the Deferred that it returns fires.

    Args:
        suppressedWarnings: The arguments, as pairs of a tuple and a dictionary, of `warnings.filterwarnings`.
        f: What to call.
        *a: Its positional arguments.
        **kw: Its keyword arguments.

    Returns:
        What `f` returns.
    """
    return util.runWithWarningsSuppressed(suppressedWarnings, f, *a, **kw)


def suppressWarnings(f: Callable[..., Any], *suppressedWarnings: Filter) -> Callable[..., Any]:
    """Wrap `f` so that each call of it runs as by `runWithWarningsSuppressed`.

    Args:
        f: What to wrap.
        *suppressedWarnings: As for `runWithWarningsSuppressed`.
    """

    @functools.wraps(f)
    def quietly(*a: Any, **kw: Any) -> Any:
        return util.runWithWarningsSuppressed(suppressedWarnings, f, *a, **kw)

    return quietly
