from __future__ import annotations

import sys
import weakref
from math import inf
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.twins import twins

modules = twins("sennit.reactor.heap")


def drained(a_heap):
    """All that comes out of a heap, with the times at which it stood there."""
    found = []
    while a_heap.first < inf:
        first = a_heap.first
        item = a_heap.pop()
        if item is not None:
            assert item._place == first
            found.append(item)
    return found


def things(module, count):
    class Thing(module.Placed):
        def __repr__(self):
            return f"<{self._number} at {self._place}>"

    return [Thing() for _ in range(count)]


@modules
def test_what_is_pushed_comes_out_by_time_and_among_equals_in_order(module):
    some = things(module, 200)
    a_heap = module.Heap()
    for number, thing in enumerate(some):
        a_heap.push(thing, float(number % 7))
    assert a_heap.number == len(a_heap) == 200
    assert drained(a_heap) == sorted(some, key=lambda thing: (thing._place, thing._number))
    assert len(a_heap) == 0


@modules
def test_nothing_can_be_popped_where_nothing_is(module):
    with pytest.raises(IndexError):
        module.Heap().pop()


@modules
def test_what_was_forgotten_comes_out_as_nothing(module):
    one, other = things(module, 2)
    a_heap = module.Heap()
    a_heap.push(one, 1.0)
    a_heap.push(other, 2.0)
    a_heap.forget(one)
    assert a_heap.live() == [other]
    assert a_heap.pop() is None
    assert a_heap.pop() is other


@modules
def test_what_was_popped_can_be_put_back_where_it_stood(module):
    some = things(module, 5)
    a_heap = module.Heap()
    for thing in some:
        a_heap.push(thing, 3.0)
    first, second = a_heap.pop(), a_heap.pop()
    a_heap.restore(second)
    a_heap.restore(first)
    assert a_heap.number == 5
    assert drained(a_heap) == some


@modules
def test_all_can_be_shifted(module):
    some = things(module, 10)
    a_heap = module.Heap()
    for number, thing in enumerate(some):
        a_heap.push(thing, float(-number))
    for thing in some[::2]:
        a_heap.forget(thing)
    a_heap.shift(100.0)
    assert len(a_heap) == 5
    assert [thing._place for thing in drained(a_heap)] == [91.0, 93.0, 95.0, 97.0, 99.0]
    a_heap.shift(100.0)
    assert a_heap.first == inf


@modules
def test_forgetting_most_frees_them_and_leaves_the_others_in_order(module):
    some = things(module, 1000)
    a_heap = module.Heap()
    for number, thing in enumerate(some):
        a_heap.push(thing, float(number * 7919 % 1000))
    kept = some[::10]
    gone = [weakref.ref(thing) for thing in some if thing not in kept]
    for thing in some:
        if thing not in kept:
            a_heap.forget(thing)
    del some, thing
    assert len(a_heap) < 200
    assert sum(one() is None for one in gone) > 800
    assert drained(a_heap) == sorted(kept, key=lambda thing: thing._place)


@modules
def test_what_is_told_that_a_forgotten_thing_is_gone_may_use_the_heap(module):
    some = things(module, 200)
    more = things(module, 200)
    a_heap = module.Heap()
    for thing in some:
        a_heap.push(thing, 5.0)
    told = [weakref.ref(thing, lambda _: a_heap.push(more.pop(), 1.0)) for thing in some[:150]]
    for thing in some[:150]:
        a_heap.forget(thing)
    late = some[150:]
    del some, thing
    assert sum(one() is None for one in told) > 100
    assert set(a_heap.live()) >= set(late)
    came = drained(a_heap)
    assert [thing._place for thing in came] == sorted(thing._place for thing in came)
    assert came[-50:] == late


STEPS = st.lists(
    st.tuples(st.sampled_from(["push", "push", "forget", "pop", "restore"]), st.integers(0, 500)),
    max_size=400,
)


@modules
@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
def test_it_does_as_a_sorted_list(module, steps):
    a_heap = module.Heap()
    model = []
    popped = []
    for what, number in steps:
        if what == "push":
            [thing] = things(module, 1)
            a_heap.push(thing, number / 8)
            model.append(thing)
        elif what == "restore" and popped:
            thing = popped.pop()
            a_heap.restore(thing)
            model.append(thing)
        elif model and what == "forget":
            a_heap.forget(model.pop(number % len(model)))
        elif model and what == "pop":
            thing = None
            while thing is None:
                thing = a_heap.pop()
            popped.append(thing)
            assert thing is min(model, key=lambda thing: (thing._place, thing._number))
            model.remove(thing)
        assert a_heap.first <= min((thing._place for thing in model), default=inf)
    assert set(a_heap.live()) == set(model)
    assert drained(a_heap) == sorted(model, key=lambda thing: (thing._place, thing._number))
