from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sennit.core.deferred import Deferred
from sennit.reactor import Reactor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the state of threads in /proc")


@pytest.fixture(autouse=True)
def known_handlers():
    """The interpreter's own handlers, and the test runner's back at the end."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_reactor_cleanly(reactor, number):
    seen = []
    reactor.addSystemEventTrigger("during", "shutdown", seen.append, "shutdown")
    reactor.callWhenRunning(os.kill, os.getpid(), number)
    reactor.run()
    assert seen == ["shutdown"]
    assert reactor.exit_signal == number
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert reactor.exit_signal is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_wakes_a_loop_that_has_nothing_to_do(reactor, number):
    main = threading.get_ident()
    state = Path(f"/proc/self/task/{threading.get_native_id()}/stat")

    def kill():
        reactor.callFromThread(idle.set)
        idle.wait()
        # The kernel says when the loop's thread has gone to sleep.
        asleep = 0
        while asleep < 20:
            asleep = asleep + 1 if state.read_text().rpartition(")")[2].split()[0] == "S" else 0
        signal.pthread_kill(main, number)

    idle = threading.Event()
    thread = threading.Thread(target=kill)
    reactor.callWhenRunning(thread.start)
    reactor.run()
    thread.join()


def test_handlers_are_put_back_after_the_run(reactor):
    during = []

    def look():
        during.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM))
        reactor.stop()

    reactor.callWhenRunning(look)
    reactor.run()
    assert during == [reactor.sigInt, reactor.sigTerm]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_no_handlers_are_installed_when_none_are_wanted(reactor):
    during = []

    def look():
        during.append(signal.getsignal(signal.SIGTERM))
        reactor.stop()

    reactor.callWhenRunning(look)
    reactor.run(installSignalHandlers=False)
    assert during == [signal.SIG_DFL]


def test_a_program_keeps_its_own_handler_for_the_interrupt_key(reactor):
    heard = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    reactor.callWhenRunning(os.kill, os.getpid(), signal.SIGINT)
    reactor.callLater(0.02, reactor.stop)
    reactor.run()
    assert heard == [signal.SIGINT]


def test_a_handler_that_the_program_installs_during_the_run_stays(reactor):
    def own(number, frame):
        """Do nothing."""

    reactor.callWhenRunning(signal.signal, signal.SIGTERM, own)
    reactor.callLater(0, reactor.stop)
    reactor.run()
    assert signal.getsignal(signal.SIGTERM) is own


def test_a_second_signal_does_not_wait_for_the_shutdown(reactor):
    seen = []
    never = Deferred()

    def again():
        seen.append("asked to wait")
        os.kill(os.getpid(), signal.SIGINT)
        return never

    reactor.addSystemEventTrigger("before", "shutdown", again)
    trigger = reactor.addSystemEventTrigger("during", "shutdown", seen.append, "shutdown")
    reactor.callWhenRunning(os.kill, os.getpid(), signal.SIGINT)
    reactor.run()
    assert seen == ["asked to wait"]
    reactor.removeSystemEventTrigger(trigger)


def test_outside_of_the_main_thread_a_reactor_runs_without_handlers(threadable_loop_name):
    during = []

    def program():
        reactor = Reactor(threadable_loop_name)
        reactor.callWhenRunning(lambda: (during.append(signal.getsignal(signal.SIGTERM)), reactor.stop()))
        reactor.run()
        reactor.close()

    thread = threading.Thread(target=program)
    thread.start()
    thread.join()
    assert during == [signal.SIG_DFL]


PROGRAM = """
import signal, sys, sennit
signal.signal(signal.SIGINT, signal.default_int_handler)
from sennit.core.current import current_reactor

async def main():
    reactor = current_reactor()
    reactor.addSystemEventTrigger("during", "shutdown", print, "shutdown", flush=True)
    print("ready", flush=True)
    from asyncio import sleep
    try:
        await sleep(3600)
    finally:
        print("main ended", flush=True)

sennit.run(main, loop=sys.argv[1])
"""


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_a_program_ends_as_its_signal_says(loop_name, number, status):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, loop_name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    assert out == "main ended\nshutdown\n"
    assert process.returncode == status
    assert "Exception ignored" not in errors
    assert "never" not in errors


def test_a_handler_of_the_program_may_call_into_the_loop(reactor):
    """Whatever the loop is in the middle of, and also when it waits for something far away."""
    made = []

    def own(number, frame):
        reactor.callFromThread(made.append, number)
        reactor.callFromThread(reactor.stop)

    def send():
        reactor.callFromThread(idle.set)
        idle.wait()
        signal.pthread_kill(main, signal.SIGUSR1)

    main, idle = threading.get_ident(), threading.Event()
    thread = threading.Thread(target=send)
    before = signal.signal(signal.SIGUSR1, own)
    try:
        reactor.callWhenRunning(thread.start)
        reactor.callLater(3600, made.append, "too late")
        reactor.run()
    finally:
        signal.signal(signal.SIGUSR1, before)
    thread.join()
    assert made == [signal.SIGUSR1]
    for call in reactor.getDelayedCalls():
        call.cancel()


def test_a_handler_may_interrupt_a_call_into_the_loop_that_is_being_made(reactor):
    made = []

    def own(number, frame):
        reactor.callFromThread(made.append, "handler")

    before = signal.signal(signal.SIGUSR1, own)

    def hand_in():
        for _ in range(200):
            signal.raise_signal(signal.SIGUSR1)
            reactor.callFromThread(made.append, "loop")
        reactor.callFromThread(reactor.stop)

    try:
        reactor.callWhenRunning(hand_in)
        reactor.run()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert made.count("handler") == made.count("loop") == 200
