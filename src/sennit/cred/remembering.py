"""Logins remembered for a while, for protocols that log in with every request, as HTTP Basic does.

A hash that takes a tenth of a second is right once a session, and far too much for every picture of a page.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from secrets import token_bytes
from time import monotonic
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred, maybeDeferred, succeed
from sennit.cred.comparing import as_bytes
from sennit.cred.interfaces import ICredentialsChecker, IUsernamePassword

__all__ = ["RememberingChecker"]


@implementer(ICredentialsChecker)
class RememberingChecker:
    """Lets whoever was let in be let in again for a while, without asking the checker behind.

    What is remembered is a keyed digest of name and password, in memory alone.  A password that was changed
    is still good until its time is over.

    Args:
        checker: The checker behind; it gets all other credentials.
        seconds: How long a login is remembered.
        max_entries: How many at most; the oldest is forgotten.
        clock: The clock.
    """

    def __init__(
        self,
        checker: Any,
        seconds: float = 60.0,
        *,
        max_entries: int = 1000,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._checker = checker
        self.credentialInterfaces = checker.credentialInterfaces
        self._seconds = seconds
        self._max_entries = max_entries
        self._clock = clock
        self._key = token_bytes(32)
        self._known: OrderedDict[bytes, tuple[float, Any]] = OrderedDict()

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """Return a Deferred of what the checker behind says now, or said a short while ago."""
        if not IUsernamePassword.providedBy(credentials):
            return maybeDeferred(self._checker.requestAvatarId, credentials)
        username = as_bytes(credentials.username)
        data = len(username).to_bytes(8, "big") + username + as_bytes(credentials.password)
        digest = blake2b(data, key=self._key, digest_size=32).digest()
        known = self._known.get(digest)
        if known is not None and self._clock() < known[0]:
            return succeed(known[1])
        checked: Deferred[Any] = maybeDeferred(self._checker.requestAvatarId, credentials)
        return checked.addCallback(self._remember, digest)

    def _remember(self, avatar_id: Any, digest: bytes) -> Any:
        self._known.pop(digest, None)
        self._known[digest] = (self._clock() + self._seconds, avatar_id)
        if len(self._known) > self._max_entries:
            self._known.popitem(last=False)
        return avatar_id
