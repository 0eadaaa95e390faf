"""Child processes on pipes: how they start, what they are given, what they say, and how they end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.process.kit import PYTHON, Watcher
from tests.transport.kit import in_reactor, turns

from sennit.core.addresses import ProcessAddress
from sennit.core.errors import ProcessDone, ProcessExitedAlready, ProcessTerminated
from sennit.core.interfaces import IConsumer, IProcessTransport, IPushProducer, IReactorProcess
from sennit.process import reaping, starting
from sennit.protocol import ProcessProtocol

AS_ROOT = os.geteuid() == 0
DESCRIPTORS = """
import os
found = []
for number in range(64):
    try:
        os.fstat(number)
    except OSError:
        continue
    found.append(number)
os.write(1, str(found).encode())
"""


# What is said and heard.


async def test_a_child_reads_and_writes_and_ends(reactor, spawn):
    child = spawn("/bin/cat")
    child.transport.write(b"one ")
    child.transport.writeSequence([b"two ", b"three"])
    child.transport.closeStdin()
    child.transport.write(b" four")
    ended = await child.ended
    assert type(ended) is ProcessDone
    assert (ended.exitCode, ended.signal, ended.status) == (0, None, 0)
    assert child.data == {1: b"one two three four"}
    assert child.events[0] == "made"
    assert child.events[-1] == "ended"
    assert sorted(child.marks) == ["ended", "exited", "lost 0", "lost 1", "lost 2", "made"]


async def test_the_methods_for_standard_streams_are_called(reactor):
    class Classic(Watcher):
        childDataReceived = ProcessProtocol.childDataReceived
        childConnectionLost = ProcessProtocol.childConnectionLost

        def outReceived(self, data):
            self._note(f"out {data}")

        def errReceived(self, data):
            self._note(f"err {data}")

        def inConnectionLost(self):
            self._note("in lost")

        def outConnectionLost(self):
            self._note("out lost")

        def errConnectionLost(self):
            self._note("err lost")

    child = Classic()
    reactor.spawnProcess(child, "/bin/sh", ["sh", "-c", "echo out; echo err >&2"])
    await child.ended
    assert sorted(child.events) == sorted(
        ["made", "out b'out\\n'", "err b'err\\n'", "in lost", "out lost", "err lost", "exited", "ended"]
    )


async def test_an_exit_code_is_a_termination(reactor, shell):
    ended = await shell("exit 3").ended
    assert type(ended) is ProcessTerminated
    assert (ended.exitCode, ended.signal, ended.status) == (3, None, 3 << 8)


async def test_a_signal_is_a_termination(reactor, shell):
    ended = await shell("kill -9 $$").ended
    assert type(ended) is ProcessTerminated
    assert (ended.exitCode, ended.signal, ended.status) == (None, 9, 9)


async def test_the_exit_is_told_before_the_end_which_waits_for_the_descriptors(reactor, shell):
    child = shell("(read line; echo late) <&3 & exit 2", childFDs={0: "w", 1: "r", 2: "r", 3: "w"})
    assert (await child.exited).exitCode == 2
    assert child.transport.pid is None
    assert "ended" not in child.events
    child.transport.writeToChild(3, b"\n")
    assert (await child.ended).exitCode == 2
    assert child.data == {1: b"late\n"}
    assert child.events.index("exited") < child.events.index("lost 1") < child.events.index("ended")


async def test_a_child_that_closes_its_input_is_noticed_without_writing(reactor, shell):
    child = shell("exec <&-; exec sleep 100")
    await child.until(lambda: "lost 0" in child.events)
    child.transport.write(b"nobody reads this")
    with pytest.raises(KeyError):
        child.transport.writeToChild(0, b"nor this")
    child.transport.signalProcess("KILL")
    await child.ended


async def test_what_a_child_does_not_read_is_lost_with_it(reactor, shell):
    child = shell("read line; exit 5")
    child.transport.write(b"line\n" + b"x" * 1_000_000)
    assert (await child.ended).exitCode == 5


async def test_losing_the_connection_closes_the_standard_streams_only(reactor, shell):
    child = shell("trap '' PIPE; cat >&3; echo unheard; exit 6", childFDs={0: "w", 1: "r", 2: "r", 3: "r"})
    child.transport.write(b"x" * 200_000)
    child.transport.loseConnection()
    assert (await child.ended).exitCode == 6
    assert child.data == {3: b"x" * 200_000}


async def test_one_descriptor_can_be_closed(reactor, shell):
    child = shell("trap '' PIPE; read line; echo heard >&2; echo unheard; exit 0")
    child.transport.closeStdout()
    child.transport.closeStdout()
    await child.until(lambda: "lost 1" in child.events)
    child.transport.closeChildFD(77)
    child.transport.write(b"\n")
    await child.ended
    assert child.data[2].startswith(b"heard\n")
    assert 1 not in child.data


async def test_a_megabyte_goes_through(reactor, spawn):
    data = os.urandom(1_000_000)
    child = spawn("/bin/cat")
    child.transport.write(data)
    child.transport.closeStdin()
    await child.ended
    assert child.data[1] == data


async def test_text_is_refused(reactor, spawn):
    child = spawn("/bin/cat")
    for write in (child.transport.write, lambda text: child.transport.writeToChild(0, text)):
        with pytest.raises(TypeError):
            write("text")
    child.transport.closeStdin()
    await child.ended
    with pytest.raises(TypeError):
        child.transport.write("text")
    child.transport.write(b"dropped")


async def test_only_descriptors_to_write_to_can_be_written(reactor, spawn):
    child = spawn("/bin/cat")
    for name in (1, 9):
        with pytest.raises(KeyError):
            child.transport.writeToChild(name, b"x")
    child.transport.closeStdin()
    await child.ended


# Pace.


async def test_a_paused_child_waits(reactor, shell):
    child = shell("dd if=/dev/zero bs=65536 count=8 2>/dev/null; echo done >&2")
    child.transport.pauseProducing()
    await turns(reactor, 20)
    assert child.events == ["made"]
    child.transport.resumeProducing()
    await child.ended
    assert len(child.data[1]) == 8 * 65536


class Producer:
    def __init__(self, resume=None):
        self.events = []
        self._resume = resume

    def pauseProducing(self):
        self.events.append("pause")

    def resumeProducing(self):
        self.events.append("resume")
        if self._resume is not None:
            self._resume()

    def stopProducing(self):
        self.events.append("stop")


async def test_a_push_producer_goes_at_the_pace_of_the_child(reactor, shell):
    child = shell("read line; cat")
    producer = Producer(lambda: (child.transport.unregisterProducer(), child.transport.closeStdin()))
    child.transport.registerProducer(producer, True)
    child.transport.write(b"x" * 1_000_000)
    assert producer.events == ["pause"]
    child.transport.write(b"\nend")
    await child.ended
    assert producer.events == ["pause", "resume"]
    assert child.data[1] == b"end"


async def test_a_pull_producer_is_asked_until_it_is_done(reactor, spawn):
    pieces = [b"one", b"x" * 300_000, b"three"]

    def produce():
        if pieces:
            child.transport.write(pieces.pop(0))
        else:
            child.transport.unregisterProducer()

    child = spawn("/bin/cat")
    child.transport.registerProducer(Producer(produce), False)
    child.transport.closeStdin()
    await child.ended
    assert child.data[1] == b"one" + b"x" * 300_000 + b"three"


async def test_a_producer_is_stopped_with_the_input(reactor, spawn):
    child = spawn("/bin/sleep", "100")
    producer = Producer()
    child.transport.registerProducer(producer, True)
    with pytest.raises(RuntimeError):
        child.transport.registerProducer(Producer(), True)
    child.transport.signalProcess("TERM")
    await child.ended
    late = Producer()
    child.transport.registerProducer(late, True)
    child.transport.unregisterProducer()
    assert producer.events == late.events == ["stop"]


# What a child is given.


@pytest.mark.parametrize("names", [(1,), (0, 1, 2, 3), (0, 1, 2, 9), (1, 3, 4, 5, 6, 7, 8), (1, 40), (1, 0)])
async def test_a_child_has_the_descriptors_of_the_map_and_no_others(reactor, spawn, names):
    secret = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(secret, True)
    try:
        child = spawn(PYTHON, "-I", "-c", DESCRIPTORS, childFDs=dict.fromkeys(names, "r"))
    finally:
        os.close(secret)
    await child.ended
    assert child.data == {1: str(sorted(names)).encode()}


async def test_a_map_may_turn_our_descriptors_round(reactor, tmp_path, spawn):
    """Each of ours becomes one of the child's that another of ours is."""
    files = []
    for number in range(6):
        path = tmp_path / str(number)
        path.write_text(f"file {number}")
        files.append(path.open())
    ours = [file.fileno() for file in files]
    theirs = [*ours[1:], ours[0]]
    try:
        program = f"import os; print([os.read(each, 99).decode() for each in {ours}])"
        child = spawn(
            PYTHON, "-I", "-c", program, childFDs={1: "r", 2: 2, **dict(zip(ours, theirs, strict=True))}
        )
        await child.ended
    finally:
        for file in files:
            file.close()
    assert child.data[1].decode().strip() == str([f"file {number}" for number in (1, 2, 3, 4, 5, 0)])


