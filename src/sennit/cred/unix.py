"""The users of the system: ``/etc/passwd``, and ``/etc/shadow`` where this process may read it.

`sennit.cred.pam` asks the system itself, and knows of whatever the administrator has set up; this is for
systems without PAM, and for files of the same form elsewhere.
"""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from sennit.cred.blocking import BlockingChecker
from sennit.cred.hashes import decoy, decoys, is_hash, verify_password
from sennit.threads import ThreadPool

__all__ = ["UNIXChecker"]

_IN_SHADOW: Final = frozenset({b"x", b"*", b""})
_SECONDS_A_DAY: Final = 86400


class UNIXChecker(BlockingChecker):
    """Checks the passwords of the system's users.

    An account that is locked or has expired does not get in, nor one without a password.  A password that has
    to be changed does.

    Args:
        shadow: The file of the hashes.
        lookup: Called with a name, in text; returns an entry as `pwd.getpwnam` does,
            which is called if this is None.
        now: The clock that accounts expire by, in seconds since 1970.
        threadpool: Where to hash; the reactor's own if None.
    """

    def __init__(
        self,
        shadow: str | os.PathLike[str] = "/etc/shadow",
        *,
        lookup: Callable[[str], Any] | None = None,
        now: Callable[[], float] = time.time,
        threadpool: ThreadPool | None = None,
    ) -> None:
        super().__init__(threadpool=threadpool)
        self.shadow = Path(shadow)
        self._lookup = lookup
        self._now = now

    def check(self, username: bytes, password: bytes) -> bool:
        """Verify a password against the user's hash."""
        entries = self._entries()
        hashes = {name: fields[1] for name, fields in entries.items()}
        stored = self._stored(username, hashes)
        usable = stored is not None and is_hash(stored) and not self._expired(entries.get(username))
        instead = decoy(username, decoys(hashes.values()))
        matched = verify_password(password, stored if stored and usable else instead)
        return matched and usable

    def _stored(self, username: bytes, hashes: Mapping[bytes, bytes]) -> bytes | None:
        try:
            entry = (self._lookup or pwd.getpwnam)(os.fsdecode(username))
        except KeyError:
            return None
        kept = os.fsencode(entry.pw_passwd)
        return hashes.get(username) if kept in _IN_SHADOW else kept

    def _expired(self, fields: list[bytes] | None) -> bool:
        if fields is None or not fields[7].isdigit():
            return False
        return self._now() >= int(fields[7]) * _SECONDS_A_DAY

    def _entries(self) -> dict[bytes, list[bytes]]:
        """Return the shadow file's lines by name, none if this process may not read it."""
        try:
            lines = self.shadow.read_bytes().splitlines()
        except (FileNotFoundError, PermissionError):
            return {}
        rows = (line.split(b":") for line in lines)
        return {row[0]: row for row in rows if len(row) >= 9 and row[0]}
