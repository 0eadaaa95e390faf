"""What tests say about themselves in attributes: of the method, else of the class, else of the module.

``skip``, ``todo``, ``timeout`` and ``suppress`` are looked up so, and the first that is found counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sennit.core.failure import Failure

__all__ = ["DEFAULT_TIMEOUT_DURATION", "acquireAttribute", "excInfoOrFailureToExcInfo", "suppress"]

DEFAULT_TIMEOUT_DURATION = 120.0
"""How many seconds each step of a test (fixture, test, clean-up) may take if nothing else is said."""

_NOTHING = object()


def acquireAttribute(objects: Iterable[Any], attr: str, default: Any = _NOTHING) -> Any:
    """Return an attribute of the first of `objects` that has it.

    Args:
        objects: Where to look, in this order.
        attr: The attribute's name.
        default: What to return if none has it.

    Raises:
        AttributeError: If none has it and there is no default.
    """
    for each in objects:
        value = getattr(each, attr, _NOTHING)
        if value is not _NOTHING:
            return value
    if default is _NOTHING:
        raise AttributeError(f"attribute {attr!r} not found in {objects!r}")
    return default


def suppress(action: str = "ignore", **kwarg: Any) -> tuple[tuple[str], dict[str, Any]]:
    """Make an entry for a ``suppress`` attribute, which is a list of these.

    Args:
        action: What becomes of the warnings, as for `warnings.filterwarnings`.
        kwarg: Which warnings are meant, as there: ``category``, ``message``, ``module``, ``lineno``.
    """
    return ((action,), kwarg)


def excInfoOrFailureToExcInfo(err: Any) -> tuple[Any, Any, Any]:
    """Return the class, the exception and the traceback of a `Failure`; what is that already, as it is."""
    if isinstance(err, Failure):
        return (err.type, err.value, err.getTracebackObject())
    return err  # type: ignore[no-any-return]