async def test_a_descriptor_of_ours_can_be_several_of_the_childs(reactor, tmp_path, shell):
    with (tmp_path / "log").open("wb") as log:
        child = shell(
            "echo out; echo err >&2; echo 5 >&5",
            childFDs={1: log.fileno(), 2: log.fileno(), 5: log.fileno()},
        )
        await child.ended
    assert (tmp_path / "log").read_bytes() == b"out\nerr\n5\n"
    assert child.marks == ["made", "exited", "ended"]


async def test_pipes_at_high_numbers_carry_data_both_ways(reactor, shell):
    child = shell("cat <&7 >&4", childFDs={1: "r", 4: "r", 7: "w"})
    child.transport.writeToChild(7, b"through")
    child.transport.closeChildFD(7)
    await child.ended
    assert child.data == {4: b"through"}


@pytest.mark.parametrize("bad", [{1: "x"}, {-1: "r"}, {"1": "r"}, {1: -1}, {1: None}])
async def test_a_map_that_makes_no_sense_is_refused(reactor, shell, bad, descriptors):
    before = descriptors()
    with pytest.raises(ValueError, match="childFDs"):
        shell("exit", childFDs={0: "w", **bad})
    assert descriptors() == before


async def test_the_environment_is_what_was_said(reactor, spawn, monkeypatch):
    monkeypatch.setenv("SENNIT_TEST", "inherited")
    empty = spawn("/usr/bin/env", env={})
    given = spawn("/usr/bin/env", env={b"A": b"1", "B": "é"})
    ours = spawn("/usr/bin/env", env=None)
    for child in (empty, given, ours):
        await child.ended
    assert empty.data == {}
    assert given.data[1] == "A=1\nB=é\n".encode()
    assert b"SENNIT_TEST=inherited\n" in ours.data[1]


