from __future__ import annotations

import gc
import sys
import weakref
from contextvars import ContextVar, copy_context
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.twins import twins

modules = twins("sennit.reactor.inbox")

who = ContextVar("who", default="nobody")


@pytest.fixture
def wakes():
    return []


@pytest.fixture
def inbox(module, wakes):
    def wake():
        wakes.append(len(made))
        made.awaited = True

    made = module.Inbox(wake)
    return made


@modules
def test_calls_are_made_in_the_order_in_which_they_were_handed_in(inbox, wakes):
    made = []
    for number in range(1000):
        inbox.put(made.append, (number,), {})
    assert len(inbox) == 1000
    assert wakes == [1]
    inbox.make(False)
    assert made == list(range(1000))
    assert (len(inbox), wakes, inbox.awaited) == (0, [1], False)


@modules
def test_calls_handed_in_by_calls_wait_for_the_next_time(inbox, wakes):
    made = []

    def call(number):
        made.append(number)
        if number < 100:
            inbox.put(call, (number + 20,), {})

    for number in range(20):
        inbox.put(call, (number,), {})
    inbox.make(False)
    assert made == list(range(20))
    assert wakes == [1, 20]
    while inbox:
        inbox.make(False)
    assert made == list(range(120))


@modules
def test_arguments_are_handed_on(inbox):
    heard = []
    inbox.put(lambda *args, **kwargs: heard.append((args, kwargs)), (1, 2), {"word": "three"})
    inbox.put(lambda *args, **kwargs: heard.append((args, kwargs)), (), {})
    inbox.make(False)
    assert heard == [((1, 2), {"word": "three"}), ((), {})]


@modules
def test_what_cannot_be_called_is_refused(inbox, wakes):
    with pytest.raises(AssertionError, match="3 is not callable"):
        inbox.put(3, (), {})
    assert (len(inbox), wakes) == (0, [])


@modules
def test_a_call_runs_in_a_context_of_its_own(inbox):
    heard = []

    def change():
        heard.append(who.get())
        who.set("changed")

    def put():
        who.set("caller")
        inbox.put(change, (), {})
        inbox.put(change, (), {})

    copy_context().run(put)
    inbox.put(change, (), {})
    inbox.make(False)
    assert heard == ["caller", "caller", "nobody"]
    assert who.get() == "nobody"


@modules
def test_an_error_is_logged_and_the_next_call_is_made(inbox, logged):
    made = []
    inbox.put(lambda: 1 / 0, (), {})
    inbox.put(sys.exit, (3,), {})
    inbox.put(made.append, (1,), {})
    inbox.make(False)
    assert made == [1]
    assert logged.errors() == [ZeroDivisionError, SystemExit]


@modules
def test_a_call_that_makes_the_others_makes_each_once(inbox, wakes):
    made = []
    inbox.put(inbox.make, (True,), {})
    inbox.put(made.append, (1,), {})
    inbox.put(made.append, (2,), {})
    inbox.make(True)
    assert made == [1, 2]
    # Before a call that may run the loop, the loop is woken for those that wait behind it.
    assert wakes == [1, 2, 1]


@modules
def test_an_inbox_that_nobody_has_any_more_lets_go_of_its_calls(module):
    class Thing:
        def call(self):
            """Be held by the inbox."""

        def put(self):
            who.set(self)
            self.inbox.put(self.call, (self,), {"thing": self})

    thing = Thing()
    thing.inbox = module.Inbox(list)
    thing.inbox.awaited = True
    copy_context().run(thing.put)
    for _ in range(20):
        thing.inbox.put(thing.call, (), {})
    gone = weakref.ref(thing)
    del thing
    gc.collect()
    assert gone() is None


@modules
def test_calls_that_wait_survive_the_collector_of_garbage(inbox):
    made = []
    for number in range(100):
        inbox.put(lambda *held: made.append(held[0]), ([number],), {})
    gc.collect()
    inbox.make(False)
    assert made == [[number] for number in range(100)]
