"""What can go wrong in a mail conversation.

`RemoteProtocolError` is the other side's fault and carries the reply that tells it so; `LocalProtocolError`
is this program's, and is raised before anything reaches the wire.  An `SMTPClientError` is what a client
reports of a message that was not sent; what a server refuses is in `sennit.smtp.refusals`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sennit.smtp.events import Reply

__all__ = [
    "AUTHDeclinedError",
    "AUTHRequiredError",
    "AddressError",
    "AuthenticationError",
    "EHLORequiredError",
    "ESMTPClientError",
    "LocalProtocolError",
    "ProtocolError",
    "RemoteProtocolError",
    "SMTPClientError",
    "SMTPConnectError",
    "SMTPDeliveryError",
    "SMTPError",
    "SMTPProtocolError",
    "SMTPTimeoutError",
    "TLSError",
    "TLSRequiredError",
]


class SMTPError(Exception):
    """The root of this room's errors."""


class ProtocolError(SMTPError):
    """Somebody broke the protocol."""


class RemoteProtocolError(ProtocolError):
    """The other side broke the protocol, or passed a limit.

    Args:
        reply: What a server says to it; a client, which has nothing to say, reads the text only.
    """

    def __init__(self, reply: Reply) -> None:
        super().__init__(" ".join(reply.lines))
        self.reply = reply


class LocalProtocolError(ProtocolError):
    """This program asked for something that the protocol forbids."""


class AddressError(SMTPError):
    """What should be an address is none."""


class SMTPClientError(SMTPError):
    """A message, or some of its recipients, did not get through.

    Args:
        code: The server's reply code; -1 if it was not the server who said so.
        resp: What was said.
        log: The last lines of the conversation.
        addresses: For each recipient that was tried, itself, the code and the text of the reply.
        isFatal: Whether the connection is of no more use.
        retry: Whether it may well go through later.
    """

    def __init__(
        self,
        code: int,
        resp: bytes | str,
        log: bytes | None = None,
        addresses: object | None = None,
        isFatal: bool = False,
        retry: bool = False,
    ) -> None:
        super().__init__(code, resp)
        self.code = code
        self.resp = resp.encode() if isinstance(resp, str) else resp
        self.log = log.encode() if isinstance(log, str) else log
        self.addresses = addresses
        self.isFatal = isFatal
        self.retry = retry

    def __bytes__(self) -> bytes:
        said = b"%03d %s" % (self.code, self.resp) if self.code > 0 else self.resp
        return said + b"\n" + self.log + b"\n" if self.log else said

    def __str__(self) -> str:
        return bytes(self).decode("utf-8", "backslashreplace")


class ESMTPClientError(SMTPClientError):
    """Something about an extension did not get through."""


class EHLORequiredError(ESMTPClientError):
    """The server knows no EHLO, and without it there is nothing of what was required."""


class AUTHRequiredError(ESMTPClientError):
    """Authentication was required, and the server offers none that would do."""


class AUTHDeclinedError(ESMTPClientError):
    """The server did not take the credentials."""


class AuthenticationError(ESMTPClientError):
    """Authentication failed midway."""


class TLSError(ESMTPClientError):
    """TLS failed midway."""


class TLSRequiredError(ESMTPClientError):
    """TLS was required, and the server offers none."""


class _ConnectionError(SMTPClientError):
    _retry = True

    def __init__(
        self,
        code: int,
        resp: bytes | str,
        log: bytes | None = None,
        addresses: object | None = None,
        isFatal: bool = True,
        retry: bool | None = None,
    ) -> None:
        super().__init__(code, resp, log, addresses, isFatal, self._retry if retry is None else retry)


class SMTPConnectError(_ConnectionError):
    """The server could not be reached, or has no service to give."""


class SMTPTimeoutError(_ConnectionError):
    """The server took too long."""


class SMTPProtocolError(_ConnectionError):
    """The server said what is no reply."""

    _retry = False


class SMTPDeliveryError(SMTPClientError):
    """The server did not take a message, or not for all of its recipients."""
