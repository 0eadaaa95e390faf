"""Running a program for its output or its exit code."""

from __future__ import annotations

import os
import signal

import pytest
from tests.transport.kit import turns

from sennit.core.deferred import CancelledError
from sennit.core.errors import ProcessDone, ProcessTerminated
from sennit.process import (
    UnexpectedErrorOutput,
    getProcessOutput,
    getProcessOutputAndValue,
    getProcessValue,
)


def shell(line):
    return "/bin/sh", ["-c", line]


async def test_the_output_is_given(reactor):
    assert await getProcessOutput("/bin/echo", ["a", b"b", "é"]) == "a b é\n".encode()


async def test_the_output_is_given_whatever_the_exit_code(reactor):
    assert await getProcessOutput(*shell("echo out; exit 3")) == b"out\n"


async def test_complaints_are_an_error(reactor):
    with pytest.raises(UnexpectedErrorOutput, match=r"got stderr: b'err\\n'") as caught:
        await getProcessOutput(*shell("trap '' PIPE; echo out; echo err >&2; read wait; exit 3"))
    assert isinstance(caught.value, IOError)
    with pytest.raises(ProcessTerminated) as ended:
        await caught.value.processEnded
    assert ended.value.exitCode == 3


async def test_complaints_and_a_clean_end_are_an_error_too(reactor):
    with pytest.raises(UnexpectedErrorOutput) as caught:
        await getProcessOutput(*shell("echo err >&2"))
    with pytest.raises(ProcessDone):
        await caught.value.processEnded


async def test_complaints_can_be_part_of_the_output(reactor):
    assert await getProcessOutput(*shell("echo err >&2; exec >&2; echo out"), errortoo=True) == b"err\nout\n"
    assert await getProcessOutput(*shell("echo err >&2"), errortoo=1) == b"err\n"


async def test_the_exit_code_is_given(reactor):
    assert await getProcessValue(*shell("echo out; echo err >&2; exit 7")) == 7
    assert await getProcessValue("/bin/true") == 0
    assert await getProcessValue(*shell("kill -9 $$")) is None


async def test_all_is_given(reactor):
    result = await getProcessOutputAndValue(*shell("echo out; cat; echo err >&2; exit 3"), stdinBytes=b"in")
    assert result == (b"out\nin", b"err\n", 3)
    assert await getProcessOutputAndValue("/bin/true") == (b"", b"", 0)
    assert await getProcessOutputAndValue("/bin/cat", stdinBytes=b"") == (b"", b"", 0)


async def test_a_signal_is_a_failure_with_all_of_it(reactor):
    failures = []
    result = getProcessOutputAndValue(*shell("echo out; echo err >&2; kill -9 $$"))
    result.addErrback(failures.append)
    await result
    assert failures[0].value == (b"out\n", b"err\n", signal.SIGKILL)


@pytest.mark.parametrize("call", [getProcessOutput, getProcessValue, getProcessOutputAndValue])
async def test_a_program_that_is_not_there_fails_the_call(reactor, call):
    with pytest.raises(FileNotFoundError):
        await call("/no/such", reactor=reactor)


@pytest.mark.parametrize("call", [getProcessOutput, getProcessOutputAndValue])
async def test_folder_and_environment_are_handed_on(reactor, call, monkeypatch):
    monkeypatch.setenv("SENNIT_TEST", "inherited")
    for env, expected in [({}, b"/ "), ({"SENNIT_TEST": "given"}, b"/ given"), (None, b"/ inherited")]:
        output = await call(*shell('printf "%s %s" "$PWD" "$SENNIT_TEST"'), env=env, path="/")
        assert (output if call is getProcessOutput else output[0]) == expected


@pytest.mark.parametrize("call", [getProcessOutput, getProcessValue, getProcessOutputAndValue])
async def test_cancelling_ends_the_program(reactor, call, tmp_path):
    os.mkfifo(tmp_path / "told")
    told = os.open(tmp_path / "told", os.O_RDONLY | os.O_NONBLOCK)
    try:
        say = f">{tmp_path}/told echo"
        result = call(*shell(f"trap '{say} told; exit' TERM; {say} ready; while :; do read x; done"))
        assert await read(reactor, told) == b"ready\n"
        result.cancel()
        with pytest.raises(CancelledError):
            await result
        assert await read(reactor, told) == b"told\n"
    finally:
        os.close(told)


async def test_cancelling_what_has_exited_does_no_harm(reactor):
    class Spawning:
        def spawnProcess(self, *args):
            self.child = reactor.spawnProcess(*args)

    spawning = Spawning()
    result = getProcessOutput(*shell("exec 3<&0; (read wait <&3) & exit 0"), reactor=spawning)
    while spawning.child.pid is not None:
        await turns(reactor, 1)
    result.cancel()
    with pytest.raises(CancelledError):
        await result


async def read(reactor, descriptor):
    """Read what another process writes to a FIFO."""
    while True:
        try:
            data = os.read(descriptor, 100)
        except BlockingIOError:
            data = b""
        if data:
            return data
        await turns(reactor, 1)
