"""Coroutines all the way: react with an async main, asyncio at home, contextvars kept."""

from __future__ import annotations

import contextvars
import sys

from twisted.internet import defer, task

name = contextvars.ContextVar("name", default="nobody")


async def sleep(reactor, seconds):
    await task.deferLater(reactor, seconds, lambda: None)


async def worker(reactor, label, delay):
    name.set(label)
    await sleep(reactor, delay)
    return f"{label} is {name.get()}"


async def fails():
    raise LookupError("nothing here")


@defer.inlineCallbacks
def old_style(reactor):
    name.set("old")
    yield task.deferLater(reactor, 0.01, lambda: None)
    result = yield defer.ensureDeferred(worker(reactor, "nested", 0.01))
    return [result, name.get()]


async def main(reactor, *arguments):
    print("arguments:", arguments)
    jobs = [worker(reactor, label, delay) for label, delay in (("a", 0.03), ("b", 0.01))]
    print(await defer.gatherResults([defer.ensureDeferred(job) for job in jobs]))
    try:
        await fails()
    except LookupError as error:
        print("caught:", error)
    try:
        await defer.ensureDeferred(fails())
    except LookupError as error:
        print("caught again:", error)
    print(await old_style(reactor), name.get())
    results = await defer.DeferredList([defer.succeed(1), defer.ensureDeferred(fails())], consumeErrors=True)
    print([(ok, value if ok else value.getErrorMessage()) for ok, value in results])
    semaphore = defer.DeferredSemaphore(1)
    async with semaphore:
        print("tokens:", semaphore.tokens)
    print("tokens:", semaphore.tokens)
    raise SystemExit(5)


task.react(main, sys.argv[1:] or ["one", "two"])
