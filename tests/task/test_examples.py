"""The example of docs/how-to/structured-concurrency.md, on a clock."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

import sennit
from sennit.core.coroutine import ensureDeferred
from sennit.core.current import set_default_reactor
from sennit.task import Clock

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SAID = "hello from lima\nclosed: amsterdam, lima, nairobi\nnairobi is too far away\n"


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    set_default_reactor(lambda: clock)
    yield clock
    set_default_reactor(None)


def test_the_first_answer_wins_and_the_others_say_goodbye(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    program = runpy.run_path(str(EXAMPLES / "first_answer.py"))
    finished = ensureDeferred(program["main"]())
    clock.advance(0.01)
    assert program["closed"] == []
    clock.pump([0.001] * 6)
    assert capsys.readouterr().out == SAID
    assert finished.called
    assert clock.calls == []


def test_it_does_the_same_in_a_real_reactor(capsys: pytest.CaptureFixture[str]) -> None:
    program = runpy.run_path(str(EXAMPLES / "first_answer.py"))
    sennit.run(program["main"])
    assert capsys.readouterr().out == SAID