async def test_the_environment_is_empty_by_default(reactor):
    child = Watcher()
    reactor.spawnProcess(child, "/usr/bin/env", ["env"])
    await child.ended
    assert child.data == {}


async def test_a_child_runs_where_it_is_told(reactor, spawn, tmp_path):
    for path in (tmp_path, str(tmp_path), os.fsencode(tmp_path)):
        child = spawn("/bin/pwd", path=path)
        await child.ended
        assert child.data[1] == os.fsencode(tmp_path) + b"\n"


async def test_arguments_may_be_text_bytes_or_paths(reactor, tmp_path):
    child = Watcher()
    reactor.spawnProcess(child, Path("/bin/echo"), ["echo", b"b\xff", "é", tmp_path], None)
    await child.ended
    assert child.data[1] == b"b\xff \xc3\xa9 " + os.fsencode(tmp_path) + b"\n"


async def test_a_program_is_looked_for_on_our_path_and_then_on_the_childs(
    reactor, spawn, tmp_path, monkeypatch
):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        program = folder / f"says-{folder.name}"
        program.write_text(f"#!/bin/sh\necho {folder.name}\n")
        program.chmod(0o755)
        (folder / "not-a-program").write_text("")
    monkeypatch.setenv("PATH", f"{here}:/bin")
    for name in ("here", "there"):
        child = spawn(f"says-{name}", env={"PATH": str(there)})
        await child.ended
        assert child.data[1] == name.encode() + b"\n"
    with pytest.raises(FileNotFoundError):
        spawn("not-there-at-all", env={"PATH": str(there)})
    with pytest.raises(PermissionError):
        spawn("not-a-program", env={"PATH": str(there)})


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ([], ValueError),
        ("echo", TypeError),
        (b"echo", TypeError),
        (["echo", 3], TypeError),
        (["echo", "a\0b"], ValueError),
        (["echo", b"a\0b"], ValueError),
    ],
)
async def test_arguments_that_no_program_can_have_are_refused(reactor, args, error, descriptors):
    before = descriptors()
    with pytest.raises(error):
        reactor.spawnProcess(Watcher(), "/bin/echo", args)
    assert descriptors() == before


