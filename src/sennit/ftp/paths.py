"""Paths as clients write them, to the names of which they are made; and what the system says of a file."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from sennit.core.deferred import Deferred, fail
from sennit.ftp.refusals import (
    FileExistsError,
    FileNotFoundError,
    FTPCmdError,
    InvalidPath,
    IsADirectoryError,
    IsNotADirectoryError,
    PermissionDeniedError,
)

__all__ = ["as_octets", "as_text", "errnoToFailure", "refusal_of", "toSegments"]

_REFUSALS: dict[int | None, type[FTPCmdError]] = {
    errno.ENOENT: FileNotFoundError,
    errno.EPERM: PermissionDeniedError,
    errno.EACCES: PermissionDeniedError,
    errno.EROFS: PermissionDeniedError,
    errno.ELOOP: PermissionDeniedError,
    errno.ENOTDIR: IsNotADirectoryError,
    errno.EEXIST: FileExistsError,
    errno.EISDIR: IsADirectoryError,
}


def as_text(name: str | bytes) -> str:
    """Return a name as text, in which octets that are no UTF-8 are kept (PEP 383)."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def as_octets(text: str | bytes) -> bytes:
    """Return a name, or a line with names in it, as it goes on the wire."""
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text


def toSegments(cwd: Iterable[str], path: str) -> list[str]:
    """Return the names from the root to a path.

    Args:
        cwd: The names from the root to the directory that the path begins in.
        path: With slashes; it begins at the root if it begins with one.

    Raises:
        InvalidPath: If it leads above the root, or has a NUL in it.
    """
    segments = [] if path.startswith("/") else list(cwd)
    for name in path.split("/"):
        if name == "..":
            if not segments:
                raise InvalidPath(cwd, path)
            segments.pop()
        elif "\0" in name:
            raise InvalidPath(cwd, path)
        elif name not in {"", "."}:
            segments.append(name)
    return segments


def refusal_of(error: OSError, path: object) -> FTPCmdError | None:
    """Return what to answer to what the system says of a file; None if that is nothing for the client."""
    kind = _REFUSALS.get(error.errno)
    if kind is not None:
        return kind(path)
    if error.errno == errno.ENOTEMPTY:
        return FTPCmdError("Directory not empty")
    if error.errno in {errno.ENAMETOOLONG, errno.EINVAL}:
        return FTPCmdError("File name not allowed")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return FTPCmdError("Insufficient storage")
    return None


def errnoToFailure(e: int, path: object) -> Deferred[object]:
    """Return a Deferred that has failed with what to answer to an error of the system.

    Args:
        e: The error's number.
        path: Of which file.
    """
    return fail(_REFUSALS[e](path)) if e in _REFUSALS else fail()
