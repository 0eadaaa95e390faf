from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.reactor import Reactor

# What to do to which call, and with how many quarters of a second: those add up without rounding.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["set", "cancel", "reset", "delay"]),
        st.integers(0, 30),
        st.integers(0, 40).map(lambda quarters: quarters / 4),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(now=STEPS, later=STEPS)
def test_every_call_is_made_once_when_it_is_due(now, later, manual_loop_class):
    """Steps are taken before the run, and others in the middle of it; a list of due times is the model."""
    loop = manual_loop_class()
    reactor = Reactor(loop)
    calls = []
    due = {}
    made = []
    listed = []

    def make(number):
        made.append((loop.time(), due.pop(number)))

    def take(steps):
        for what, which, seconds in steps:
            if what == "set":
                due[len(calls)] = loop.time() + seconds
                calls.append(reactor.callLater(seconds, make, len(calls)))
                continue
            if not calls:
                continue
            number = which % len(calls)
            listed.append((calls[number].active(), number in due))
            if number not in due:
                continue
            if what == "cancel":
                calls[number].cancel()
                del due[number]
            elif what == "reset":
                calls[number].reset(seconds)
                due[number] = loop.time() + seconds
            else:
                calls[number].delay(seconds)
                due[number] += seconds
        pending = {call.args[0] for call in reactor.getDelayedCalls() if call.func is make}
        listed.append((pending, set(due)))

    take(now)
    reactor.callLater(2.125, take, later)
    reactor.callLater(1000, reactor.stop)
    reactor.run()
    reactor.close()
    loop.close()
    # What is asserted in a delayed call would only be logged: it is all compared here.
    assert due == {}
    assert [now for now, _ in made] == [expected for _, expected in made]
    assert [answer for answer, _ in listed] == [expected for _, expected in listed]
    assert len(listed) >= 2
