"""Tests of `sennit.twisted.internet.delayed`: calls for reactors of programs' own."""

from __future__ import annotations

import pytest

from sennit.core.errors import AlreadyCalled, AlreadyCancelled
from sennit.reactor import Reactor
from sennit.twisted.internet.delayed import DelayedCall


@pytest.fixture
def heard():
    return []


@pytest.fixture
def call(heard):
    return DelayedCall(
        10,
        print,
        (1,),
        {"end": ""},
        lambda call: heard.append(("cancel", call.time)),
        lambda call: heard.append(("reset", call.time)),
        lambda: 3,
    )


def test_a_call_put_earlier_changes_its_place(call, heard):
    call.reset(2)
    assert (call.time, call.getTime(), heard) == (5, 5, [("reset", 5)])


def test_a_call_put_later_stays_in_its_place_until_it_is_told_to_move(call, heard):
    call.reset(20)
    call.delay(5)
    assert (call.time, call.delayed_time, call.getTime(), heard) == (10, 18, 28, [])
    call.activate_delay()
    assert (call.time, call.delayed_time) == (28, 0)


def test_a_call_that_is_cancelled_lets_go_of_what_it_would_have_called(call, heard):
    call.cancel()
    assert heard == [("cancel", 10)]
    assert not call.active()
    assert (call.func, call.args, call.kw) == (None, None, None)
    for again in (call.cancel, lambda: call.reset(1), lambda: call.delay(1)):
        with pytest.raises(AlreadyCancelled):
            again()


def test_a_call_that_was_made_cannot_be_changed(call):
    call.called = True
    for again in (call.cancel, lambda: call.reset(1), lambda: call.delay(1)):
        with pytest.raises(AlreadyCalled):
            again()


def test_calls_are_ordered_by_their_times(call):
    later = DelayedCall(11, print, (), {}, None, None, lambda: 0)
    same = DelayedCall(10, print, (), {}, None, None, lambda: 0)
    assert call < later > same
    assert call <= same >= call
    assert not call < same
    assert call != same
    assert sorted([later, call]) == [call, later]


def test_a_call_tells_what_it_is(call, monkeypatch):
    assert repr(call) == f"<DelayedCall {id(call):#x} [7s] called=0 cancelled=0 print(1, end='')>"
    monkeypatch.setattr(DelayedCall, "debug", True)
    noted = DelayedCall(1, print, (), {}, None, None, lambda: 0)
    assert "test_a_call_tells_what_it_is" in repr(noted)
    assert "at creation" not in repr(call)


def test_what_a_reactor_returns_is_a_delayed_call():
    reactor = Reactor()
    call = reactor.callLater(1, list)
    assert isinstance(call, DelayedCall)
    call.cancel()
    reactor.close()
