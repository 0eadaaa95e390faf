"""A message to send, whatever it is given as: read in blocks, with each line's end made CR LF."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from email.message import Message
from email.policy import SMTP, SMTPUTF8
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

__all__ = ["Content"]


class Content:
    """A message to send; a context manager, which closes what it has opened.

    Args:
        message: Text, octets, an `email.message.Message`, a path, or a file of octets.

    Attributes:
        size: How many octets it has, as it is given; None if that is not known.
    """

    def __init__(self, message: Any) -> None:
        self._opened = not hasattr(message, "read")
        self._file: BinaryIO = _opened(message) if self._opened else message
        self.size: int | None = None
        self._begin: int | None = None
        try:
            self._begin = self._file.tell()
            self.size = self._file.seek(0, io.SEEK_END) - self._begin
            self._file.seek(self._begin)
        except (OSError, AttributeError):
            # What can't be sought is sent once, and its size is not said.
            self.size = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._opened:
            self._file.close()

    def blocks(self, size: int, *, binary: bool = False) -> Iterator[bytes]:
        """Read it, from its beginning.

        Args:
            size: How many octets to read at a time.
            binary: Whether it is left as it is.
        """
        if self._begin is not None:
            self._file.seek(self._begin)
        if binary:
            yield from iter(partial(self._file.read, size), b"")
            return
        held = b""
        end = b"\r\n"
        while data := self._file.read(size):
            text = held + data
            # The second half of a line's end may come with the next block.
            held = b"\r" if text.endswith(b"\r") else b""
            text = text.removesuffix(b"\r")
            pairs = text.count(b"\r\n")
            if text.count(b"\n") != pairs or text.count(b"\r") != pairs:
                text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
            if text:
                end = text[-2:]
                yield text
        if held or end != b"\r\n":
            yield b"\r\n"


def _opened(message: Any) -> BinaryIO:
    if isinstance(message, os.PathLike):
        return Path(message).open("rb")
    if isinstance(message, Message):
        flat = message.as_bytes(policy=SMTP if _is_ascii(message) else SMTPUTF8)
    else:
        flat = message.encode() if isinstance(message, str) else bytes(message)
    return io.BytesIO(flat)


def _is_ascii(message: Message) -> bool:
    # With addresses outside of ASCII a header can't be written in encoded words (RFC 6532).
    fields = ("From", "To", "Cc", "Sender", "Reply-To")
    return all(
        str(value).rpartition("<")[2].isascii() for name in fields for value in message.get_all(name, [])
    )
