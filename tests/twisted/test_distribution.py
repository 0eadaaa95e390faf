"""What `importlib.metadata` finds in a process that has installed the drop-in by hand."""

from __future__ import annotations

import importlib.metadata

import pytest

import sennit.twisted


@pytest.fixture
def installed():
    was = sennit.twisted.installed()
    sennit.twisted.install()
    yield
    if not was:
        sennit.twisted.uninstall()


@pytest.mark.usefixtures("installed")
def test_twisteds_version_is_found_and_is_marked_as_sennits():
    assert importlib.metadata.version("Twisted") == "26.10.0+sennit"
    assert importlib.metadata.version("twisted") == "26.10.0+sennit"


@pytest.mark.usefixtures("installed")
def test_the_metadata_of_others_is_found_as_before():
    assert importlib.metadata.version("pytest") == pytest.__version__
    assert "pytest" in {each.name for each in importlib.metadata.distributions()}
