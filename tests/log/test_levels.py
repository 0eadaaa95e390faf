from __future__ import annotations

import pickle

import pytest

from sennit.log import InvalidLogLevelError, LogLevel


def test_levels_are_ordered_by_importance() -> None:
    assert list(LogLevel.iterconstants()) == [
        LogLevel.debug,
        LogLevel.info,
        LogLevel.warn,
        LogLevel.error,
        LogLevel.critical,
    ]
    assert LogLevel.debug < LogLevel.info < LogLevel.warn < LogLevel.error < LogLevel.critical
    assert LogLevel.error >= LogLevel.error
    assert LogLevel.error <= LogLevel.critical
    assert LogLevel.error > LogLevel.warn


def test_a_level_does_not_compare_with_other_things() -> None:
    with pytest.raises(TypeError):
        assert LogLevel.info < 3  # type: ignore[operator]


def test_a_level_is_found_by_its_name() -> None:
    assert LogLevel.levelWithName("warn") is LogLevel.warn
    assert LogLevel.lookupByName("warn") is LogLevel.warn


def test_a_name_that_no_level_has_is_refused() -> None:
    with pytest.raises(InvalidLogLevelError) as caught:
        LogLevel.levelWithName("shout")
    assert caught.value.level == "shout"
    with pytest.raises(ValueError, match="shout"):
        LogLevel.lookupByName("shout")


def test_a_level_shows_its_name_and_survives_pickling() -> None:
    assert repr(LogLevel.info) == str(LogLevel.info) == "<LogLevel=info>"
    assert LogLevel.info.name == "info"
    assert pickle.loads(pickle.dumps(LogLevel.info)) is LogLevel.info
