"""LIMITS: what a server takes, so that a client need not find out by being refused (RFC 9422)."""

from __future__ import annotations

from sennit.smtp.extension import Extension, register_extension

__all__ = ["AdvertisedLimits"]


@register_extension
class AdvertisedLimits(Extension):
    """LIMITS, as a server offers it.

    Args:
        recipients: How many recipients a message may have.
        messages: How many messages may be sent in one conversation; None for no limit.
    """

    keyword = "LIMITS"

    def __init__(self, recipients: int, messages: int | None = None) -> None:
        self.recipients = recipients
        self.messages = messages

    def advertise(self) -> str:
        """Give the keyword and the limits."""
        words = [self.keyword, f"RCPTMAX={self.recipients}"]
        if self.messages is not None:
            words.append(f"MAILMAX={self.messages}")
        return " ".join(words)
