from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.twins import twins

from sennit.log import LogLevel

modules = twins("sennit.log.interest")


@pytest.fixture
def gate(module: ModuleType) -> Any:
    class Gatekeeper(module.Gate):  # type: ignore[misc]
        wanted = LogLevel.warn.rank
        asked = 0

        def __init__(self) -> None:
            self.let_in: list[object] = []

        def _lowest_wanted(self) -> int:
            self.asked += 1
            self._generation = module.generation
            self._lowest = self.wanted
            return self.wanted

        def emit(self, level: LogLevel, format: str | None = None, **kwargs: object) -> None:
            self.let_in.append((level.name, format, kwargs))

    return Gatekeeper()


@modules
def test_what_is_important_enough_is_let_in(gate: Any) -> None:
    for level in LogLevel:
        getattr(gate, level.name)("text", field=level.rank)
    assert gate.let_in == [
        ("warn", "text", {"field": 2}),
        ("error", "text", {"field": 3}),
        ("critical", "text", {"field": 4}),
    ]


@modules
def test_what_anyone_wants_is_asked_once_and_again_when_that_changed(module: ModuleType, gate: Any) -> None:
    for _ in range(3):
        gate.debug("text")
    assert (gate.asked, gate.let_in) == (1, [])
    gate.wanted = 0
    gate.debug("text")
    assert (gate.asked, gate.let_in) == (1, [])
    before = module.generation
    module.changed()
    assert module.generation != before
    gate.debug("text")
    assert (gate.asked, gate.let_in) == (2, [("debug", "text", {})])


@modules
def test_the_format_may_be_named_or_missing(gate: Any) -> None:
    gate.warn(format="text", field=1)
    gate.warn(field=1)
    gate.warn()
    assert gate.let_in == [("warn", "text", {"field": 1}), ("warn", None, {"field": 1}), ("warn", None, {})]


@modules
def test_what_is_traced_is_always_let_in(gate: Any) -> None:
    trace: list[object] = []
    gate.debug("text", field=1, log_trace=trace)
    # A name that was put together when it runs, and is equal to the other and not the same.
    gate.debug("text", **{"field": 1, f"log_{'trace' * len(gate.let_in)}": trace})
    assert gate.let_in == [("debug", "text", {"field": 1, "log_trace": trace})] * 2


@modules
@pytest.mark.parametrize("level", list(LogLevel))
def test_too_many_arguments_are_refused_whether_anyone_listens_or_not(gate: Any, level: LogLevel) -> None:
    for _ in range(2):
        with pytest.raises(TypeError):
            getattr(gate, level.name)("text", "more")
    assert gate.let_in == []


@modules
@pytest.mark.parametrize("level", list(LogLevel))
def test_an_error_of_who_is_asked_goes_to_who_calls(gate: Any, level: LogLevel) -> None:
    type(gate)._lowest_wanted = lambda _: 1 // 0
    with pytest.raises(ZeroDivisionError):
        getattr(gate, level.name)("text")


@modules
def test_its_methods_can_be_looked_at(module: ModuleType) -> None:
    for level in LogLevel:
        method = getattr(module.Gate, level.name)
        assert method.__name__ == level.name
        assert list(inspect.signature(method).parameters) == ["self", "format", "kwargs"]
        assert inspect.getdoc(method) == f"Emit an event of level {level.name}; see `emit`."


@modules
def test_a_method_refuses_what_is_no_logger(module: ModuleType) -> None:
    with pytest.raises((TypeError, AttributeError)):
        module.Gate.info(object(), "text")
