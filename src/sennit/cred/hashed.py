"""Users in a file of names and hashed passwords, as Apache's ``htpasswd`` writes it."""

from __future__ import annotations

import os
from pathlib import Path

from sennit.cred.blocking import BlockingChecker
from sennit.cred.hashes import decoy, decoys, verify_password
from sennit.threads import ThreadPool

__all__ = ["HashedFileChecker", "read_hashes"]


def read_hashes(path: Path) -> dict[bytes, bytes]:
    """Read lines ``name:hash``, which may go on after a further colon; ``#`` begins a comment."""
    users: dict[bytes, bytes] = {}
    with path.open("rb") as file:
        for line in file:
            if not line.startswith(b"#"):
                name, separator, rest = line.rstrip(b"\r\n").partition(b":")
                if separator and name:
                    users[name] = rest.partition(b":")[0].strip()
    return users


class HashedFileChecker(BlockingChecker):
    """Users in a file of names and hashes: what Apache's ``htpasswd`` writes, or lines of `hash_password`.

    The file is kept in memory, and read again when it has changed.

    Args:
        filename: The file's path.
        threadpool: Where to hash; the reactor's own if None.
    """

    def __init__(self, filename: str | os.PathLike[str], *, threadpool: ThreadPool | None = None) -> None:
        super().__init__(threadpool=threadpool)
        self.filename = filename
        self._kept: tuple[tuple[int, int, int], dict[bytes, bytes], tuple[bytes, ...]] | None = None

    def _read(self) -> tuple[dict[bytes, bytes], tuple[bytes, ...]]:
        """Return the hashes by name, and those among them that do for unknown names."""
        path = Path(self.filename)
        status = path.stat()
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
        kept = self._kept
        if kept is None or kept[0] != version:
            users = read_hashes(path)
            self._kept = kept = (version, users, decoys(users.values()))
        return kept[1], kept[2]

    def check(self, username: bytes, password: bytes) -> bool:
        """Verify a password against the user's hash.

        Raises:
            OSError: If the file cannot be read.
        """
        users, among = self._read()
        # Both are looked for whether the user exists or not, so that it takes as long.
        stored, instead = users.get(username), decoy(username, among)
        matched = verify_password(password, instead if stored is None else stored)
        return matched and stored is not None
