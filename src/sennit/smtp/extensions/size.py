"""SIZE: how large a message may be, and how large one will be (RFC 1870)."""

from __future__ import annotations

from sennit.framing.numbers import NumberError, parse_decimal
from sennit.smtp.commands import syntax_error
from sennit.smtp.extension import Extension, register_extension

__all__ = ["Size"]

_LARGEST = (1 << 63) - 1


@register_extension
class Size(Extension):
    """SIZE, as a server offers it.

    Args:
        limit: How many octets a message may have; None for no limit.
    """

    keyword = "SIZE"

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.mail_parameters = {"SIZE": self._check}

    def advertise(self) -> str:
        """Give the keyword and the limit."""
        return self.keyword if self.limit is None else f"{self.keyword} {self.limit}"

    def _check(self, value: str | None) -> None:
        try:
            size = parse_decimal(value or "", _LARGEST)
        except NumberError:
            raise syntax_error("SIZE is a number of octets.") from None
        if self.limit is not None and size > self.limit:
            raise syntax_error(f"A message here has at most {self.limit} octets.", 552, "5.3.4")
