"""What the compiled core asks of Python directly, where Python code has to go round: in C, in ``steps.pxd``.

The sources use it where `COMPILED` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context, ContextVar
    from typing import Any

__all__ = ["COMPILED"]

COMPILED = False

if TYPE_CHECKING:

    def step(context: Context, coroutine: Any, value: Any) -> Any:
        """Send `value` to `coroutine` in `context`; return what it yields, or returns if `ended` is then set.

        Compiled code gives every StopIteration that it catches a traceback, which takes longer than the step.
        """

    ended: bool

    def call_in(
        context: Context | None, func: Any, args: tuple[Any, ...], keywords: dict[str, Any] | None
    ) -> Any:
        """Call `func` in `context`, or where that is None in a new one; and `keywords` may be None."""

    def finished(value: Any) -> Any:
        """Return an iterator that ends at once, returning `value`, without an exception when awaited."""

    def await_by(type: type, function: Callable[[Any], Any]) -> None:
        """Have ``await`` call `function` for instances of `type`, though not for those of its subclasses."""

    def in_step(stepping: ContextVar[list[int] | None]) -> bool:
        """Whether the marker in `stepping`, if there is one, is of this thread."""
