"""Watching files and folders, on every loop."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import struct
import sys
from pathlib import Path

import pytest
from tests.transport.kit import turns

from sennit import inotify
from sennit.core.deferred import Deferred
from sennit.core.interfaces import IReadDescriptor
from sennit.inotify import INotify, INotifyError, humanReadableMask, kernel
from sennit.log.capture import capturedLogs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


class Seen:
    """Collects what a watcher tells."""

    def __init__(self):
        self.events = []
        self._waiting = []

    def __call__(self, watch, path, mask):
        self.events.append((path, humanReadableMask(mask)))
        for wanted, deferred in self._waiting[:]:
            if wanted in self.events:
                self._waiting.remove((wanted, deferred))
                deferred.callback(None)

    async def until(self, path, *names):
        wanted = (path, list(names))
        if wanted not in self.events:
            deferred = Deferred()
            self._waiting.append((wanted, deferred))
            await deferred


@pytest.fixture
def seen():
    return Seen()


@pytest.fixture
def watcher(reactor):
    watcher = INotify(reactor)
    watcher.startReading()
    yield watcher
    watcher.loseConnection()


async def test_what_happens_in_a_folder_is_told(reactor, watcher, seen, tmp_path):
    watcher.watch(tmp_path, callbacks=[seen])
    path = tmp_path / "file"
    path.touch()
    await seen.until(path, "create")
    path.write_text("text")
    await seen.until(path, "modify")
    path.chmod(0o600)
    await seen.until(path, "attrib")
    path.rename(tmp_path / "moved")
    await seen.until(path, "moved_from")
    await seen.until(tmp_path / "moved", "moved_to")
    (tmp_path / "folder").mkdir()
    await seen.until(tmp_path / "folder", "create", "is_dir")
    (tmp_path / "moved").unlink()
    await seen.until(tmp_path / "moved", "delete")
    assert watcher.is_watched(tmp_path)
    assert not watcher.is_watched(tmp_path / "folder")


async def test_a_file_can_be_watched(reactor, watcher, seen, tmp_path):
    path = tmp_path / "file"
    path.write_text("text")
    watcher.watch(path, inotify.IN_CLOSE_WRITE | inotify.IN_DELETE_SELF, callbacks=[seen])
    path.write_text("more")
    await seen.until(path, "close_write")
    path.unlink()
    await seen.until(path, "delete_self")
    await turns(reactor, 5)
    assert [names for _path, names in seen.events] == [["close_write"], ["delete_self"]]
    assert not watcher.is_watched(path)


@pytest.mark.parametrize("kind", [str, os.fsencode, Path])
async def test_paths_are_told_as_they_were_given(reactor, watcher, seen, tmp_path, kind):
    watcher.watch(kind(tmp_path), callbacks=[seen])
    (tmp_path / "é").touch()
    await seen.until(kind(tmp_path / "é"), "create")
    assert {type(path) for path, _names in seen.events} == {type(kind(tmp_path))}


async def test_a_folder_is_watched_with_all_folders_in_it(reactor, watcher, seen, tmp_path):
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "file").touch()
    (tmp_path / "a" / "link").symlink_to(tmp_path)
    watcher.watch(tmp_path, callbacks=[seen], recursive=True)
    (tmp_path / "a" / "b" / "c" / "deep").touch()
    await seen.until(tmp_path / "a" / "b" / "c" / "deep", "create")
    assert not watcher.is_watched(tmp_path / "a" / "link")
    assert not watcher.is_watched(tmp_path / "a" / "file")


async def test_folders_that_appear_are_watched_with_what_is_in_them(reactor, watcher, seen, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "b").mkdir(parents=True)
    (elsewhere / "b" / "before").touch()
    here = tmp_path / "here"
    here.mkdir()
    watcher.watch(here, autoAdd=True, callbacks=[seen])
    elsewhere.rename(here / "a")
    await seen.until(here / "a", "moved_to", "is_dir")
    await seen.until(here / "a" / "b", "create", "is_dir")
    await seen.until(here / "a" / "b" / "before", "close_write", "create")
    await turns(reactor, 1)
    (here / "a" / "b" / "after").touch()
    await seen.until(here / "a" / "b" / "after", "create")
    (here / "new").mkdir()
    await seen.until(here / "new", "create", "is_dir")
    await turns(reactor, 1)
    (here / "new" / "file").touch()
    await seen.until(here / "new" / "file", "create")


async def test_a_folder_that_is_gone_again_is_not_watched(reactor, watcher, seen, tmp_path):
    watcher.watch(tmp_path, autoAdd=True, callbacks=[seen])
    (tmp_path / "short").mkdir()
    (tmp_path / "short").rmdir()
    await seen.until(tmp_path / "short", "delete", "is_dir")
    assert not watcher.is_watched(tmp_path / "short")


async def test_folders_that_are_deleted_are_forgotten(reactor, watcher, seen, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    watcher.watch(tmp_path, callbacks=[seen], recursive=True)
    shutil.rmtree(tmp_path / "a")
    await seen.until(tmp_path / "a", "delete", "is_dir")
    assert watcher.is_watched(tmp_path)
    assert not watcher.is_watched(tmp_path / "a")
    assert not watcher.is_watched(tmp_path / "a" / "b")


async def test_what_is_ignored_is_not_told(reactor, watcher, seen, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        watcher.watch(tmp_path / name, callbacks=[seen])
    watcher.ignore(tmp_path / "a")
    assert not watcher.is_watched(tmp_path / "a")
    (tmp_path / "a" / "file").touch()
    (tmp_path / "b" / "file").touch()
    await seen.until(tmp_path / "b" / "file", "create")
    assert {path.parent.name for path, _names in seen.events} == {"b"}
    with pytest.raises(KeyError, match="not watched"):
        watcher.ignore(tmp_path / "a")


async def test_watching_twice_is_watching_once(reactor, watcher, seen, tmp_path):
    first = watcher.watch(tmp_path, callbacks=[seen])
    assert watcher.watch(tmp_path) == first
    (tmp_path / "file").touch()
    await seen.until(tmp_path / "file", "create")


async def test_the_same_folder_by_another_name_is_told_by_that(reactor, watcher, seen, tmp_path):
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder)
    first = watcher.watch(folder)
    assert watcher.watch(link, callbacks=[seen]) == first
    (folder / "file").touch()
    await seen.until(link / "file", "create")
    assert not watcher.is_watched(folder)
    watcher.ignore(link)
    assert not watcher.is_watched(link)


async def test_a_path_that_is_not_there_is_an_error(reactor, watcher, tmp_path):
    with pytest.raises(INotifyError) as caught:
        watcher.watch(tmp_path / "missing")
    assert caught.value.errno == errno.ENOENT
    assert caught.value.filename == str(tmp_path / "missing")


async def test_an_error_of_a_callback_is_logged_and_the_others_are_called(
    reactor,
    watcher,
    seen,
    tmp_path,
    logged,
):
    def raises(_watch, _path, _mask):
        raise ZeroDivisionError

    watcher.watch(tmp_path, inotify.IN_CREATE, callbacks=[raises, seen])
    (tmp_path / "file").touch()
    await seen.until(tmp_path / "file", "create")
    assert logged() == [ZeroDivisionError]


async def test_a_callback_may_end_it_all(reactor, watcher, tmp_path):
    ended = Deferred()

    def end(_watch, _path, _mask):
        watcher.loseConnection()
        ended.callback(None)

    watcher.watch(tmp_path, inotify.IN_CREATE, autoAdd=True, callbacks=[end])
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    await ended
    await turns(reactor, 5)
    assert watcher.fileno() == -1
    watcher.loseConnection()


async def test_nothing_is_told_before_it_is_read(reactor, seen, tmp_path):
    watcher = INotify()
    assert watcher.reactor is reactor
    watcher.watch(tmp_path, callbacks=[seen])
    (tmp_path / "file").touch()
    await turns(reactor, 5)
    assert seen.events == []
    watcher.doRead()
    assert (tmp_path / "file", ["create"]) in seen.events
    before = list(seen.events)
    watcher.doRead()
    assert seen.events == before
    watcher.loseConnection()


async def test_events_that_were_lost_are_logged(reactor, watcher, monkeypatch):
    record = struct.pack("iIII", -1, inotify.IN_Q_OVERFLOW, 0, 0)
    monkeypatch.setattr(os, "read", lambda _descriptor, _size: record)
    with capturedLogs() as events:
        watcher.doRead()
    assert "some are lost" in events[0]["log_format"]


async def test_limits_of_the_system_are_explained(reactor, watcher, monkeypatch, tmp_path):
    class Full:
        def inotify_init1(self, flags):
            ctypes.set_errno(errno.EMFILE)
            return -1

        def inotify_add_watch(self, descriptor, path, mask):
            ctypes.set_errno(errno.ENOSPC)
            return -1

        def inotify_rm_watch(self, descriptor, number):
            return 0

    monkeypatch.setattr(kernel, "_library", Full)
    with pytest.raises(INotifyError, match="max_user_watches"):
        watcher.watch(tmp_path)
    with pytest.raises(INotifyError, match="max_user_instances"):
        INotify(reactor)


async def test_a_system_without_it_says_so(reactor, monkeypatch):
    monkeypatch.setattr(kernel.ctypes, "CDLL", lambda *_args, **_options: object())
    with pytest.raises(INotifyError, match="no inotify"):
        INotify(reactor)


def test_a_reactor_that_stops_closes_the_watcher(reactor, descriptors, tmp_path):
    before = descriptors()
    watcher = INotify(reactor)
    watcher.watch(tmp_path)
    watcher.startReading()
    assert IReadDescriptor.providedBy(watcher)
    assert watcher.logPrefix() == "INotify"
    reactor.callWhenRunning(reactor.stop)
    reactor.run(installSignalHandlers=False)
    assert watcher.fileno() == -1
    assert descriptors() == before


def test_masks_are_named():
    assert humanReadableMask(0) == []
    assert humanReadableMask(inotify.IN_CREATE | inotify.IN_ISDIR) == ["create", "is_dir"]
    assert humanReadableMask(inotify.IN_WATCH_MASK) == [
        "modify",
        "attrib",
        "moved_from",
        "moved_to",
        "create",
        "delete",
        "delete_self",
        "move_self",
        "unmount",
    ]
    assert humanReadableMask(inotify.IN_ONESHOT | inotify.IN_Q_OVERFLOW) == ["queue_overflow", "one_shot"]
