"""Whom mail is taken from and for: a delivery decides, which is given, made, or got from a portal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.cred import Anonymous, UnauthorizedLogin, UnhandledCredentials
from sennit.smtp.envelope import User
from sennit.smtp.interfaces import IMessageDelivery, IMessageDeliveryFactory
from sennit.smtp.refusals import SMTPBadRcpt, SMTPBadSender

__all__ = ["Delivering"]


class Delivering:
    """What a server asks of its delivery.

    Attributes:
        delivery: Says whose mail is taken, and for whom.
        deliveryFactory: Makes one when it is needed.
        portal: Who may send mail is asked for here, if there is no delivery; nobody logs in as anonymous.
    """

    delivery: Any = None
    deliveryFactory: Any = None
    portal: Any = None
    _logout: Callable[[], object] | None = None

    def validateFrom(self, helo: tuple[bytes | None, bytes], origin: Any) -> Any:
        """Look at a sender; the delivery decides (see `IMessageDelivery`)."""
        if self.delivery is None and self.deliveryFactory is not None:
            self.delivery = self.deliveryFactory.getMessageDelivery()
        if self.delivery is not None:
            return self.delivery.validateFrom(helo, origin)
        if self.portal is None:
            raise SMTPBadSender(origin)
        login: Deferred[Any] = self.portal.login(Anonymous(), None, IMessageDeliveryFactory, IMessageDelivery)
        return login.addCallbacks(
            self._anonymous_taken, self._anonymous_refused, callbackArgs=(helo, origin), errbackArgs=(origin,)
        )

    def _anonymous_taken(self, result: Any, helo: tuple[bytes | None, bytes], origin: Any) -> Any:
        self._logged_in(result)
        return self.delivery.validateFrom(helo, origin)

    def _anonymous_refused(self, failure: Failure, origin: Any) -> Any:
        if failure.check(UnhandledCredentials):
            raise SMTPBadSender(origin, resp="Unauthenticated senders not allowed")
        if failure.check(UnauthorizedLogin):
            raise SMTPBadSender(origin)
        return failure

    def _logged_in(self, result: tuple[Any, Any, Callable[[], object]]) -> None:
        interface, avatar, logout = result
        if interface is IMessageDeliveryFactory:
            self.deliveryFactory = avatar
            self.delivery = None if avatar is None else avatar.getMessageDelivery()
        else:
            self.delivery = avatar
        before, self._logout = self._logout, logout
        if before is not None:
            before()

    def validateTo(self, user: User) -> Any:
        """Look at a recipient; the delivery decides (see `IMessageDelivery`)."""
        if self.delivery is None:
            raise SMTPBadRcpt(user)
        return self.delivery.validateTo(user)

    def receivedHeader(self, helo: tuple[bytes | None, bytes], origin: Any, recipients: list[User]) -> Any:
        """Make the ``Received`` field; the delivery does (see `IMessageDelivery`)."""
        return None if self.delivery is None else self.delivery.receivedHeader(helo, origin, recipients)

    def _log_out(self) -> None:
        logout, self._logout = self._logout, None
        if logout is not None:
            logout()
