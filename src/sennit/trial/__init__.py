"""The test framework: tests that may wait, a runner, and a plugin for pytest.

    from sennit.trial import TestCase

    class EchoTests(TestCase):
        async def test_echo(self): ...

``sennit test`` runs them, as do pytest and ``python -m unittest``.  The names are those of ``twisted.trial``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sennit.lazy import loaded_when_asked

if TYPE_CHECKING:
    from sennit.trial.asynchronous import TestCase
    from sennit.trial.attributes import suppress
    from sennit.trial.case import SynchronousTestCase
    from sennit.trial.outcome import FailTest, SkipTest, Todo, makeTodo

__all__ = ["FailTest", "SkipTest", "SynchronousTestCase", "TestCase", "Todo", "makeTodo", "suppress"]

_HOMES = {
    "FailTest": "sennit.trial.outcome",
    "SkipTest": "sennit.trial.outcome",
    "SynchronousTestCase": "sennit.trial.case",
    "TestCase": "sennit.trial.asynchronous",
    "Todo": "sennit.trial.outcome",
    "makeTodo": "sennit.trial.outcome",
    "suppress": "sennit.trial.attributes",
}

__getattr__, __dir__ = loaded_when_asked(__name__, _HOMES, __all__)
