from __future__ import annotations

import threading
from typing import Any

import pytest

from sennit.twisted.python import context


def test_a_value_holds_during_the_call_and_what_it_calls() -> None:
    def inner() -> tuple[Any, Any]:
        return context.get("a"), context.get("b")

    def outer(x: int, *, y: int) -> Any:
        return context.get("a"), x, y, context.call({"b": 5}, inner)

    assert context.call({"a": 1}, outer, 2, y=3) == (1, 2, 3, (1, 5))
    assert context.get("a") is None
    assert context.get("a", "default") == "default"


def test_a_context_ends_with_an_exception_too() -> None:
    with pytest.raises(ZeroDivisionError):
        context.call({"a": 1}, lambda: 1 / 0)
    assert context.get("a") is None


def test_a_default_holds_everywhere() -> None:
    context.setDefault("kind", "default")
    try:
        assert context.get("kind") == "default"
        assert context.call({"kind": "mine"}, context.get, "kind") == "mine"
    finally:
        del context.defaultContextDict["kind"]


def test_each_thread_has_its_own_stack() -> None:
    seen: list[Any] = []

    def inside() -> None:
        thread = threading.Thread(target=lambda: seen.append(context.get("a")))
        thread.start()
        thread.join()
        seen.append(context.get("a"))

    context.call({"a": 1}, inside)
    assert seen == [None, 1]


def test_a_tracker_can_be_used_alone_or_installed() -> None:
    tracker = context.ContextTracker()
    assert tracker.callWithContext({"z": 1}, tracker.getContext, "z") == 1
    installed = context.theContextTracker
    context.installContextTracker(tracker)
    try:
        assert context.call({"a": 1}, tracker.getContext, "a") == 1
    finally:
        context.installContextTracker(installed)
    assert isinstance(context.theContextTracker.currentContext(), context.ContextTracker)
