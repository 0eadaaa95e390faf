"""Sennit's own plugin for pytest, also where Sennit is not installed but found on the path."""

from __future__ import annotations

import gc
from collections import Counter


def pytest_configure(config):
    if not config.pluginmanager.has_plugin("sennit"):
        from sennit.trial import pytest_plugin

        config.pluginmanager.register(pytest_plugin, "sennit")


def pytest_collection_finish(session):
    """Set what the collected tests are made of apart, for it lives to the end: two thirds of the suite's time
    went into looking for garbage there, by the many tests that collect to count what is left.
    """
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter):
    """Say in a line for each reason how many tests could not be run, where each test is not listed."""
    if "s" in terminalreporter.reportchars:
        return
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", ()))
    for reason, number in reasons.most_common():
        terminalreporter.write_line(f"{number} {reason.replace('Skipped: ', 'skipped: ', 1)}")
