"""Messages in folders, whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from sennit.cred import ANONYMOUS
from sennit.mail import Maildir, MaildirDelivery, MaildirRealm
from sennit.smtp.envelope import Address, User
from sennit.smtp.refusals import SMTPBadRcpt, SMTPBadSender


def test_a_message_is_in_new_when_it_is_complete(tmp_path):
    maildir = Maildir(tmp_path / "box")
    message = maildir.begin(b"Received: x\n")
    message.partReceived(b"Subject: y\r")
    message.partReceived(b"\n\r\nbody\r\n")
    assert maildir.messages() == []
    message._keep()
    [path] = maildir.messages()
    assert path.parent.name == "new"
    assert path.read_bytes() == b"Received: x\nSubject: y\n\nbody\n"
    assert path.name.endswith(f",S={path.stat().st_size}")
    assert list((tmp_path / "box" / "tmp").iterdir()) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "box").stat().st_mode) == 0o700


def test_a_message_that_did_not_come_leaves_nothing(tmp_path):
    message = Maildir(tmp_path).begin()
    message.partReceived(b"half")
    message.connectionLost()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_message_that_cannot_be_kept_leaves_nothing_and_fails(tmp_path):
    maildir = Maildir(tmp_path)
    message = maildir.begin()
    (tmp_path / "new").rmdir()
    with pytest.raises(OSError, match="No such file"):
        message._keep()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_names_are_never_the_same(tmp_path):
    maildir = Maildir(tmp_path)
    messages = [maildir.begin() for _ in range(100)]
    assert len({message.path for message in messages}) == 100
    for message in messages:
        message.connectionLost()


def user(address):
    return User(address, (b"me", b"192.0.2.1"), None, Address("a@example.net"))


def test_mail_is_taken_for_the_mailboxes_there_are(tmp_path):
    delivery = MaildirDelivery(tmp_path, ["Example.org"])
    Maildir(tmp_path / "me@example.org")
    delivery.validateTo(user("Me@EXAMPLE.org"))().connectionLost()
    for address in ("other@example.org", "me@example.net"):
        with pytest.raises(SMTPBadRcpt):
            delivery.validateTo(user(address))


@pytest.mark.parametrize("local", ["../../etc", "..", ".hidden", '"a/b"', '"/etc/passwd"'])
def test_known_no_address_leads_out_of_the_folder(tmp_path, local):
    delivery = MaildirDelivery(tmp_path, ["example.org"], create=True)
    try:
        address = Address(f"{local}@example.org")
    except Exception:
        return
    with pytest.raises(SMTPBadRcpt):
        delivery.validateTo(User(address, (None, b""), None, None))


def test_any_mailbox_is_made_where_that_was_asked_for(tmp_path):
    delivery = MaildirDelivery(tmp_path, ["example.org"], create=True)
    delivery.validateTo(user("new@example.org"))().connectionLost()
    assert (tmp_path / "new@example.org" / "new").is_dir()


def test_our_own_addresses_send_after_a_log_in(tmp_path):
    realm = MaildirRealm(tmp_path, ["example.org"], login_required=True)
    ours, others = Address("me@example.org"), Address("you@example.net")
    _, nobody, leave = realm.requestAvatar(ANONYMOUS, None)
    with pytest.raises(SMTPBadSender):
        nobody.validateFrom((b"x", b""), ours)
    assert nobody.validateFrom((b"x", b""), others) is others
    leave()
    _, somebody, _ = realm.requestAvatar(b"me", None)
    assert somebody.validateFrom((b"x", b""), ours) is ours


def test_the_trace_has_no_line_of_the_clients_making(tmp_path):
    delivery = MaildirDelivery(tmp_path, ["example.org"])
    header = delivery.receivedHeader(
        (b"a\r\nEvil: x (", b"192.0.2.1"), Address("a@b"), [user("me@example.org")]
    )
    assert [line.split(b" ")[0] for line in header.split(b"\n")] == [
        b"Return-Path:",
        b"Received:",
        b"\tby",
        b"\tfor",
    ]
    assert os.linesep.encode() not in header.split(b"\n")[1]
