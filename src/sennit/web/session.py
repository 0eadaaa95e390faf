"""Sessions: what a site remembers of a visitor between requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import implementer

from sennit.core.components import Componentized
from sennit.core.current import current_reactor
from sennit.web.interfaces import ISession

__all__ = ["Session"]


def _clock_of(site: Any) -> Any:
    reactor = getattr(site, "reactor", None)
    return current_reactor() if reactor is None else reactor


@implementer(ISession)
class Session(Componentized):
    """A client's visit, found again by a cookie.

    Data is kept in components: ``IMyData(session)`` finds the adapter registered for sessions and keeps it.

    Args:
        site: The site that keeps it.
        uid: Its identifier, which nobody can guess.
        reactor: The clock; the site's if None.

    Attributes:
        sessionTimeout: Seconds without a request after which it expires.
        lastModified: When the client was last there, by the reactor's clock.
        expireCallbacks: Functions to call when it expires.
        sessionNamespaces: A dict for the program's own use.
    """

    sessionTimeout: float = 900

    def __init__(self, site: Any, uid: bytes, reactor: Any = None) -> None:
        super().__init__()
        self.site = site
        self.uid = uid
        self.expireCallbacks: list[Callable[[], object]] = []
        self.sessionNamespaces: dict[str, Any] = {}
        self._reactor = _clock_of(site) if reactor is None else reactor
        self._expireCall: Any = None
        self.touch()

    def startCheckingExpiration(self) -> None:
        """Let the session expire when its time has come."""
        self._expireCall = self._reactor.callLater(self.sessionTimeout, self.expire)

    def notifyOnExpire(self, callback: Callable[[], object]) -> None:
        """Have a function called when the session expires."""
        self.expireCallbacks.append(callback)

    def expire(self) -> None:
        """End the session: the site forgets it, and those who asked are told."""
        del self.site.sessions[self.uid]
        callbacks, self.expireCallbacks = self.expireCallbacks, []
        for callback in callbacks:
            callback()
        if self._expireCall is not None and self._expireCall.active():
            self._expireCall.cancel()
        self._expireCall = None

    def touch(self) -> None:
        """Note that the client is still there."""
        self.lastModified = self._reactor.seconds()
        if self._expireCall is not None:
            self._expireCall.reset(self.sessionTimeout)
