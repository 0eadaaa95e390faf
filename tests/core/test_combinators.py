from __future__ import annotations

import gc

import pytest

from sennit.core.combinators import DeferredList, FailureGroup, FirstError, gatherResults, race
from sennit.core.deferred import CancelledError, Deferred, fail, succeed
from sennit.core.failure import Failure


class Broken(Exception):
    """What goes wrong in these tests."""


def error_of(deferred):
    failures = []
    deferred.addErrback(failures.append)
    assert len(failures) == 1
    return failures[0].value


def failing(_):
    raise Broken


# -- DeferredList


def test_a_list_fires_when_all_members_have_in_their_order():
    first, second = Deferred(), Deferred()
    together = DeferredList([first, second])
    second.callback(2)
    assert not together.called
    first.callback(1)
    assert together.result == [(True, 1), (True, 2)]


def test_a_list_shows_failures_beside_results():
    error = Broken()
    together = DeferredList([succeed(1), fail(error)], consumeErrors=True)
    (good, bad) = together.result
    assert good == (True, 1)
    assert bad[0] is False
    assert bad[1].value is error


def test_members_keep_their_results():
    member = succeed(1)
    DeferredList([member])
    assert member.result == 1


def test_failures_stay_with_the_members_unless_consumed(reports):
    kept, consumed = fail(Broken()), fail(Broken())
    DeferredList([kept])
    DeferredList([consumed], consumeErrors=True)
    assert isinstance(error_of(kept), Broken)
    assert consumed.result is None
    gc.collect()
    assert reports == []


def test_an_empty_list_fires_at_once():
    assert DeferredList([]).result == []


def test_an_empty_list_waiting_for_one_callback_never_fires():
    assert not DeferredList([], fireOnOneCallback=True).called


def test_fireOnOneCallback_fires_with_the_first_result_and_its_index():
    first, second = Deferred(), Deferred()
    together = DeferredList([first, second], fireOnOneCallback=True)
    second.callback("result")
    assert together.result == ("result", 1)
    first.callback("late")
    assert together.result == ("result", 1)


def test_fireOnOneCallback_gives_the_whole_list_if_all_fail():
    together = DeferredList([fail(Broken()), fail(Broken())], fireOnOneCallback=True, consumeErrors=True)
    assert [success for success, _ in together.result] == [False, False]


def test_fireOnOneErrback_fails_with_the_first_error():
    error = Broken()
    together = DeferredList([Deferred(), fail(error)], fireOnOneErrback=True, consumeErrors=True)
    first = error_of(together)
    assert type(first) is FirstError
    assert first.index == 1
    assert first.subFailure.value is error


def test_cancelling_a_list_cancels_its_members():
    cancelled = []
    members = [Deferred(cancelled.append) for _ in range(3)]
    together = DeferredList(members, consumeErrors=True)
    together.cancel()
    assert cancelled == members
    assert [type(failure.value) for _, failure in together.result] == [CancelledError] * 3


def test_a_canceller_that_raises_does_not_save_the_others(reports):
    cancelled = []
    together = DeferredList([Deferred(failing), Deferred(cancelled.append)], consumeErrors=True)
    together.cancel()
    assert len(cancelled) == 1
    ((failure, message, _),) = reports
    assert failure.type is Broken
    assert message == "Exception raised from user supplied canceller"


def test_cancelling_a_fired_list_leaves_its_members_alone():
    together = DeferredList([succeed(1)])
    together.cancel()
    assert together.result == [(True, 1)]


def test_a_list_takes_any_iterable():
    assert DeferredList(succeed(n) for n in range(2)).result == [(True, 0), (True, 1)]


def test_a_list_shows_its_results_so_far():
    together = DeferredList([succeed(1), Deferred()])
    assert together.resultList == [(True, 1), None]
    assert together.finishedCount == 1
    assert (together.fireOnOneCallback, together.fireOnOneErrback) == (False, False)


# -- gatherResults


def test_gatherResults_gives_plain_results():
    assert gatherResults([succeed(1), succeed(2)]).result == [1, 2]
    assert gatherResults([]).result == []


def test_gatherResults_fails_with_the_first_error():
    error = error_of(gatherResults([succeed(1), fail(Broken())], consumeErrors=True))
    assert type(error) is FirstError
    assert error.index == 1


def test_cancelling_gatherResults_cancels_the_members():
    cancelled = []
    gathered = gatherResults([Deferred(cancelled.append), Deferred(cancelled.append)], consumeErrors=True)
    gathered.cancel()
    assert len(cancelled) == 2
    error = error_of(gathered)
    assert type(error.subFailure.value) is CancelledError


def test_first_errors_show_and_compare_what_they_hold():
    failure = Failure(Broken("x"))
    error = FirstError(failure, 1)
    assert repr(error) == "FirstError[#1, Broken('x')]"
    assert str(error) == f"FirstError[#1, {failure}]"
    assert error == FirstError(failure, 1)
    assert error != FirstError(failure, 2)
    assert error != 1
    assert hash(error) == hash(FirstError(failure, 1))


# -- race


