"""The portal: through it a protocol hands credentials in, and gets an avatar out.

A portal joins one realm with any number of checkers.  A login goes to the first checker registered for an
interface that the credentials provide; what that says is the user's name goes to the realm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from zope.interface import providedBy

from sennit.core.deferred import Deferred, fail, maybeDeferred
from sennit.core.failure import Failure
from sennit.cred.errors import TooManyFailures, UnauthorizedLogin, UnhandledCredentials
from sennit.cred.interfaces import ICredentialsChecker, IRealm
from sennit.cred.limits import FailureLimiter
from sennit.cred.source import login_source

__all__ = ["IRealm", "Login", "Portal"]

_T = TypeVar("_T")

Login = tuple[Any, Any, Callable[[], object]]


class Portal:
    """A realm and the checkers that say who may enter.

    Args:
        realm: Gives the avatars.
        checkers: Each is registered for its `credentialInterfaces`.
        limiter: Counts failures by user and by source, and turns attempts away after too many; None for no
            limit.  Portals may share one.

    Attributes:
        realm: The realm.
        checkers: The checker of each credentials interface, in the order of registration.
        limiter: The limiter.
    """

    def __init__(
        self,
        realm: IRealm,
        checkers: Iterable[ICredentialsChecker] = (),
        *,
        limiter: FailureLimiter | type[FailureLimiter] | None = FailureLimiter,
    ) -> None:
        self.realm = realm
        self.checkers: dict[Any, ICredentialsChecker] = {}
        self.limiter = limiter() if isinstance(limiter, type) else limiter
        for checker in checkers:
            self.registerChecker(checker)

    def listCredentialsInterfaces(self) -> list[Any]:
        """Return the interfaces of the credentials that can be checked here."""
        return list(self.checkers)

    def registerChecker(self, checker: ICredentialsChecker, *credentialInterfaces: Any) -> None:
        """Have a checker check credentials.

        Args:
            checker: The checker.
            *credentialInterfaces: For which interfaces; for all that it declares, if none is given.  It takes
                the place of an earlier checker for the same one.
        """
        for interface in credentialInterfaces or checker.credentialInterfaces:
            self.checkers[interface] = checker

    def login(self, credentials: Any, mind: Any, *interfaces: Any) -> Deferred[Login]:
        """Check credentials, and get an avatar for whom they belong to.

        Args:
            credentials: What was presented; it provides an interface that a checker is registered for.
            mind: Given to the realm: something of the user's side, or None.
            *interfaces: Given to the realm: what the protocol can work with.

        Returns:
            A Deferred that fires with the realm's tuple of interface, avatar and logout function.  It fails
            with `UnauthorizedLogin` if the credentials are wrong, `TooManyFailures`, which is one, if that
            was so too often, `UnhandledCredentials` if nothing checks their kind, or with what the checker
            or the realm raised.
        """
        checker = self._checker_of(credentials)
        if checker is None:
            kinds = ", ".join(f"{kind.__module__}.{kind.__name__}" for kind in providedBy(credentials))
            return fail(UnhandledCredentials(f"No checker for {kinds}"))
        limiter = self.limiter
        if limiter is None:
            checked: Deferred[Any] = maybeDeferred(checker.requestAvatarId, credentials)
        else:
            user = getattr(credentials, "username", None)
            source = login_source()
            delay = limiter.delay(user, source)
            if delay > 0:
                return fail(TooManyFailures(delay))
            checked = maybeDeferred(checker.requestAvatarId, credentials)
            checked.addCallbacks(
                _succeeded, _failed, callbackArgs=(limiter, user, source), errbackArgs=(limiter, user, source)
            )
        return checked.addCallback(self._enter, mind, interfaces)

    def _checker_of(self, credentials: Any) -> ICredentialsChecker | None:
        for interface, checker in self.checkers.items():
            if interface.providedBy(credentials):
                return checker
        return None

    def _enter(self, avatar_id: Any, mind: Any, interfaces: tuple[Any, ...]) -> Deferred[Login]:
        return maybeDeferred(self.realm.requestAvatar, avatar_id, mind, *interfaces)


def _succeeded(avatar_id: _T, limiter: FailureLimiter, user: Any, source: str | None) -> _T:
    limiter.succeeded(user, source)
    return avatar_id


def _failed(failure: Failure, limiter: FailureLimiter, user: Any, source: str | None) -> Failure:
    if failure.check(UnauthorizedLogin):
        limiter.failed(user, source)
    return failure
