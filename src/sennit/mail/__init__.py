"""The mail system: where messages are kept, and which mail is taken for whom."""

from __future__ import annotations

from sennit.mail.delivery import MaildirDelivery, MaildirRealm
from sennit.mail.maildir import Maildir, MaildirMessage

__all__ = ["Maildir", "MaildirDelivery", "MaildirMessage", "MaildirRealm"]