def test_the_first_success_wins_a_race_and_the_others_are_cancelled():
    cancelled = []
    first, second = Deferred(cancelled.append), Deferred()
    result = race([first, second])
    second.callback("won")
    assert result.result == (1, "won")
    assert cancelled == [first]


def test_a_failure_does_not_lose_the_race():
    first, second = Deferred(), Deferred()
    result = race([first, second])
    first.errback(Broken())
    assert not result.called
    second.callback("won")
    assert result.result == (1, "won")


def test_a_race_that_all_lose_fails_with_every_failure():
    errors = [Broken(), Broken()]
    first, second = Deferred(), Deferred()
    result = race([first, second])
    second.errback(errors[1])
    first.errback(errors[0])
    group = error_of(result)
    assert type(group) is FailureGroup
    assert [failure.value for failure in group.failures] == errors


def test_cancelling_a_race_cancels_every_competitor():
    cancelled = []
    result = race([Deferred(cancelled.append), Deferred(cancelled.append)])
    result.cancel()
    assert len(cancelled) == 2
    assert type(error_of(result)) is FailureGroup


def test_a_race_leaves_nothing_unhandled(reports):
    first, second = Deferred(), Deferred()
    race([first, second])
    first.callback(1)
    del first, second
    gc.collect()
    assert reports == []


def test_a_race_already_won_is_over_at_once():
    assert race([Deferred(), succeed(2)]).result == (1, 2)


@pytest.mark.parametrize("combine", [DeferredList, gatherResults])
def test_members_that_wait_for_others_are_waited_for(combine):
    inner = Deferred()
    together = combine([succeed(None).addCallback(lambda _: inner)])
    assert not together.called
    inner.callback(1)
    assert together.result in ([1], [(True, 1)])


# -- how a list stands in the chains of its members


def test_what_is_added_to_a_member_while_the_list_fires_runs_after_the_list():
    order = []
    member = Deferred()
    whole = DeferredList([member])

    def fired(results):
        member.addCallback(lambda result: order.append(("member", result)))
        order.append(("list", results))

    whole.addCallback(fired)
    member.callback(1)
    assert order == [("list", [(True, 1)]), ("member", 1)]


def test_a_member_that_is_paused_while_the_list_fires_goes_on_when_it_is_unpaused():
    order = []
    member = Deferred()
    whole = DeferredList([member])

    def fired(_):
        member.pause()
        member.addCallback(order.append)

    whole.addCallback(fired)
    member.callback(1)
    assert order == []
    member.unpause()
    assert order == [1]


def test_a_paused_member_fires_the_list_when_it_is_unpaused():
    member = succeed(1)
    member.pause()
    whole = DeferredList([member, succeed(2)])
    assert not whole.called
    member.unpause()
    assert whole.result == [(True, 1), (True, 2)]


def test_callbacks_stand_before_and_behind_a_list():
    order = []
    member = Deferred()
    member.addCallback(lambda result: result + 1)
    whole = gatherResults([member])
    member.addCallback(order.append)
    assert len(member.callbacks) == 3
    member.callback(1)
    assert (whole.result, order) == ([2], [2])


def test_a_deferred_may_be_a_member_twice_and_of_two_lists():
    member = Deferred()
    one, other = DeferredList([member, member]), gatherResults([member])
    member.callback(1)
    assert one.result == [(True, 1), (True, 1)]
    assert other.result == [1]
    assert member.result == 1


def test_a_failure_that_comes_by_is_the_members_to_report_unless_the_list_takes_it(promptly):
    member, taken = Deferred(), Deferred()
    whole = DeferredList([member])
    other = DeferredList([taken], consumeErrors=True)
    error = ValueError("of the member")
    member.errback(error)
    taken.errback(ValueError("taken"))
    assert [succeeded for succeeded, _ in whole.result + other.result] == [False, False]
    del whole, other, taken
    assert promptly == []
    del member
    assert [failure.value for failure, _, _ in promptly] == [error]


def test_a_failure_handled_behind_the_list_is_not_reported(promptly):
    member = Deferred()
    DeferredList([member])
    member.addErrback(lambda failure: failure.trap(ValueError) and None)
    member.errback(ValueError("expected"))
    late = Deferred()
    DeferredList([late])
    late.errback(ValueError("expected"))
    late.addErrback(lambda failure: failure.trap(ValueError) and None)
    del member, late
    assert promptly == []


def test_a_member_whose_class_adds_callbacks_in_its_own_way_is_asked():
    class Watched(Deferred):
        asked = 0

        def addCallbacks(self, *args, **kwargs):
            self.asked += 1
            return super().addCallbacks(*args, **kwargs)

    member = Watched()
    whole = gatherResults([member])
    member.callback(1)
    assert (member.asked, whole.result) == (1, [1])


def test_a_list_that_cannot_take_a_result_leaves_the_error_with_the_member():
    class Refusing(DeferredList):
        def callback(self, result):
            raise KeyError("refused")

    member = Deferred()
    Refusing([member])
    member.callback(1)
    member.addErrback(lambda failure: failure.trap(KeyError))
    assert member.result is KeyError
