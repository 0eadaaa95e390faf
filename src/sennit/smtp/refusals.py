"""What a program raises to refuse a sender, a recipient or a message; the client is told both."""

from __future__ import annotations

from typing import Any

from sennit.smtp.envelope import Address
from sennit.smtp.errors import SMTPError

__all__ = ["SMTPAddressError", "SMTPBadRcpt", "SMTPBadSender", "SMTPServerError"]


class SMTPServerError(SMTPError):
    """A command is refused.

    Args:
        code: The reply code, 4yz or 5yz.
        resp: The text.
    """

    def __init__(self, code: int, resp: bytes | str) -> None:
        super().__init__(code, resp)
        self.code = code
        self.resp = resp

    def __str__(self) -> str:
        return f"{self.code:03d} {self.resp!s}"


class SMTPAddressError(SMTPServerError):
    """An address is refused.

    Args:
        addr: It, as an `Address`, a `User`, or text.
        code: The reply code.
        resp: The text.
    """

    def __init__(self, addr: Any, code: int, resp: bytes | str) -> None:
        super().__init__(code, resp)
        self.addr = addr if isinstance(addr, Address) else Address(addr)

    def __str__(self) -> str:
        return f"{self.code:03d} <{self.addr}>... {self.resp!s}"


class SMTPBadRcpt(SMTPAddressError):
    """A recipient is refused."""

    def __init__(
        self, addr: Any, code: int = 550, resp: bytes | str = "Cannot receive for specified address"
    ) -> None:
        super().__init__(addr, code, resp)


class SMTPBadSender(SMTPAddressError):
    """A sender is refused."""

    def __init__(self, addr: Any, code: int = 550, resp: bytes | str = "Sender not acceptable") -> None:
        super().__init__(addr, code, resp)
