"""A limit on failed logins: by user and by source, in bounded memory.

Each user and each source has a bucket of failures that it may have; a failure takes one out, time puts them
back at a steady rate.  While a bucket is empty, attempts are turned away before their credentials are looked
at.  Attempts that were under way at the same moment may leave a bucket in debt, which must be paid back by
time too: so the rate of guesses in the long run is the rate of recovery, whatever the number of connections.

Whoever guesses at a user's password would lock him out by that.  So a source from which the user has logged
in before is held only to the limit of the source.

An unknown user is counted as a known one is: nothing here says which users there are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from secrets import token_bytes
from time import monotonic
from typing import Any

__all__ = ["FailureLimiter"]

_IPV6_NETWORK_BITS = 64


class FailureLimiter:
    """Counts failed logins, and says when there were too many.

    Args:
        per_user: Failures that a user may have at once.
        per_source: Failures that a source may have at once; an IPv6 source is a /64 network.
        user_recovery: Seconds until a user may have one failure more.
        source_recovery: The same of a source.
        longest_delay: Seconds that anybody is turned away for at most, after however many failures.
        max_entries: Users and sources to remember at most; the longest untouched is forgotten.
        seconds: The clock.
    """

    __slots__ = (
        "_buckets",
        "_known",
        "_longest_delay",
        "_max_entries",
        "_per_source",
        "_per_user",
        "_salt",
        "_seconds",
        "_source_recovery",
        "_user_recovery",
    )

    def __init__(
        self,
        per_user: int = 30,
        per_source: int = 100,
        *,
        user_recovery: float = 10.0,
        source_recovery: float = 1.0,
        longest_delay: float = 3600.0,
        max_entries: int = 20_000,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        if per_user < 1 or per_source < 1 or max_entries < 1:
            raise ValueError("A limit on failed logins allows one at least, and remembers one at least.")
        self._per_user = per_user
        self._per_source = per_source
        self._user_recovery = user_recovery
        self._source_recovery = source_recovery
        self._longest_delay = longest_delay
        self._max_entries = max_entries
        self._seconds = seconds
        self._salt = token_bytes(16)
        # The time at which each bucket is full again: the one number that says how full it is now.
        self._buckets: OrderedDict[bytes, float] = OrderedDict()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def delay(self, user: Any, source: str | None) -> float:
        """Return how many seconds an attempt has to wait, 0 if it may be made now.

        Args:
            user: The name presented, None if credentials of this kind have none.
            source: The host that it comes from, None if unknown.
        """
        buckets = self._buckets
        if not buckets:
            return 0
        now = self._seconds()
        wait = 0.0
        if source is not None:
            full_at = buckets.get(self._source_key(source), 0.0)
            wait = full_at - now - (self._per_source - 1) * self._source_recovery
        if user is not None:
            full_at = buckets.get(self._key(b"user", user), 0.0)
            by_user = full_at - now - (self._per_user - 1) * self._user_recovery
            if by_user > wait and (source is None or self._pair_key(user, source) not in self._known):
                wait = by_user
        return max(wait, 0.0)

    def failed(self, user: Any, source: str | None) -> None:
        """Count a failure; the arguments are those of `delay`."""
        if source is not None:
            self._take(self._source_key(source), self._per_source, self._source_recovery)
        if user is not None:
            self._take(self._key(b"user", user), self._per_user, self._user_recovery)

    def succeeded(self, user: Any, source: str | None) -> None:
        """Remember that a user came from a source; the arguments are those of `delay`."""
        if user is not None and source is not None:
            self._remember(self._known, self._pair_key(user, source), None)

    def _take(self, key: bytes, size: int, recovery: float) -> None:
        now = self._seconds()
        full_at = max(self._buckets.get(key, now), now) + recovery
        latest = now + (size - 1) * recovery + self._longest_delay
        self._remember(self._buckets, key, min(full_at, latest))

    def _remember(self, where: OrderedDict[bytes, Any], key: bytes, value: Any) -> None:
        where[key] = value
        where.move_to_end(key)
        if len(where) > self._max_entries:
            where.popitem(last=False)

    def _key(self, kind: bytes, *parts: Any) -> bytes:
        """Return a short name for one bucket, which nobody outside can choose to collide with another."""
        digest = blake2b(kind, digest_size=16, key=self._salt)
        for part in parts:
            data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.digest()

    def _source_key(self, source: str) -> bytes:
        return self._key(b"source", _network(source))

    def _pair_key(self, user: Any, source: str) -> bytes:
        return self._key(b"pair", user, _network(source))


def _network(source: str) -> str:
    try:
        address = ip_address(source.partition("%")[0])
    except ValueError:
        return source
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(int(address) >> (128 - _IPV6_NETWORK_BITS))
    return source