@pytest.mark.parametrize("env", [{"A": "b\0"}, {"A=B": "c"}, {"A\0": "c"}])
async def test_an_environment_that_no_program_can_have_is_refused(reactor, env):
    with pytest.raises(ValueError, match=r"null|illegal"):
        reactor.spawnProcess(Watcher(), "/bin/true", ["true"], env)


# Users and groups.

needs_root = pytest.mark.skipif(not AS_ROOT, reason="needs to be root")


@needs_root
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"uid": 65534}, b"65534 65534 65534\n"),
        ({"uid": 65534, "gid": 12}, b"65534 12 12\n"),
        ({"uid": 54321, "gid": 12}, b"54321 12 12\n"),
        ({"gid": 12}, b"0 12 12\n"),
        ({"uid": 0, "gid": 0}, None),
    ],
)
async def test_a_child_can_have_another_user_and_its_groups_only(reactor, shell, options, expected):
    child = shell("echo $(id -u) $(id -g) $(id -G)", **options)
    await child.ended
    if expected is None:
        expected = f"0 0 {' '.join(map(str, os.getgroups() or [0]))}\n".encode()
    assert child.data[1] == expected


@needs_root
async def test_a_user_that_is_not_known_needs_a_group(reactor, shell):
    with pytest.raises(ValueError, match="54321"):
        shell("exit", uid=54321)


async def test_our_own_user_needs_no_privilege(reactor, shell):
    child = shell("id -u", uid=os.geteuid(), gid=os.getegid())
    await child.ended
    assert child.data[1] == f"{os.geteuid()}\n".encode()


# Failing to start.


@pytest.mark.parametrize(
    ("program", "error"), [("/no/such", FileNotFoundError), ("/etc/passwd", PermissionError)]
)
@pytest.mark.parametrize("names", [None, {1: "r", 7: "w"}])
async def test_a_program_that_cannot_be_run_is_refused(reactor, program, error, names, descriptors):
    before = descriptors()
    with pytest.raises(error):
        reactor.spawnProcess(Watcher(), program, ["x"], childFDs=names)
    assert descriptors() == before


async def test_a_folder_that_is_not_there_is_a_child_that_says_so_and_fails(reactor, spawn, descriptors):
    before = descriptors()
    child = spawn("/bin/true", path="/no/such")
    assert child.transport.pid is None
    with pytest.raises(ProcessExitedAlready):
        child.transport.signalProcess("KILL")
    ended = await child.ended
    assert (type(ended), ended.exitCode, ended.status) == (ProcessTerminated, 1, 256)
    assert child.data[2].startswith(b"/bin/true: ")
    assert b"/no/such" in child.data[2]
    assert sorted(child.marks) == ["ended", "exited", "lost 0", "lost 1", "lost 2", "made"]
    await turns(reactor)
    assert descriptors() == before


