"""Mail for the mailboxes of some domains, each a Maildir."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from zope.interface import implementer

from sennit.cred import ANONYMOUS, IRealm
from sennit.mail.maildir import Maildir, MaildirMessage
from sennit.smtp.envelope import Address, User
from sennit.smtp.headers import messageid, rfc822date
from sennit.smtp.interfaces import IMessageDelivery
from sennit.smtp.refusals import SMTPBadRcpt, SMTPBadSender

__all__ = ["MaildirDelivery", "MaildirRealm"]


@implementer(IMessageDelivery)
class MaildirDelivery:
    """Takes mail for the mailboxes of some domains: ``root/local@domain``.

    Args:
        root: The folder of the mailboxes.
        domains: The domains, in lower case.
        create: Whether any mailbox of these domains is made when mail comes for it; else it has to be there.
        user: Who has logged in; None if nobody has.
        login_required: Whether the domains' own addresses may only be senders after a log-in.
    """

    def __init__(
        self,
        root: str | Path,
        domains: Iterable[str],
        *,
        create: bool = False,
        user: bytes | None = None,
        login_required: bool = False,
    ) -> None:
        self.root = Path(root)
        self.domains = {domain.lower() for domain in domains}
        self.create = create
        self.user = user
        self.login_required = login_required

    def receivedHeader(self, helo: tuple[bytes | None, bytes], origin: Any, recipients: list[User]) -> bytes:
        """Make the trace field (RFC 5321 section 4.4), and say whom the message is from for bounces."""
        who, host = helo
        protocol = recipients[0].protocol
        kind = b"ESMTP" + b"S" * bool(getattr(protocol, "secure", False)) + b"A" * (self.user is not None)
        mine = protocol.host if protocol is not None else b"localhost"
        said = bytes(octet for octet in (who or b"unknown") if 33 <= octet < 127 and octet not in b"()<>\\")
        return b"Return-Path: <%b>\nReceived: from %b ([%b])\n\tby %b with %b id %b\n\tfor <%b>; %b" % (
            bytes(origin or b""),
            said or b"unknown",
            host,
            mine,
            kind,
            messageid().strip(b"<>").partition(b"@")[0],
            bytes(recipients[0]),
            rfc822date(),
        )

    def validateFrom(self, helo: tuple[bytes | None, bytes], origin: Address) -> Address:
        """Take any sender, but one of our own who has not logged in."""
        ours = origin.domain.decode("utf-8", "replace").lower() in self.domains
        if ours and self.login_required and self.user is None:
            raise SMTPBadSender(origin, 550, "Log in to send mail from here")
        return origin

    def validateTo(self, user: User) -> Callable[[], MaildirMessage]:
        """Take mail for our mailboxes."""
        path = self._mailbox(user.dest)
        if path is None:
            raise SMTPBadRcpt(user, 550, "No mail is taken for this domain")
        if not self.create and not path.is_dir():
            raise SMTPBadRcpt(user, 550, "There is no such mailbox")
        return lambda: Maildir(path).begin()

    def _mailbox(self, address: Address) -> Path | None:
        domain = address.domain.decode("utf-8", "replace").lower()
        local = address.dequote(address.local).decode("utf-8", "replace").lower()
        if domain not in self.domains:
            if local != "postmaster" or address.domain not in {b"localhost", b""} or not self.domains:
                return None
            domain = min(self.domains)
        # An address names one folder in `root`, never another place.
        if "/" in local or "\0" in local or local.startswith("."):
            return None
        return self.root / f"{local}@{domain}"


@implementer(IRealm)
class MaildirRealm:
    """Gives who logs in, or does not, a delivery.

    Args:
        root: As of `MaildirDelivery`.
        domains: Likewise.
        create: Likewise.
        login_required: Likewise.
    """

    def __init__(
        self, root: str | Path, domains: Iterable[str], *, create: bool = False, login_required: bool = False
    ) -> None:
        self.root = root
        self.domains = list(domains)
        self.create = create
        self.login_required = login_required

    def requestAvatar(
        self, avatarId: Any, mind: Any, *interfaces: Any
    ) -> tuple[Any, MaildirDelivery, Callable[[], None]]:
        """Make a delivery (see `IRealm`)."""
        user = None if avatarId is ANONYMOUS else avatarId
        delivery = MaildirDelivery(
            self.root, self.domains, create=self.create, user=user, login_required=self.login_required
        )
        return IMessageDelivery, delivery, lambda: None
