"""Child processes on terminals of their own."""

from __future__ import annotations

import os
import pty
import signal
import termios

import pytest
from tests.process.kit import PYTHON
from tests.transport.kit import turns

from sennit.core.errors import ProcessDone, ProcessTerminated
from sennit.core.interfaces import IConsumer, IProcessTransport, IPushProducer
from sennit.process import starting

SESSION = """
import os
open("/dev/tty").close()
print(all(map(os.isatty, (0, 1, 2))), os.getsid(0) == os.getpid(), os.tcgetpgrp(0) == os.getpgrp())
print(os.ttyname(0))
"""


async def test_a_child_leads_a_session_that_the_terminal_controls(reactor, spawn):
    child = spawn(PYTHON, "-I", "-c", SESSION, usePTY=True)
    assert type(await child.ended) is ProcessDone
    text = child.data[1].decode()
    assert text.startswith("True True True\r\n/dev/pts/")
    assert text.endswith("\r\n")
    assert child.marks == ["made", "exited", "ended"]


async def test_a_line_is_read_and_echoed(reactor, shell):
    child = shell("read line; echo got $line; exit 4", usePTY=True)
    child.transport.write(b"li")
    child.transport.writeSequence([b"n", b"e\n"])
    assert (await child.ended).exitCode == 4
    assert child.data == {1: b"line\r\ngot line\r\n"}


async def test_keys_make_signals(reactor, spawn):
    child = spawn("/bin/cat", usePTY=True)
    child.transport.writeToChild(0, b"\x03")
    assert (await child.ended).signal == signal.SIGINT


async def test_hanging_up_ends_the_session_after_all_is_written(reactor, shell):
    child = shell("read line; echo $line; sleep 100; exit 1", usePTY=True)
    child.transport.write(b"line\n")
    await child.until_received(1, b"line\r\nline\r\n")
    child.transport.closeStdin()
    child.transport.closeStdout()
    child.transport.closeStderr()
    await turns(reactor)
    assert child.reason is None
    child.transport.loseConnection()
    assert (await child.ended).signal == signal.SIGHUP
    child.transport.loseConnection()


async def test_the_window_has_a_size_and_changes_of_it_are_told(reactor, shell):
    child = shell("trap 'stty size; exit 0' WINCH; echo ready; while :; do read line; done", usePTY=True)
    await child.until_received(1, b"ready")
    child.transport.set_window_size(50, 132)
    assert termios.tcgetwinsize(child.transport.fileno()) == (50, 132)
    assert type(await child.ended) is ProcessDone
    assert child.data[1].endswith(b"50 132\r\n")
    assert child.transport.fileno() == -1


async def test_a_terminal_that_is_open_can_be_given(reactor, shell):
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    child = shell("tty", usePTY=(master, slave, name))
    assert child.transport.fileno() == master
    await child.ended
    assert child.data[1] == name.encode() + b"\r\n"


async def test_a_child_on_a_terminal_is_in_the_folder_it_is_told(reactor, spawn, tmp_path):
    child = spawn("/bin/pwd", path=tmp_path, usePTY=True)
    await child.ended
    assert child.data[1] == os.fsencode(tmp_path) + b"\r\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root")
async def test_a_child_on_a_terminal_can_have_another_user(reactor, shell):
    child = shell("id -u", uid=65534, usePTY=True)
    await child.ended
    assert child.data[1] == b"65534\r\n"


async def test_a_program_that_cannot_be_run_says_so_on_the_terminal(reactor, spawn, descriptors):
    before = descriptors()
    child = spawn("/no/such", usePTY=True)
    ended = await child.ended
    assert (type(ended), ended.exitCode) == (ProcessTerminated, 1)
    assert child.data[1].startswith(b"/no/such: ")
    await turns(reactor)
    assert descriptors() == before


async def test_a_system_that_is_full_leaves_no_terminal(reactor, shell, monkeypatch, descriptors):
    def full(*args, **options):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    before = descriptors()
    monkeypatch.setattr(starting.subprocess, "Popen", full)
    with pytest.raises(BlockingIOError):
        shell("exit", usePTY=True)
    assert descriptors() == before


async def test_many_terminals_leave_nothing_open(reactor, spawn, descriptors):
    before = descriptors()
    children = [spawn("/bin/true", usePTY=True) for _ in range(8)]
    for child in children:
        await child.ended
    await turns(reactor)
    assert descriptors() == before


async def test_a_paused_terminal_waits(reactor, shell):
    child = shell("echo output", usePTY=True)
    child.transport.pauseProducing()
    assert (await child.exited).exitCode == 0
    assert child.marks == ["made", "exited"]
    assert child.data == {}
    child.transport.resumeProducing()
    await child.ended
    assert child.data == {1: b"output\r\n"}


async def test_what_makes_no_sense_on_a_terminal_is_refused(reactor, shell):
    with pytest.raises(ValueError, match="childFDs"):
        shell("exit", usePTY=True, childFDs={1: "r"})
    with pytest.raises(ValueError, match="session"):
        shell("exit", usePTY=True, process_group=0)


async def test_a_terminal_declares_what_it_provides(reactor, spawn):
    child = spawn("/bin/true", usePTY=True)
    for interface in (IProcessTransport, IConsumer, IPushProducer):
        assert interface.providedBy(child.transport)
    with pytest.raises(KeyError):
        child.transport.writeToChild(1, b"x")
    await child.ended
