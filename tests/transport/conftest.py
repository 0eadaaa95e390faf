"""Stream transports on every loop, over every kind of socket; tests are coroutines in a running reactor."""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.loops import chosen_loop, loop_params

from sennit.log.capture import capturedLogs
from sennit.reactor import Reactor


@pytest.fixture(params=loop_params(distinct=True))
def loop_name(request):
    return chosen_loop(request.param)


@pytest.fixture
def reactor(loop_name):
    reactor = Reactor(loop_name)
    yield reactor
    reactor.close()


@pytest.fixture
def logged():
    """The exceptions that were logged."""
    with capturedLogs() as events:
        yield lambda: [type(event["log_failure"].value) for event in events if "log_failure" in event]


@pytest.fixture(autouse=True)
def _nothing_is_logged(request):
    """What a test does not ask to see must not happen."""
    if "logged" in request.fixturenames:
        yield
        return
    with capturedLogs() as events:
        yield
    assert [event["log_failure"].getTraceback() for event in events if "log_failure" in event] == []


@pytest.fixture
def descriptors(reactor):
    """Counts the descriptors that are open."""
    loop = reactor.loop
    # libuv opens one for good with its first stream.
    server = loop.run_until_complete(loop.create_server(lambda: None, "127.0.0.1", 0))
    server.close()
    loop.run_until_complete(server.wait_closed())

    def count():
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    return count


@pytest.fixture
def short_path():
    """A folder whose path is short enough for a UNIX socket."""
    path = Path(tempfile.mkdtemp(prefix="s"))
    yield path
    shutil.rmtree(path)
