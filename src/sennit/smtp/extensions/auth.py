"""AUTH: the client says who it is, by a SASL mechanism (RFC 4954)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from sennit.smtp.extension import Extension, register_extension

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Auth"]


def _anything(value: str | None) -> None:
    """Take any value: who a trusted relay says the message is from is its own affair (section 5)."""


@register_extension
class Auth(Extension):
    """AUTH, as a server offers it.

    Args:
        mechanisms: The names of the mechanisms, the best first.
    """

    keyword = "AUTH"
    mail_parameters = MappingProxyType({"AUTH": _anything})
    verbs = frozenset({b"AUTH"})

    def __init__(self, mechanisms: Iterable[str] = ()) -> None:
        self.mechanisms = tuple(mechanisms)

    def advertise(self) -> str:
        """Give the keyword and the mechanisms."""
        return " ".join((self.keyword, *self.mechanisms))
