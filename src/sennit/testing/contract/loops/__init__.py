"""The contract of loops: what a reactor needs of the asyncio loop under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.testing.contract.checks import Check
from sennit.testing.contract.loops import timing, watching
from sennit.testing.contract.loops.listed import LoopCase, check

__all__ = ["LoopCase", "check_loop", "loop_checks", "timing", "watching"]


def loop_checks() -> list[Check[LoopCase]]:
    """Return the checks that every loop must pass."""
    return list(check)


def check_loop(check: Check[LoopCase], loop: str | Callable[[], Any]) -> None:
    """Run one of the checks of `loop_checks`.

    Args:
        check: The check.
        loop: The loop's name, or what makes one when it is called without arguments, such as its class.

    Raises:
        AssertionError: If the loop does not keep the promise.
    """
    check.run_with(LoopCase(loop))
