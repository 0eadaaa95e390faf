"""What tests may wait for, and what is put back when they are over."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sennit import Deferred, Failure, current_reactor, inlineCallbacks
from sennit.core.deferred import CancelledError, fail
from sennit.core.locks import DeferredLock, DeferredQueue
from sennit.log import Logger
from sennit.task import Clock, Cooperator, LoopingCall, deferLater
from sennit.trial import SynchronousTestCase, TestCase


class WaitingTests(TestCase):
    timeout = 20

    def later(self, value, seconds=0.001):
        return deferLater(current_reactor(), seconds, lambda: value)

    def test_for_a_deferred(self):
        reactor = self._reactor
        waiting = deferLater(reactor, 0.001, lambda: "fired")
        return waiting.addCallback(self.assertEqual, "fired")

    async def test_for_a_coroutine(self):
        self.assertEqual(await self.later("fired"), "fired")

    @inlineCallbacks
    def test_for_a_generator(self):
        self.assertEqual((yield self.later("fired")), "fired")

    async def test_for_futures_of_asyncio(self):
        self.assertEqual(await asyncio.sleep(0.001, "slept"), "slept")
        self.assertEqual(await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2)), [1, 2])

    async def test_for_locks_in_the_order_they_were_asked_for(self):
        lock = DeferredLock()
        order = []
        await lock.acquire()
        for name in "abc":
            lock.acquire().addCallback(lambda _, name=name: order.append(name))
        self.assertEqual(order, [])
        for _ in range(4):
            lock.release()
        self.assertEqual(order, ["a", "b", "c"])

    async def test_for_a_cooperator_to_share_the_loop(self):
        steps = []
        cooperator = Cooperator()

        def work(name):
            for number in range(3):
                steps.append(f"{name}{number}")
                yield

        done = [cooperator.coiterate(work(name)) for name in "ab"]
        for each in done:
            await each
        self.assertEqual(sorted(steps), ["a0", "a1", "a2", "b0", "b1", "b2"])
        self.assertNotEqual(steps, sorted(steps))

    async def test_for_an_error_that_is_expected(self):
        with self.assertRaises(KeyError):
            await fail(KeyError("x"))
        error = await self.assertFailure(fail(ValueError("y")), ValueError)
        self.assertEqual(str(error), "y")


class TimeIsAnArgumentTests(SynchronousTestCase):
    def setUp(self):
        self.clock = Clock()

    def test_a_loop_keeps_its_beat(self):
        beats = []
        loop = LoopingCall(lambda: beats.append(self.clock.seconds()))
        loop.clock = self.clock
        done = loop.start(10, now=False)
        self.clock.pump([10, 15, 5])
        self.assertEqual(beats, [10, 25, 30])
        loop.stop()
        self.assertIs(self.successResultOf(done), loop)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_time_limit_cancels(self):
        waiting = Deferred().addTimeout(5, self.clock)
        self.clock.advance(4)
        self.assertNoResult(waiting)
        self.clock.advance(2)
        self.assertIn("Timeout", repr(self.failureResultOf(waiting).type))

    def test_a_queue_that_nobody_fills_can_be_left(self):
        waiting = DeferredQueue().get()
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)


class LeavingNoTraceTests(SynchronousTestCase):
    setting = "before"

    def test_what_was_patched_is_restored_before_tear_down(self):
        self.patch(LeavingNoTraceTests, "setting", "meanwhile")
        self.assertEqual(LeavingNoTraceTests.setting, "meanwhile")

    def tearDown(self):
        self.assertEqual(LeavingNoTraceTests.setting, "before")

    def test_files_of_a_test_are_its_own(self):
        one, other = Path(self.mktemp()), Path(self.mktemp())
        self.assertNotEqual(one, other)
        one.write_text("mine")
        self.assertFalse(other.exists())

    def test_an_error_that_is_logged_can_be_taken(self):
        Logger().failure("on purpose", Failure(KeyError("x")))
        [failure] = self.flushLoggedErrors(KeyError)
        self.assertEqual(failure.value.args, ("x",))
