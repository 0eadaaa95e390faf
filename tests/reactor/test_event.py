"""One event by itself, as programs with reactors of their own use it."""

from __future__ import annotations

import pytest

from sennit.core.deferred import Deferred
from sennit.reactor.events import Event


def test_the_phases_run_in_their_order_whatever_the_order_they_were_added_in():
    event, ran = Event(), []
    for phase in ("after", "during", "before"):
        event.addTrigger(phase, ran.append, phase)
    event.fireEvent()
    assert ran == ["before", "during", "after"]


def test_the_later_phases_wait_for_the_deferreds_of_before_and_miss_what_is_removed_meanwhile():
    event, ran, slow = Event(), [], Deferred()
    event.addTrigger("before", lambda: slow)
    event.addTrigger("during", ran.append, "during")
    removed = event.addTrigger("after", ran.append, "after")
    event.fireEvent()
    event.removeTrigger(removed)
    assert ran == []
    slow.callback(None)
    assert ran == ["during"]


def test_a_trigger_that_has_run_cannot_be_removed():
    event = Event()
    trigger = event.addTrigger("during", list)
    event.fireEvent()
    with pytest.raises(ValueError, match="has run"):
        event.removeTrigger(trigger)


def test_there_are_three_phases():
    with pytest.raises(KeyError, match="no phase"):
        Event().addTrigger("sometime", list)
