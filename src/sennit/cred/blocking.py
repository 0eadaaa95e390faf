"""Checkers that block, and so work in threads: hashing takes long by design, asking others by nature."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Final

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.cred.comparing import as_bytes, name_if
from sennit.cred.interfaces import ICredentialsChecker, IUsernamePassword
from sennit.threads import ThreadPool, deferToThreadPool

__all__ = ["BlockingChecker", "in_thread"]

_MAX_PASSWORD: Final = 4096


def in_thread(threadpool: ThreadPool | None, f: Callable[..., Any], *args: Any) -> Deferred[Any]:
    """Call `f` in a thread of a pool, the current reactor's if None; return a Deferred of its result."""
    reactor = current_reactor()
    pool = reactor.getThreadPool() if threadpool is None else threadpool
    return deferToThreadPool(reactor, pool, f, *args)


@implementer(ICredentialsChecker)
class BlockingChecker(ABC):
    """Checks names and passwords by a method that blocks, in a thread.

    Args:
        threadpool: Where to do that; the reactor's own if None.
    """

    credentialInterfaces: ClassVar[Any] = (IUsernamePassword,)

    def __init__(self, *, threadpool: ThreadPool | None = None) -> None:
        self.threadpool = threadpool

    @abstractmethod
    def check(self, username: bytes, password: bytes) -> bool:
        """Say whether this user has this password; called in a thread.

        Args:
            username: The name presented, never one with a NUL in it.
            password: The password presented, of a length that is bounded.
        """

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """Check a name and a password.

        Returns:
            A Deferred that fires with the name, or fails with `UnauthorizedLogin`.
        """
        username = as_bytes(credentials.username)
        # A longer one is wrong, but costs as much as others.
        password = as_bytes(credentials.password)[: _MAX_PASSWORD + 1]
        checked = in_thread(self.threadpool, self._check, username, password)
        return checked.addCallback(name_if, credentials.username)

    def _check(self, username: bytes, password: bytes) -> bool:
        sound = len(password) <= _MAX_PASSWORD and b"\0" not in username
        return self.check(username.replace(b"\0", b"?"), password) and sound
