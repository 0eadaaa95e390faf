"""Who is at the other end of a UNIX socket."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PeerCredentials"]


class PeerCredentials(NamedTuple):
    """Who is at the other end of a UNIX socket, as it was when the connection was made."""

    pid: int
    uid: int
    gid: int
