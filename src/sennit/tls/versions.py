"""The versions of TLS, ordered from the oldest."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Iterator
from enum import Enum

__all__ = ["TLSVersion", "standard_version"]


@functools.total_ordering
class TLSVersion(Enum):
    """A version of TLS; newer ones compare greater."""

    SSLv3 = 0
    TLSv1_0 = 1
    TLSv1_1 = 2
    TLSv1_2 = 3
    TLSv1_3 = 4

    def __lt__(self, other: object) -> bool:
        if isinstance(other, TLSVersion):
            return self.value < other.value
        return NotImplemented

    @classmethod
    def iterconstants(cls) -> Iterator[TLSVersion]:
        """Give all versions, the oldest first."""
        return iter(cls)

    @classmethod
    def lookupByName(cls, name: str) -> TLSVersion:
        """Give the version called `name`; a ValueError tells that there is none."""
        try:
            return cls[name]
        except KeyError:
            raise ValueError(name) from None

    def __repr__(self) -> str:
        return f"<TLSVersion={self.name}>"


_STANDARD = {
    TLSVersion.SSLv3: ssl.TLSVersion.SSLv3,
    TLSVersion.TLSv1_0: ssl.TLSVersion.TLSv1,
    TLSVersion.TLSv1_1: ssl.TLSVersion.TLSv1_1,
    TLSVersion.TLSv1_2: ssl.TLSVersion.TLSv1_2,
    TLSVersion.TLSv1_3: ssl.TLSVersion.TLSv1_3,
}


def standard_version(version: TLSVersion) -> ssl.TLSVersion:
    """Give the standard library's name for a version; its numbers are those of the protocol."""
    return _STANDARD[version]
