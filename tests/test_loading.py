from __future__ import annotations

import gc
import sys

import pytest

from sennit.loading import load


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module that is importable until the test ends; return its name."""
    monkeypatch.syspath_prepend(tmp_path)
    name = "loaded_by_a_test"

    def write(code):
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        return name

    yield write
    sys.modules.pop(name, None)


def test_the_collector_waits_while_a_module_is_loaded(module):
    assert gc.isenabled()
    loaded = load(module("import gc\nwas_on = gc.isenabled()\n"))
    assert loaded.was_on is False
    assert gc.isenabled()


def test_the_collector_goes_on_when_a_module_cannot_be_loaded(module):
    with pytest.raises(ZeroDivisionError):
        load(module("1 / 0\n"))
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off(module):
    gc.disable()
    try:
        load(module(""))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_there_is_when_a_module_is_loaded_counts_as_old_and_not_as_frozen(module):
    kept = gc.get_freeze_count()
    gc.unfreeze()
    try:
        loaded = load(module("fresh = [[]]\n"))
        assert gc.get_freeze_count() == 0
        assert any(each is loaded.fresh for each in gc.get_objects(generation=2))
    finally:
        if kept:
            gc.freeze()


def test_what_the_program_has_frozen_stays_frozen(module):
    kept = gc.get_freeze_count()
    gc.freeze()
    try:
        load(module(""))
        assert gc.get_freeze_count() > 0
        assert gc.isenabled()
    finally:
        if not kept:
            gc.unfreeze()
