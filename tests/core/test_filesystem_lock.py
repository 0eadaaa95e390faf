from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sennit.core.deferred import CancelledError
from sennit.core.filesystem_lock import (
    AlreadyTryingToLockError,
    DeferredFilesystemLock,
    FilesystemLock,
    isLocked,
)
from sennit.core.outcome import TimeoutError


class Clock:
    """Just enough of IReactorTime."""

    def __init__(self):
        self.now, self.calls = 0.0, {}

    def callLater(self, delay, f):
        call = Call(self)
        self.calls[call] = (self.now + delay, f)
        return call

    def advance(self, seconds):
        end = self.now + seconds
        while self.calls:
            call, (at, f) = min(self.calls.items(), key=lambda item: item[1][0])
            if at > end:
                break
            self.now = at
            del self.calls[call]
            f()
        self.now = end


class Call:
    def __init__(self, clock):
        self.clock = clock

    def cancel(self):
        del self.clock.calls[self]


def error_of(deferred):
    failures = []
    deferred.addErrback(failures.append)
    assert len(failures) == 1
    return failures[0].value


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "lock")


@pytest.fixture
def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def hold(path, pid):
    Path(path).symlink_to(str(pid))


def test_a_free_lock_is_taken_and_names_its_process(path):
    lock = FilesystemLock(path)
    assert lock.lock() is True
    assert (lock.locked, lock.clean) == (True, True)
    assert str(Path(path).readlink()) == str(os.getpid())


def test_a_held_lock_is_not_taken(path):
    FilesystemLock(path).lock()
    second = FilesystemLock(path)
    assert second.lock() is False
    assert (second.locked, second.clean) == (False, None)


def test_an_unlocked_lock_can_be_taken_again(path):
    lock = FilesystemLock(path)
    lock.lock()
    lock.unlock()
    assert not lock.locked
    assert FilesystemLock(path).lock() is True


def test_the_lock_of_a_dead_process_is_taken_over(path, dead_process):
    hold(path, dead_process)
    lock = FilesystemLock(path)
    assert lock.lock() is True
    assert lock.clean is False
    assert [entry.name for entry in Path(path).parent.iterdir()] == ["lock"]


def test_a_link_that_names_no_process_is_left_alone(path):
    hold(path, "somebody")
    assert FilesystemLock(path).lock() is False


def test_the_lock_of_a_process_we_may_not_signal_is_held(path, monkeypatch):
    def forbidden(pid, signal):
        raise PermissionError

    hold(path, 12345)
    monkeypatch.setattr(os, "kill", forbidden)
    assert FilesystemLock(path).lock() is False


def test_a_contender_that_was_faster_keeps_the_lock(path, dead_process, monkeypatch):
    """Between our look at the link and our removal of it, another process takes it over."""
    hold(path, dead_process)
    really_kill = os.kill

    def and_meanwhile(pid, signal):
        Path(path).unlink()
        hold(path, os.getppid())
        monkeypatch.setattr(os, "kill", really_kill)
        really_kill(pid, signal)

    monkeypatch.setattr(os, "kill", and_meanwhile)
    assert FilesystemLock(path).lock() is False
    assert str(Path(path).readlink()) == str(os.getppid())


def test_a_lock_released_while_we_look_is_taken(path, dead_process, monkeypatch):
    hold(path, dead_process)
    really_kill = os.kill

    def and_meanwhile(pid, signal):
        Path(path).unlink()
        really_kill(pid, signal)

    monkeypatch.setattr(os, "kill", and_meanwhile)
    assert FilesystemLock(path).lock() is True


def test_the_lock_of_another_process_cannot_be_unlocked(path):
    hold(path, os.getppid())
    with pytest.raises(ValueError, match="not owned by this process"):
        FilesystemLock(path).unlock()


def test_a_lock_that_is_not_held_cannot_be_unlocked(path):
    with pytest.raises(FileNotFoundError):
        FilesystemLock(path).unlock()


def test_a_lock_in_no_directory_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        FilesystemLock(str(tmp_path / "nowhere" / "lock")).lock()


def test_isLocked_asks_without_taking(path):
    assert isLocked(path) is False
    FilesystemLock(path).lock()
    assert isLocked(path) is True


def test_a_free_lock_is_waited_for_no_time(path):
    lock = DeferredFilesystemLock(path, Clock())
    deferred = lock.deferUntilLocked()
    assert deferred.called
    assert deferred.result is None
    assert lock.locked


def test_a_held_lock_is_tried_for_once_a_second(path):
    clock = Clock()
    holder = FilesystemLock(path)
    holder.lock()
    deferred = DeferredFilesystemLock(path, clock).deferUntilLocked()
    clock.advance(10)
    assert not deferred.called
    holder.unlock()
    clock.advance(1)
    assert deferred.called
    assert clock.calls == {}


def test_waiting_ends_with_the_timeout(path):
    clock = Clock()
    FilesystemLock(path).lock()
    lock = DeferredFilesystemLock(path, clock)
    deferred = lock.deferUntilLocked(timeout=5.5)
    clock.advance(5)
    assert not deferred.called
    clock.advance(0.5)
    assert type(error_of(deferred)) is TimeoutError
    assert clock.calls == {}
    assert not lock.deferUntilLocked(timeout=1).called


def test_one_wait_at_a_time(path):
    FilesystemLock(path).lock()
    lock = DeferredFilesystemLock(path, Clock())
    lock.deferUntilLocked()
    assert type(error_of(lock.deferUntilLocked())) is AlreadyTryingToLockError


def test_a_wait_can_be_cancelled(path):
    clock = Clock()
    FilesystemLock(path).lock()
    lock = DeferredFilesystemLock(path, clock)
    deferred = lock.deferUntilLocked(timeout=5)
    deferred.cancel()
    assert type(error_of(deferred)) is CancelledError
    assert clock.calls == {}
    assert not lock.locked


def test_an_error_of_the_file_system_ends_the_wait(tmp_path):
    clock = Clock()
    deferred = DeferredFilesystemLock(str(tmp_path / "nowhere" / "lock"), clock).deferUntilLocked(timeout=5)
    assert isinstance(error_of(deferred), FileNotFoundError)
    assert clock.calls == {}
