from __future__ import annotations

import copy
import pickle
import sys

import pytest

from sennit.core.interfaces import Binding
from sennit.http.events import BodyData, EndOfMessage, RequestHead, TunnelHead
from sennit.http.limits import Limits
from sennit.values import Settings

HEAD = (b"GET", b"/", 1, [], True, 0, False, False)


VALUES = [Limits(body_size=None), Binding("::1", 80), BodyData(b"a"), EndOfMessage()]


class Room(Settings):
    """A value with a field that must be given."""

    number: int
    name: str = "kitchen"


class Hall(Room):
    """One with a field more."""

    doors: int = 2


def test_settings_take_fields_by_position_and_by_name_and_else_have_their_defaults():
    room = Room(7)
    assert (room.number, room.name) == (7, "kitchen")
    room = Room(name="attic", number=8)
    assert (room.number, room.name) == (8, "attic")


def test_a_subclass_of_settings_has_its_fields_after_those_it_inherits():
    hall = Hall(1, "hall", 4)
    assert (hall.number, hall.name, hall.doors) == (1, "hall", 4)
    assert repr(hall) == "Hall(number=1, name='hall', doors=4)"


@pytest.mark.parametrize(
    ("given", "named", "message"),
    [
        ((), {}, "Room needs 'number'."),
        ((1, "a", 2), {}, "Room has 2 fields, not 3."),
        ((1,), {"number": 2}, "Room is given 'number' twice."),
        ((1,), {"size": 2}, "Room has no field 'size'."),
    ],
)
def test_settings_refuse_wrong_fields(given, named, message):
    with pytest.raises(TypeError) as caught:
        Room(*given, **named)
    assert str(caught.value) == message


def test_values_are_equal_when_class_and_fields_are():
    assert Room(1) == Room(1, "kitchen")
    assert hash(Room(1)) == hash(Room(1, "kitchen"))
    assert Room(1) != Room(2)
    assert Hall(1) != Room(1)
    assert BodyData(b"a") == BodyData(b"a")
    assert BodyData(b"a") != BodyData(b"b")
    assert EndOfMessage() == EndOfMessage(())
    assert EndOfMessage() != BodyData(())


@pytest.mark.parametrize(
    "value", [Room(1), Limits(body_size=None), Binding("::1", 80), BodyData(b"a"), EndOfMessage()]
)
def test_a_value_never_changes(value):
    name = value.__match_args__[0]
    with pytest.raises(AttributeError, match=f"'{name}' cannot be set"):
        setattr(value, name, 1)
    with pytest.raises(AttributeError, match=f"'{name}' cannot be deleted"):
        delattr(value, name)


@pytest.mark.parametrize(
    "value", [Room(1), Limits(body_size=None), Binding("::1", 80), BodyData(b"a"), EndOfMessage()]
)
def test_a_value_is_the_same_after_pickling_and_copying(value):
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.copy(value) == value


def test_settings_are_replaced_by_name():
    limits = Limits(header_count=3).__replace__(body_size=None)
    assert (limits.header_count, limits.body_size, limits.header_size) == (3, None, 16384)
    with pytest.raises(TypeError, match="Limits has no field 'size'"):
        limits.__replace__(size=1)
    if sys.version_info >= (3, 13):
        assert copy.replace(limits, header_count=4).header_count == 4


def test_heads_show_their_fields_and_are_matched_by_them():
    assert repr(RequestHead(*HEAD)) == (
        "RequestHead(method=b'GET', target=b'/', version=1, headers=[], keep_alive=True, length=0, "
        "expects_continue=False, upgrade=False)"
    )
    tunnel = TunnelHead(*HEAD, b"websocket")
    assert tunnel.protocol == b"websocket"
    assert repr(tunnel).endswith("upgrade=False, protocol=b'websocket')")
    match tunnel:
        case RequestHead(method, target):
            assert (method, target) == (b"GET", b"/")
    assert RequestHead(*HEAD).protocol is None
    assert RequestHead(*HEAD) != RequestHead(*HEAD)


def test_a_subclass_of_settings_may_have_another_default():
    class Cellar(Room):
        name: str = "cellar"

    assert Cellar(1).name == "cellar"
    assert Cellar.__match_args__ == ("number", "name")
    assert Room(1).name == "kitchen"