async def test_it_may_have_nowhere_to_say_so(reactor, spawn):
    child = spawn("/no/such", path="/", childFDs={1: "r"})
    assert (await child.ended).exitCode == 1


@pytest.mark.parametrize("path", [None, "/"])
async def test_a_system_that_is_full_is_an_error(reactor, shell, monkeypatch, path, descriptors):
    def full(*args, **options):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    before = descriptors()
    monkeypatch.setattr(starting.subprocess, "Popen", full)
    with pytest.raises(BlockingIOError):
        shell("exit", path=path)
    assert descriptors() == before


async def test_a_descriptor_that_is_not_open_is_an_error(reactor, shell, descriptors):
    before = descriptors()
    for names in ({0: 999, 1: "r", 2: "r"}, {1: "r", 5: 999}):
        with pytest.raises(OSError, match="Bad file descriptor"):
            shell("exit", childFDs=names)
    assert descriptors() == before


# Signals.


@pytest.mark.parametrize("name", ["TERM", "SIGTERM", 15, "KILL", "INT", "HUP", "USR1"])
async def test_a_child_can_be_signalled(reactor, spawn, name):
    child = spawn("/bin/sleep", "100")
    number = name if isinstance(name, int) else getattr(signal, f"SIG{name.removeprefix('SIG')}")
    child.transport.signalProcess(name)
    assert (await child.ended).signal == number
    with pytest.raises(ProcessExitedAlready):
        child.transport.signalProcess(name)
    with pytest.raises(ProcessExitedAlready):
        child.transport.signal_group(name)


async def test_an_unknown_signal_is_refused(reactor, spawn):
    child = spawn("/bin/cat")
    for method in (child.transport.signalProcess, child.transport.signal_group):
        with pytest.raises(ValueError, match="SMOKE"):
            method("SMOKE")
    child.transport.closeStdin()
    await child.ended


async def test_a_group_of_processes_ends_together(reactor, shell):
    child = shell("sleep 100 & sleep 100 & echo ready; wait", process_group=0)
    await child.until_received(1, b"ready")
    assert os.getpgid(child.transport.pid) == child.transport.pid
    child.transport.signal_group("TERM")
    assert (await child.ended).signal == signal.SIGTERM


async def test_our_own_group_is_not_signalled(reactor, spawn):
    child = spawn("/bin/cat")
    assert os.getpgid(child.transport.pid) == os.getpgrp()
    with pytest.raises(ValueError, match="process_group"):
        child.transport.signal_group("TERM")
    child.transport.closeStdin()
    await child.ended


# Exits.


async def test_children_of_others_in_the_same_program_are_left_alone(reactor, shell):
    theirs = subprocess.Popen(["/bin/sh", "-c", "exit 11"])  # noqa: ASYNC220 -- side by side
    aio = await reactor.loop.create_task(
        asyncio.create_subprocess_exec("/bin/sh", "-c", "read line; exit 12", stdin=subprocess.PIPE)
    )
    ours = [shell(f"exit {code}") for code in (21, 22, 23)]
    assert [(await child.ended).exitCode for child in ours] == [21, 22, 23]
    aio.stdin.write(b"\n")
    assert await reactor.loop.create_task(aio.wait()) == 12
    assert theirs.wait() == 11
    aio._transport.close()


