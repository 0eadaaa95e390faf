"""Child processes on every loop; tests are coroutines in a running reactor, as for transports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.process.kit import Watcher
from tests.transport.conftest import (  # noqa: F401 -- fixtures, by their names
    _nothing_is_logged,
    descriptors,
    logged,
    loop_name,
    reactor,
)


@pytest.fixture
def spawn(reactor):  # noqa: F811 -- the fixture
    """Start a program; gives its watcher.  What is left of it at the end is killed."""
    started = []

    def spawn(executable, *args, protocol=Watcher, env=None, **options):
        watcher = protocol()
        transport = reactor.spawnProcess(watcher, executable, [executable, *args], env, **options)
        assert watcher.transport is transport
        started.append(transport)
        return watcher

    yield spawn
    for transport in started:
        if transport.pid is not None:
            transport.signalProcess("KILL")


@pytest.fixture
def shell(spawn):
    """Start a line of shell."""

    def shell(line, *args, **options):
        return spawn("/bin/sh", "-c", line, *args, **options)

    return shell
