"""What a program implements to receive mail, and to be known to a server that it sends mail to."""

# ruff: noqa: N805 - the methods of an interface have no self
from __future__ import annotations

from typing import Any

from zope.interface import Interface

__all__ = [
    "IClientAuthentication",
    "IMessage",
    "IMessageDelivery",
    "IMessageDeliveryFactory",
    "IMessageSink",
]


class IMessage(Interface):
    """Takes one message for one recipient, line by line."""

    def lineReceived(line: bytes) -> object:
        """Take a line, without its end and with no dot stuffed.

        Raises:
            SMTPServerError: To refuse the message; the client is told so when it has sent all of it.
        """

    def eomReceived() -> Any:
        """Take note that it is complete.

        Returns:
            A Deferred that fires when the message is safe, and only then is the client told so; or fails.
        """

    def connectionLost() -> object:
        """Take note that the rest will not come: forget it."""


class IMessageSink(Interface):
    """Takes one message for one recipient in parts of any size, at its own pace; else like `IMessage`."""

    def partReceived(data: bytes) -> Any:
        """Take the next octets.

        Returns:
            None, or a Deferred: no more is read from the client until it has fired.
        """

    def eomReceived() -> Any:
        """Take note that it is complete.

        Returns:
            A Deferred that fires when the message is safe, or fails.
        """

    def connectionLost() -> object:
        """Take note that the rest will not come: forget it."""


class IMessageDelivery(Interface):
    """Says whose mail is taken, and for whom."""

    def receivedHeader(helo: tuple[bytes | None, bytes], origin: Any, recipients: list[Any]) -> bytes | None:
        """Make the ``Received`` field that goes before a message.

        Args:
            helo: Who the client says it is, and its host.
            origin: The sender's `Address`.
            recipients: The message's recipients, each a `User`.

        Returns:
            The field, in one line or folded; None for none.
        """

    def validateFrom(helo: tuple[bytes | None, bytes], origin: Any) -> Any:
        """Look at a sender.

        Returns:
            The sender to go on with, an `Address`, or a Deferred of it.

        Raises:
            SMTPBadSender: To refuse it.
        """

    def validateTo(user: Any) -> Any:
        """Look at a recipient.

        Returns:
            What makes the message for it when it is called: an `IMessage` or `IMessageSink`; or a Deferred.

        Raises:
            SMTPBadRcpt: To refuse it.
        """


class IMessageDeliveryFactory(Interface):
    """Makes a delivery for each conversation."""

    def getMessageDelivery() -> Any:
        """Return an `IMessageDelivery`."""


class IClientAuthentication(Interface):
    """Proves to a server who the client is, by one SASL mechanism."""

    def getName() -> bytes:
        """Return the mechanism's name."""

    def challengeResponse(secret: bytes, challenge: bytes) -> bytes:
        """Return the response to a challenge.

        Args:
            secret: The password.
            challenge: What the server sent, decoded.
        """
