"""What the service manager is told."""

from __future__ import annotations

import os
import socket

import pytest

from sennit.app.notifying import Notifier
from sennit.testing import Clock


@pytest.fixture
def manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.setblocking(False)
        yield made


def environment(tmp_path, **more):
    return {"NOTIFY_SOCKET": str(tmp_path / "notify"), **more}


def test_it_says_when_we_serve_reload_and_stop(manager, tmp_path):
    notifier = Notifier(environment(tmp_path))
    notifier.ready("2 workers ready")
    notifier.reloading()
    notifier.stopping()
    assert manager.recv(1000).decode() == f"READY=1\nMAINPID={os.getpid()}\nSTATUS=2 workers ready"
    reloading = manager.recv(1000).decode().split("\n")
    assert reloading[0] == "RELOADING=1"
    assert reloading[1].removeprefix("MONOTONIC_USEC=").isdecimal()
    assert manager.recv(1000) == b"STOPPING=1"


def test_the_watchdog_hears_twice_in_its_period_until_it_ends(manager, tmp_path):
    clock = Clock()
    notifier = Notifier(environment(tmp_path, WATCHDOG_USEC="3000000", WATCHDOG_PID=str(os.getpid())))
    notifier.watch(clock)
    clock.advance(1.4)
    assert manager.recv(1000) == b"WATCHDOG=1"
    with pytest.raises(BlockingIOError):
        manager.recv(1000)
    clock.advance(0.2)
    assert manager.recv(1000) == b"WATCHDOG=1"
    notifier.end_watch()
    assert clock.getDelayedCalls() == []


@pytest.mark.parametrize("process", ["1", "nobody"])
def test_a_watchdog_of_another_process_hears_nothing(manager, tmp_path, process):
    clock = Clock()
    Notifier(environment(tmp_path, WATCHDOG_USEC="3000000", WATCHDOG_PID=process)).watch(clock)
    assert clock.getDelayedCalls() == []


def test_an_abstract_name_is_reached():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind("")
        name = "@" + made.getsockname()[1:].decode()
        Notifier({"NOTIFY_SOCKET": name}).stopping()
        assert made.recv(1000) == b"STOPPING=1"


def test_without_a_manager_nothing_happens(tmp_path):
    Notifier({}).ready()
    Notifier(environment(tmp_path)).ready()
