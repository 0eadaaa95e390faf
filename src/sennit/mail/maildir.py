"""Maildir: a folder in which each message is a file, and no file is ever half a message.

A message is written into ``tmp``, brought safely to the disk, and then renamed into ``new`` (D. J. Bernstein,
"Using maildir format"): whoever looks into ``new`` sees it whole or not at all, whatever is killed when.
Only when it is there, and the disk has the folder's new state too, does `eomReceived` fire, and only then is
the sender told that the message is taken.
"""

from __future__ import annotations

import os
import socket
import time
from itertools import count
from pathlib import Path
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.smtp.interfaces import IMessageSink
from sennit.threads import deferToThread

__all__ = ["Maildir", "MaildirMessage"]

_HOST = socket.gethostname().replace("/", r"\057").replace(":", r"\072")
_numbers = count(1)


def _unique_name() -> str:
    now = time.time_ns()
    return f"{now // 10**9}.M{now // 1000 % 10**6}P{os.getpid()}Q{next(_numbers)}.{_HOST}"


class Maildir:
    """A folder of messages.

    Args:
        path: The folder.  It, and its ``tmp``, ``new`` and ``cur``, are made if they are not there, for their
            owner alone.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        for name in ("", "tmp", "new", "cur"):
            (self.path / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def begin(self, header: bytes = b"") -> MaildirMessage:
        """Begin a message.

        Args:
            header: Fields to put before it, in lines that end in LF.
        """
        return MaildirMessage(self, header)

    def messages(self) -> list[Path]:
        """Return the files of all messages, those in ``new`` first."""
        return [path for name in ("new", "cur") for path in sorted((self.path / name).iterdir())]


@implementer(IMessageSink)
class MaildirMessage:
    """A message on its way into a Maildir; lines end in LF there.

    Args:
        maildir: Where to.
        header: Fields to put before it.

    Attributes:
        path: The file: in ``tmp``, and in ``new`` once the message is complete.
    """

    def __init__(self, maildir: Maildir, header: bytes = b"") -> None:
        self.maildir = maildir
        self.path = maildir.path / "tmp" / _unique_name()
        self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(header)
        self._held = b""

    def partReceived(self, data: bytes) -> None:
        """Take the next octets."""
        data = self._held + data
        # The second half of a line's end may come with the next part.
        self._held = b"\r" if data.endswith(b"\r") else b""
        if self._held:
            data = data[:-1]
        self._file.write(data.replace(b"\r\n", b"\n"))

    def eomReceived(self) -> Deferred[Any]:
        """Keep the message.

        Returns:
            A Deferred that fires when it is safe.
        """
        return deferToThread(self._keep)

    def _keep(self) -> None:
        try:
            self._file.write(self._held)
            self._file.flush()
            os.fsync(self._file.fileno())
            size = self._file.tell()
            self._file.close()
            kept = self.maildir.path / "new" / f"{self.path.name},S={size}"
            self.path.rename(kept)
        except BaseException:
            self.connectionLost()
            raise
        self.path = kept
        _sync_folder(kept.parent)

    def connectionLost(self) -> None:
        """Forget the message."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
