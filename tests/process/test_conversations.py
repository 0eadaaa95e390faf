"""Whole processes in conversation: an endpoint that starts one, and standard streams at the other end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.process.kit import PYTHON
from tests.transport.kit import Client

from sennit.core.addresses import ProcessAddress
from sennit.core.errors import ConnectionDone, ProcessTerminated
from sennit.endpoint import ProcessEndpoint
from sennit.log.capture import capturedLogs

PROGRAM = Path(__file__).with_name("echoing.py")
SOURCES = Path(__file__).parents[2] / "src"


@pytest.fixture
def converse(reactor):
    """Start a program as the other end of a recorder."""

    async def converse(executable, *args, **options):
        endpoint = ProcessEndpoint(reactor, executable, [executable, *args], env=None, **options)
        return await endpoint.connect(Client())

    return converse


async def test_a_program_is_the_other_end_of_a_connection(reactor, converse):
    protocol = await converse("/bin/cat")
    assert protocol.transport.getPeer() == ProcessAddress()
    protocol.transport.write(b"one ")
    protocol.transport.writeSequence([b"two ", b"three"])
    await protocol.until_received(13)
    assert protocol.received == b"one two three"
    protocol.transport.loseConnection()
    assert await protocol.until_lost() is ConnectionDone


async def test_a_program_that_fails_is_the_reason_of_the_loss(reactor, converse):
    with capturedLogs() as events:
        protocol = await converse("/bin/sh", "-c", "echo out; echo err >&2; exit 3")
        assert await protocol.until_lost() is ProcessTerminated
    assert protocol.reason.value.exitCode == 3
    assert protocol.received == b"out\n"
    assert [event["data"] for event in events if "data" in event] == [b"err\n"]


@pytest.mark.parametrize("pty", [False, True])
async def test_standard_streams_are_the_other_end(reactor, loop_name, pty, shell):
    """Pipes, and a terminal in raw mode, which would change the bytes otherwise."""
    command = f"exec {PYTHON} {PROGRAM} {loop_name}"
    child = shell(f"stty raw -echo && {command}" if pty else command, env=environment(), usePTY=pty)
    if pty:
        child.transport.write(b"ready?")
        await child.until_received(1, b"READY?")
        child.data.clear()
    data = b"".join(b"%09d\n" % number for number in range(1000)) + b"abc"
    child.transport.write(data)
    await child.until_received(1, b"ABC")
    assert child.data[1] == data.upper()
    if pty:
        child.transport.loseConnection()
        await child.ended
    else:
        child.transport.closeStdin()
        assert (await child.ended).exitCode == 0
        assert child.data[2] == b"ConnectionDone True True"


async def test_a_megabyte_comes_back_whole(reactor, loop_name, spawn):
    child = spawn(PYTHON, str(PROGRAM), loop_name, env=environment())
    data = os.urandom(500_000).hex().encode()
    child.transport.write(data)
    child.transport.closeStdin()
    await child.ended
    assert child.data[1] == data.upper()
    assert child.data[2] == b"ConnectionDone True True"


@pytest.mark.parametrize("kind", ["file", "null"])
async def test_standard_streams_may_be_files(reactor, loop_name, shell, tmp_path, kind):
    (tmp_path / "in").write_bytes(b"words " * 30_000)
    source = tmp_path / "in" if kind == "file" else "/dev/null"
    child = shell(f"exec {PYTHON} {PROGRAM} {loop_name} <{source} >{tmp_path}/out", env=environment())
    assert (await child.ended).exitCode == 0
    assert child.data[2] == b"ConnectionDone True True"
    assert (tmp_path / "out").read_bytes() == (b"WORDS " * 30_000 if kind == "file" else b"")


def environment():
    return {**os.environ, "PYTHONPATH": str(SOURCES)}
