"""Sennit's own plugin for pytest, also where Sennit is not installed but found on the path."""

from __future__ import annotations


def pytest_configure(config):
    if not config.pluginmanager.has_plugin("sennit"):
        from sennit.trial import pytest_plugin

        config.pluginmanager.register(pytest_plugin, "sennit")
