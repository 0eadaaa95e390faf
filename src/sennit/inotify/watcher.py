"""The watcher: which paths are watched, and who is told.

A folder that appears in one that is watched with ``autoAdd`` may have contents before it is watched itself.
Its contents are therefore looked through once it is, and told as if they had been created then; what is
created in between may be told twice, and nothing is missed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import IReadDescriptor
from sennit.inotify.kernel import add_watch, new_descriptor, read_events, remove_watch
from sennit.inotify.masks import (
    IN_CLOSE_WRITE,
    IN_CREATE,
    IN_DELETE_SELF,
    IN_IGNORED,
    IN_ISDIR,
    IN_MOVED_TO,
    IN_Q_OVERFLOW,
    IN_WATCH_MASK,
)
from sennit.log import Logger

__all__ = ["INotify", "Watch"]

_log = Logger()

Callback = Callable[[Any, Any, int], object]


class Watch:
    """One file or folder that is watched.

    Attributes:
        path: The path, as it was given.
        mask: What it is watched for.
        autoAdd: Whether folders that appear in it are watched likewise.
        callbacks: Called with this object, the path of what it happened to, and the mask of what happened.
    """

    __slots__ = ("autoAdd", "callbacks", "mask", "path")

    def __init__(self, path: Any, mask: int, autoAdd: bool, callbacks: Sequence[Callback]) -> None:
        self.path = path
        self.mask = mask
        self.autoAdd = autoAdd
        self.callbacks = list(callbacks)

    def tell(self, path: Any, mask: int) -> None:
        """Tell what happened."""
        for callback in self.callbacks:
            try:
                callback(self, path, mask)
            except BaseException:
                _log.failure("Error in {callback!r} about {path!r}", callback=callback, path=path)


@implementer(IReadDescriptor)
class INotify:
    """Watches files and folders; nothing is told before `startReading`.

    A path may be text, bytes, a `pathlib.Path`, or a ``FilePath``; callbacks get paths of the same kind.

    Args:
        reactor: The reactor (IReactorFDSet); by default the current one.

    Raises:
        INotifyError: If the system cannot watch.
    """

    def __init__(self, reactor: Any = None) -> None:
        self.reactor = current_reactor() if reactor is None else reactor
        self._descriptor = new_descriptor()
        self._watches: dict[int, Watch] = {}
        self._numbers: dict[bytes, int] = {}

    def watch(
        self,
        path: Any,
        mask: int = IN_WATCH_MASK,
        autoAdd: bool = False,
        callbacks: Sequence[Callback] | None = None,
        recursive: bool = False,
    ) -> int:
        """Watch a file or folder; one that is watched already keeps what was said then.

        Args:
            path: The path.
            mask: What to watch it for; that it is deleted is told in any case.
            autoAdd: Whether to watch folders that appear in it, too, in the same way.
            callbacks: Called with a `Watch`, the path of what it happened to, and the mask of what happened.
            recursive: Whether to watch the folders in it, too, in the same way.

        Returns:
            The number of the watch.

        Raises:
            INotifyError: If it cannot be watched.
        """
        number = self._add(path, mask, autoAdd, callbacks or ())
        if recursive:
            self._add_folders_in(self._watches[number])
        return number

    def ignore(self, path: Any) -> None:
        """Watch a file or folder no more; folders in it stay.

        Raises:
            KeyError: If it was not watched.
        """
        number = self._numbers.get(_name(path))
        if number is None:
            raise KeyError(f"{path!r} is not watched.")
        self._forget(number)
        remove_watch(self._descriptor, number)

    def is_watched(self, path: Any) -> bool:
        """Tell whether a file or folder is watched."""
        return _name(path) in self._numbers

    @property
    def connected(self) -> bool:
        """Whether it can still watch."""
        return self._descriptor >= 0

    def startReading(self) -> None:
        """Begin to tell what happens; what happened since the watches were made comes first."""
        self.reactor.addReader(self)

    def stopReading(self) -> None:
        """Tell nothing until `startReading`."""
        self.reactor.removeReader(self)

    def loseConnection(self) -> None:
        """Watch nothing any more."""
        if self._descriptor >= 0:
            self.stopReading()
            self.connectionLost(Failure(ConnectionDone()))

    def connectionLost(self, reason: Failure) -> None:
        """Close the descriptor."""
        descriptor, self._descriptor = self._descriptor, -1
        self._watches.clear()
        self._numbers.clear()
        if descriptor >= 0:
            os.close(descriptor)

    def fileno(self) -> int:
        """Return the descriptor that events come from; -1 when it is closed."""
        return self._descriptor

    def logPrefix(self) -> str:
        """Say who this is in a line of a log."""
        return "INotify"

    def doRead(self) -> None:
        """Tell what has happened."""
        try:
            events = list(read_events(self._descriptor))
        except BlockingIOError:
            return
        for number, mask, name in events:
            watch = self._watches.get(number)
            if mask & IN_Q_OVERFLOW:
                _log.warn("Changes to watched files came faster than they were read; some are lost.")
            elif watch is not None:
                if mask & IN_IGNORED:
                    self._forget(number)
                else:
                    self._happened(watch, mask, name)

    def _happened(self, watch: Watch, mask: int, name: bytes) -> None:
        path = _child(watch.path, name) if name else watch.path
        watch.tell(path, mask)
        if watch.autoAdd and mask & IN_ISDIR and mask & (IN_CREATE | IN_MOVED_TO):
            self._add_new_folder(watch, path)

    def _add_new_folder(self, parent: Watch, path: Any) -> None:
        if self._descriptor < 0:
            return
        try:
            number = self._add(path, parent.mask, True, parent.callbacks)
        except OSError as error:
            # Most often it is gone again.
            _log.debug("Cannot watch the new folder {path!r}: {error}", path=path, error=error)
            return
        watch = self._watches[number]
        for entry in _entries(path):
            is_folder = entry.is_dir(follow_symlinks=False)
            mask = IN_CREATE | IN_ISDIR if is_folder else IN_CREATE | IN_CLOSE_WRITE
            child = _child(path, os.fsencode(entry.name))
            watch.tell(child, mask)
            if is_folder:
                self._add_new_folder(watch, child)

    def _add_folders_in(self, parent: Watch) -> None:
        for entry in _entries(parent.path):
            if entry.is_dir(follow_symlinks=False):
                child = _child(parent.path, os.fsencode(entry.name))
                number = self._add(child, parent.mask, parent.autoAdd, parent.callbacks)
                self._add_folders_in(self._watches[number])

    def _add(self, path: Any, mask: int, autoAdd: bool, callbacks: Sequence[Callback]) -> int:
        name = _name(path)
        number = self._numbers.get(name)
        if number is None:
            # The end of what is watched is told whatever the mask says, which by itself may be empty.
            number = add_watch(self._descriptor, name, mask | IN_DELETE_SELF)
            before = self._watches.get(number)
            if before is not None:
                # The same file by another name.
                self._numbers.pop(_name(before.path), None)
            self._numbers[name] = number
            self._watches[number] = Watch(path, mask, autoAdd, callbacks)
        return number

    def _forget(self, number: int) -> None:
        watch = self._watches.pop(number)
        self._numbers.pop(_name(watch.path), None)


def _name(path: Any) -> bytes:
    return os.fsencode(getattr(path, "path", path))


def _child(path: Any, name: bytes) -> Any:
    """Give the path of what is called `name` in `path`, of the same kind."""
    if hasattr(path, "child"):
        return path.child(name if isinstance(path.path, bytes) else os.fsdecode(name))
    if isinstance(path, bytes):
        return os.path.join(path, name)  # noqa: PTH118 -- of bytes
    if isinstance(path, str):
        return os.path.join(path, os.fsdecode(name))  # noqa: PTH118 -- it was given as text
    return path / os.fsdecode(name)


def _entries(path: Any) -> list[os.DirEntry[bytes]]:
    """List what is in a folder; nothing if it is none, or none any more."""
    try:
        with os.scandir(_name(path)) as entries:
            return list(entries)
    except OSError:
        return []
