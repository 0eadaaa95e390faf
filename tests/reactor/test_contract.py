"""Every loop keeps the contract of loops."""

from __future__ import annotations

import asyncio

import pytest

from sennit.testing.contract import check_loop, loop_checks


@pytest.mark.parametrize("check", loop_checks(), ids=str)
def test_a_loop_keeps_its_contract(loop_name, check):
    check_loop(check, loop_name)


def test_a_loop_that_loses_calls_of_threads_is_caught():
    class Forgetful(asyncio.SelectorEventLoop):
        def call_soon_threadsafe(self, callback, *args, context=None):
            return self.call_later(3600, callback, *args, context=context)

    [check] = [one for one in loop_checks() if str(one) == "what_is_asked_before_the_run_is_done_in_it"]
    check_loop(check, asyncio.SelectorEventLoop)
    with pytest.raises(AssertionError):
        check_loop(check, Forgetful)