async def test_without_descriptors_for_processes_a_thread_waits(reactor, shell, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    child = shell("read line; exit 3")
    child.transport.signalProcess(0)
    child.transport.write(b"\n")
    assert (await child.ended).exitCode == 3
    with pytest.raises(ProcessExitedAlready):
        child.transport.signalProcess("TERM")


async def test_a_status_that_somebody_else_took_is_unknown(reactor, shell):
    child = shell("read line; exit 3")
    pid = child.transport.pid
    child.transport.write(b"\n")
    assert os.waitpid(pid, 0) == (pid, 3 << 8)  # noqa: ASYNC222 -- before the loop sees it
    with pytest.raises(ProcessExitedAlready):
        child.transport.signalProcess("TERM")
    ended = await child.ended
    assert type(ended) is ProcessTerminated
    assert (ended.exitCode, ended.signal, ended.status) == (None, None, None)


async def test_all_can_be_asked_whether_they_have_exited(reactor, shell):
    child = shell("exit 3")
    os.waitid(os.P_PID, child.transport.pid, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222 -- before the loop sees it
    reaping.reapAllProcesses()
    assert "exited" in child.events
    child.transport.reapProcess()
    await child.ended


async def test_asking_one_that_runs_changes_nothing(reactor, spawn):
    child = spawn("/bin/cat")
    child.transport.reapProcess()
    assert child.transport.pid is not None
    child.transport.closeStdin()
    await child.ended


def test_a_number_is_registered_once():
    one, other = object(), object()
    reaping.registerReapProcessHandler(-5, one)
    with pytest.raises(RuntimeError):
        reaping.registerReapProcessHandler(-5, other)
    with pytest.raises(RuntimeError):
        reaping.unregisterReapProcessHandler(-5, other)
    reaping.unregisterReapProcessHandler(-5, one)
    with pytest.raises(RuntimeError):
        reaping.unregisterReapProcessHandler(-5, one)


# Errors of the user's code.


class Broken(Exception):
    """What the user's code raises."""


@pytest.mark.parametrize("method", ["connectionMade", "childConnectionLost", "processExited", "processEnded"])
async def test_an_error_of_the_protocol_is_logged_and_the_rest_goes_on(reactor, spawn, logged, method):
    def raises(self, *args):
        getattr(Watcher, method)(self, *args)
        raise Broken

    child = spawn("/bin/true", protocol=type("Raises", (Watcher,), {method: raises}))
    await child.ended
    await turns(reactor)
    assert set(logged()) == {Broken}


async def test_an_error_with_data_closes_that_descriptor(reactor, shell, logged):
    class Raises(Watcher):
        def childDataReceived(self, name, data):
            if name == 1:
                raise Broken
            super().childDataReceived(name, data)

    child = shell("trap '' PIPE; echo one; read line; echo two; echo fine >&2; exit 0", protocol=Raises)
    await child.until(lambda: "lost 1" in child.events)
    child.transport.write(b"\n")
    await child.ended
    assert b"fine" in child.data[2]
    assert logged() == [Broken]


async def test_an_error_of_a_producer_closes_the_input(reactor, spawn, logged):
    def produce():
        raise Broken

    child = spawn("/bin/cat")
    producer = Producer(produce)
    child.transport.registerProducer(producer, True)
    child.transport.write(b"x" * 1_000_000)
    await child.ended
    assert logged() == [Broken]


# The reactor.


def test_a_child_can_be_started_before_the_reactor_runs(reactor):
    child = Watcher()
    reactor.spawnProcess(child, "/bin/cat", ["cat"])
    child.transport.write(b"early")
    child.transport.closeStdin()

    async def wait():
        return await child.ended

    assert type(in_reactor(reactor, wait())) is ProcessDone
    assert child.data[1] == b"early"


def test_a_reactor_that_stops_lets_go_of_its_children(reactor, descriptors):
    before = descriptors()
    child = Watcher()
    reactor.spawnProcess(child, "/bin/sh", ["sh", "-c", "trap '' HUP; read line; exec sleep 100"])
    pid = child.transport.pid
    reactor.callWhenRunning(reactor.callLater, 0, reactor.stop)
    reactor.run(installSignalHandlers=False)
    assert descriptors() == before
    assert sorted(child.events) == ["lost 0", "lost 1", "lost 2", "made"]
    # It lives, and its status can still be taken.
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    # Whoever starts the next one clears up.
    with pytest.raises(FileNotFoundError):
        reactor.spawnProcess(Watcher(), "/no/such", ["x"])
    assert child.transport.pid == pid
    reactor.spawnProcess(Watcher(), "/bin/true", ["true"])
    assert child.transport.pid is None
    assert child.transport.status == signal.SIGKILL
    assert "exited" not in child.events


async def test_many_children_leave_nothing_open(reactor, spawn, descriptors):
    before = descriptors()
    for names in (None, {1: "r", 6: "w"}):
        children = [spawn("/bin/true", childFDs=names) for _ in range(15)]
        for child in children:
            assert type(await child.ended) is ProcessDone
    await turns(reactor)
    assert descriptors() == before


async def test_a_child_declares_what_it_provides(reactor, spawn):
    child = spawn("/bin/true")
    for interface in (IProcessTransport, IConsumer, IPushProducer):
        assert interface.providedBy(child.transport)
    assert IReactorProcess.providedBy(reactor)
    assert child.transport.getHost() == child.transport.getPeer() == ProcessAddress()
    assert repr(child.transport) == f"<Process pid={child.transport.pid} status=-1>"
    await child.ended
    assert repr(child.transport) == "<Process pid=None status=0>"


@pytest.fixture
def ignoring():
    """Ignore signals until the test ends."""
    before = {}

    def ignore(*numbers):
        before.update({number: signal.signal(number, signal.SIG_IGN) for number in numbers})

    yield ignore
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def options_of_popen(monkeypatch):
    """The names of the options with which `subprocess` was asked for processes."""
    seen = []

    class Watched(subprocess.Popen):
        def __init__(self, args, **options):
            seen.append({name for name, value in options.items() if value is not None})
            super().__init__(args, **options)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    return seen


@pytest.mark.parametrize("also", [(), (signal.SIGCHLD,)])
@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGINT, signal.SIGHUP])
async def test_a_child_hears_signals_that_we_ignore(spawn, ignoring, options_of_popen, number, also):
    ignoring(number, *also)
    child = spawn("/bin/sh", "-c", f"kill -{int(number)} $$; exit 5")
    assert signal.getsignal(number) == signal.SIG_IGN
    os.kill(os.getpid(), number)
    # A function to be called in the child would have our memory copied.
    assert ["preexec_fn" in options for options in options_of_popen] == [bool(also)]
    ended = await child.ended
    assert ended.exitCode is None
    assert also or ended.signal == number


