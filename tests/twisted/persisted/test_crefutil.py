"""Stand-ins for what is not known yet."""

from __future__ import annotations

import pytest

from sennit.twisted.persisted import crefutil


def test_a_value_is_put_where_it_is_waited_for():
    waiting, places = crefutil.NotKnown(), [{}, [None]]
    waiting.addDependant(places[0], "key")
    waiting.addDependant(places[1], 0)
    assert not waiting.resolved
    waiting.resolveDependants("value")
    assert places == [{"key": "value"}, ["value"]]
    assert (waiting.resolved, waiting.resolvedObject) == (1, "value")
    with pytest.raises(AssertionError):
        waiting.addDependant({}, 1)


def test_what_is_not_known_is_no_key():
    with pytest.raises(AssertionError):
        {crefutil.NotKnown(): 1}


def test_a_container_is_made_when_its_last_element_is_known():
    first, second, place = crefutil.NotKnown(), crefutil.NotKnown(), {}
    made = crefutil._Tuple([first, 1, second, first])
    made.addDependant(place, "made")
    first.resolveDependants("a")
    assert place == {}
    second.resolveDependants("b")
    assert place == {"made": ("a", 1, "b", "a")}


def test_a_container_of_what_is_known_needs_no_waiting():
    made = crefutil._Container([1, 2], list)
    assert made.resolvedObject == [1, 2]
    with pytest.raises(AssertionError):
        made.addDependant({}, 1)


def test_an_entry_of_a_dict_needs_key_and_value():
    target: dict = {}
    entry = crefutil._DictKeyAndValue(target)
    entry[1] = "value"
    assert target == {}
    waiting = crefutil.NotKnown()
    entry[0] = waiting
    waiting.addDependant(entry, 0)
    waiting.resolveDependants("key")
    assert target == {"key": "value"}
    with pytest.raises(RuntimeError):
        entry[2] = 3


def test_a_method_waits_for_its_object_and_is_not_called_before():
    waiting, place = crefutil.NotKnown(), {}
    method = crefutil._InstanceMethod("upper", waiting, str)
    method.addDependant(place, "method")
    with pytest.raises(AssertionError, match="upper"):
        method()
    waiting.resolveDependants("abc")
    assert place["method"]() == "ABC"


def test_a_deferred_fires_with_the_value_once():
    later, fired = crefutil._Defer(), []
    later.addCallback(fired.append)
    waiting = crefutil.NotKnown()
    later[0] = waiting
    assert fired == []
    waiting.resolveDependants(1)
    assert fired == [1]
    with pytest.raises(RuntimeError):
        later[0] = 2
