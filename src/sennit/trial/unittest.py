"""The names that tests are written with."""

from __future__ import annotations

from sennit.trial.adapter import PyUnitResultAdapter
from sennit.trial.asynchronous import TestCase
from sennit.trial.attributes import acquireAttribute
from sennit.trial.case import SynchronousTestCase
from sennit.trial.outcome import FailTest, SkipTest, Todo, makeTodo
from sennit.trial.suite import TestDecorator, TestSuite, decorate

__all__ = [
    "FailTest",
    "PyUnitResultAdapter",
    "SkipTest",
    "SynchronousTestCase",
    "TestCase",
    "TestDecorator",
    "TestSuite",
    "Todo",
    "acquireAttribute",
    "decorate",
    "makeTodo",
]