async def test_a_child_with_other_descriptors_hears_signals_that_we_ignore(spawn, ignoring):
    ignoring(signal.SIGUSR1)
    child = spawn("/bin/sh", "-c", "kill -USR1 $$; exit 5", childFDs={0: "w", 1: "r", 2: "r", 5: "r"})
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN
    ended = await child.ended
    assert (ended.exitCode, ended.signal) == (None, signal.SIGUSR1)


async def test_we_go_on_to_ignore_signals_when_a_child_cannot_be_started(spawn, ignoring):
    ignoring(signal.SIGUSR1)
    with pytest.raises(FileNotFoundError):
        spawn("/nowhere")
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN


def test_a_process_started_by_a_thread_hears_signals_that_we_ignore():
    program = """
import os, signal, threading
from sennit.process.starting import start

signal.signal(signal.SIGUSR1, signal.SIG_IGN)
args = ["sh", "-c", "kill -USR1 $$; exit 5"]
numbers = []
streams = {0: 0, 1: 1, 2: 2}
nothing = [None] * 4
thread = threading.Thread(target=lambda: numbers.append(start("/bin/sh", args, *nothing, streams)))
thread.start()
thread.join()
print(os.WTERMSIG(os.waitpid(numbers[0], 0)[1]))
"""
    source = str(Path(starting.__file__).parents[2])
    done = subprocess.run(
        [PYTHON, "-c", program],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (str(int(signal.SIGUSR1)), "")
