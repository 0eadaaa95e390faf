"""A display of the tests' own, and a loop of our own."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from sennit.reactor.loops import new_loop


@pytest.fixture(scope="session")
def display():
    """The name of an X display that nobody sees."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [server, "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(writing,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait(10)


@pytest.fixture
def loop():
    """A native loop."""
    loop = new_loop("native")
    yield loop
    loop.close()


@pytest.fixture
def reported(loop):
    """What the loop was told of: messages, and the exceptions' types."""
    told = []
    loop.set_exception_handler(
        lambda loop, context: told.append((context["message"], type(context["exception"])))
    )
    return told
