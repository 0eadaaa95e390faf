"""Reporters: how a run is told to people, and to other programs."""

from __future__ import annotations

from sennit.trial.reporters.lines import TextReporter, TimingTextReporter, VerboseTextReporter
from sennit.trial.reporters.stream import SafeStream
from sennit.trial.reporters.subunit import SubunitReporter
from sennit.trial.reporters.summary import MinimalReporter, Reporter
from sennit.trial.reporters.tree import TreeReporter
from sennit.trial.result import TestResult, TestResultDecorator, UncleanWarningsReporterWrapper

__all__ = [
    "BrokenTestCaseWarning",
    "MinimalReporter",
    "Reporter",
    "SafeStream",
    "SubunitReporter",
    "TestResult",
    "TestResultDecorator",
    "TextReporter",
    "TimingTextReporter",
    "TreeReporter",
    "UncleanWarningsReporterWrapper",
    "VerboseTextReporter",
]


class BrokenTestCaseWarning(Warning):
    """A test case misbehaves in a way that says nothing of what it tests."""
