"""Tests of the standard library's kind are run beside ours, with their fixtures and parts."""

from __future__ import annotations

import unittest

from sennit.trial import SkipTest, SynchronousTestCase


class PlainTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.numbers = [2, 4, 6]

    def test_parts(self):
        for number in self.numbers:
            with self.subTest(number=number):
                self.assertEqual(number % 2, 0)


class AsynchronousTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.ready = True

    async def test_ready(self):
        self.assertTrue(self.ready)


class SayingTests(SynchronousTestCase):
    def test_skip(self):
        raise SkipTest("to see that it is told")

    def test_todo(self):
        self.assertEqual(1, 2)

    test_todo.todo = "one is not two, for now"
