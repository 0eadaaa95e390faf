"""Real mail programs: clients that send to our server, and servers that ours sends to; each if installed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
from tests.free_port import free_port

import sennit
from sennit.reactor import Reactor
from sennit.smtp import mailer
from sennit.smtp.routing import TLS, MailServer
from sennit.smtp.sender import ESMTPSenderFactory

pytestmark = [pytest.mark.interop]

ME = "me@example.org"
MESSAGE = b"Subject: interop\r\n\r\nhello\r\n.dot\r\n..dots\r\n"
# Servers and clients add fields to the header; the rest is as it was.
KEPT = b"\n\nhello\n.dot\n..dots\n"


BODY = "hello\n.dot\n..dots"


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def wait_for(condition, limit=30):
    end = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < end, "It took too long."
        time.sleep(0.02)
    return found


def answers(port):
    def look():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            return client.recv(3) == b"220"
        return False

    return look


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run([sys.executable, "-m", "sennit", "cert", "localhost", "--out", folder], check=True)
    return folder / "localhost.pem"


class Ours:
    """`sennit run smtp`, running."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.port = free_port()
        listen = f"tcp:{self.port}:interface=127.0.0.1"
        command = [sys.executable, "-m", "sennit", "run", "smtp", "--maildir", folder, "--listen", listen]
        self.process = subprocess.Popen(
            [*command, "--domain", "example.org", "--mailbox", ME, "--mailbox", "jörg@example.org", *options]
        )
        wait_for(answers(self.port))

    def messages(self, mailbox=ME):
        return [path.read_bytes() for path in sorted((self.folder / mailbox / "new").iterdir())]

    def body(self, mailbox=ME):
        """Return the one message, without what we and the client put before it."""
        [message] = self.messages(mailbox)
        return message


@pytest.fixture
def ours(tmp_path):
    server = Ours(tmp_path / "mail")
    yield server
    server.process.terminate()
    server.process.wait(30)


@pytest.fixture
def secured(tmp_path, certificate):
    users = tmp_path / "users"
    users.write_text("user:pass\n")
    server = Ours(tmp_path / "secured", "--certificate", certificate, "--auth", f"file:{users}")
    yield server
    server.process.terminate()
    server.process.wait(30)


def run(*command, **options):
    ran = subprocess.run(
        [str(word) for word in command], capture_output=True, timeout=100, check=False, **options
    )
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()
    return ran


@needs("swaks")
def test_swaks_sends_in_plain_text(ours):
    run("swaks", "--server", f"127.0.0.1:{ours.port}", "--from", "a@b.test", "--to", ME, "--body", BODY)
    assert BODY.encode() in ours.body()


@needs("swaks")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_swaks_logs_in_under_tls(secured, mechanism):
    login = ["--auth", mechanism, "--auth-user", "user", "--auth-password", "pass"]
    server = ["--server", f"127.0.0.1:{secured.port}", "--tls"]
    run("swaks", *server, *login, "--from", ME, "--to", ME, "--body", BODY)
    [message] = secured.messages()
    assert b"with ESMTPSA" in message
    assert BODY.encode() in message


@needs("swaks")
def test_swaks_is_refused_with_the_wrong_password(secured):
    login = ["--auth", "PLAIN", "--auth-user", "user", "--auth-password", "wrong"]
    server = ["--server", f"127.0.0.1:{secured.port}", "--tls"]
    ran = subprocess.run(
        ["swaks", *server, *login, "--from", ME, "--to", ME], capture_output=True, timeout=100, check=False
    )
    assert ran.returncode != 0
    assert b"535" in ran.stdout
    assert not secured.messages()


@needs("curl")
def test_curl_sends_in_plain_text_and_under_tls(ours, secured, tmp_path):
    text = tmp_path / "message"
    text.write_bytes(MESSAGE)
    to = ["--mail-rcpt", ME, "--upload-file", text]
    run("curl", "-sS", f"smtp://127.0.0.1:{ours.port}", "--mail-from", "a@b.test", *to)
    assert ours.body().endswith(KEPT)
    login = ["--ssl-reqd", "--insecure", "--user", "user:pass"]
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        options = ["--login-options", f"AUTH={mechanism}"]
        run("curl", "-sS", f"smtp://127.0.0.1:{secured.port}", *login, *options, "--mail-from", ME, *to)
    assert [message.endswith(KEPT) for message in secured.messages()] == [True] * 3


@needs("msmtp")
def test_msmtp_sends_in_plain_text_and_under_tls(ours, secured):
    common = ["msmtp", "--file=/dev/null", "--host=127.0.0.1", "--domain=client.test"]
    run(*common, f"--port={ours.port}", "--from=a@b.test", ME, input=MESSAGE.replace(b"\r\n", b"\n"))
    assert ours.body().endswith(KEPT)
    for mechanism in ("plain", "login", "cram-md5", "scram-sha-256"):
        login = ["--tls=on", "--tls-certcheck=off", f"--auth={mechanism}", "--user=user"]
        ran = subprocess.run(
            [*common, f"--port={secured.port}", *login, "--passwordeval=echo pass", f"--from={ME}", ME],
            input=MESSAGE.replace(b"\r\n", b"\n"),
            capture_output=True,
            timeout=100,
            check=False,
        )
        if ran.returncode and b"not supported" in ran.stderr + ran.stdout:
            # Some builds of msmtp lack a mechanism.
            continue
        assert ran.returncode == 0, ran.stderr
    assert len(secured.messages()) >= 3
    assert all(message.endswith(KEPT) for message in secured.messages())


@needs("s-nail")
def test_s_nail_sends(ours):
    settings = [f"-Smta=smtp://127.0.0.1:{ours.port}", "-Sv15-compat", "-Ssmtp-auth=none"]
    settings += ["-Shostname=client.test", "-r", "a@b.test", "-s", "interop"]
    run("s-nail", "-:/", *settings, ME, input=b"hello\n")
    assert b"hello" in ours.body()


def test_smtplib_sends_in_all_ways(ours, secured):
    with smtplib.SMTP("127.0.0.1", ours.port) as client:
        client.sendmail("a@b.test", [ME], MESSAGE)
        client.sendmail("a@b.test", ["jörg@example.org"], MESSAGE, ["SMTPUTF8", "BODY=8BITMIME"])
        refused = client.sendmail("a@b.test", [ME, "nobody@example.org"], MESSAGE)
        assert refused["nobody@example.org"][0] == 550
    # A message with one refused recipient goes to the other.
    assert len(ours.messages()) == 2
    assert ours.body("jörg@example.org").endswith(KEPT)
    with smtplib.SMTP("127.0.0.1", secured.port) as client:
        client.starttls()
        client.login("user", "pass")
        client.sendmail(ME, [ME], MESSAGE)
    assert secured.body().endswith(KEPT)


def test_smtplib_sends_by_bdat(ours):
    with smtplib.SMTP("127.0.0.1", ours.port) as client:
        client.ehlo()
        client.mail("a@b.test", ["BODY=BINARYMIME"])
        client.rcpt(ME)
        client.send(b"BDAT 5\r\nSubjeBDAT %d LAST\r\n" % (len(MESSAGE) - 5) + MESSAGE[5:])
        assert [client.getreply()[0] for _ in range(2)] == [250, 250]
    assert ours.body().endswith(KEPT)


def test_a_message_of_50_megabytes_arrives(ours):
    line = b"0123456789" * 7 + b"\r\n"
    message = b"Subject: large\r\n\r\n" + line * (50_000_000 // len(line))
    with smtplib.SMTP("127.0.0.1", ours.port) as client:
        client.sendmail("a@b.test", [ME], message)
    kept = ours.body()
    kept = kept[kept.index(b"Subject: large") :]
    assert hashlib.sha256(kept).digest() == hashlib.sha256(message.replace(b"\r\n", b"\n")).digest()


# To real servers


def send(port, to, message=MESSAGE, **options):
    reactor = Reactor()
    outcome = []

    def begin():
        from sennit.core.deferred import Deferred

        result = Deferred()
        result.addBoth(outcome.append)
        result.addBoth(lambda _: reactor.callLater(0.05, reactor.stop))
        options.setdefault("requireTransportSecurity", False)
        factory = ESMTPSenderFactory(
            None, None, "a@b.test", to, BytesIO(message), result, requireAuthentication=False, **options
        )
        factory.domain = b"client.test"
        reactor.connectTCP("127.0.0.1", port, factory)

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    reactor.close()
    return outcome[0]


def test_it_delivers_to_aiosmtpd():
    controller_module = pytest.importorskip("aiosmtpd.controller")
    got = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 OK"

    controller = controller_module.Controller(
        Handler(), hostname="127.0.0.1", port=free_port(), loop=asyncio.new_event_loop()
    )
    controller.start()
    try:
        assert send(controller.port, ["x@example.org", "y@example.org"])[0] == 2
    finally:
        controller.stop()
    assert got == [("a@b.test", ["x@example.org", "y@example.org"], MESSAGE)]


POSTFIX = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
myhostname = postfix.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = static:me/
virtual_uid_maps = static:{user.pw_uid}
virtual_gid_maps = static:{user.pw_gid}
virtual_minimum_uid = 1
transport_maps = inline:{{lmtp.example=lmtp:inet:127.0.0.1:{lmtp}}}
relay_domains = lmtp.example
smtp_dns_support_level = disabled
lmtp_host_lookup = native
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/certificate.pem
message_size_limit = 100000000
virtual_mailbox_limit = 0
"""


@pytest.fixture
def postfix(tmp_path_factory, certificate):
    if shutil.which("postfix") is None or os.geteuid() != 0:
        pytest.skip("Postfix is not installed, or this is not root, who alone can start it.")
    # Its programs, which are not root, have to get there.
    folder = Path(f"/tmp/sennit-postfix-{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    user = pwd.getpwnam("postfix")
    for name in ("conf", "queue", "data", "boxes"):
        (folder / name).mkdir(parents=True)
    for name in ("data", "boxes"):
        os.chown(folder / name, user.pw_uid, user.pw_gid)
    shutil.copy(certificate, folder / "certificate.pem")
    port, lmtp = free_port(), free_port()
    (folder / "conf" / "main.cf").write_text(POSTFIX.format(folder=folder, user=user, lmtp=lmtp))
    services = Path("/etc/postfix/master.cf").read_text()
    services = re.sub(r"(?m)^smtp +inet.*$", f"127.0.0.1:{port} inet n - n - - smtpd", services)
    services = re.sub(r"(?m)^(\w+ +unix +\S+ +\S+ +)y", r"\1n", services)
    (folder / "conf" / "master.cf").write_text(services)
    subprocess.run(["postfix", "-c", folder / "conf", "start"], check=True, capture_output=True)
    wait_for(answers(port))
    try:
        yield port, lmtp, folder
    finally:
        subprocess.run(["postfix", "-c", folder / "conf", "stop"], check=True, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def test_it_delivers_to_postfix(postfix):
    port, _, folder = postfix
    assert send(port, "x@example.org")[0] == 1
    [path] = wait_for(lambda: list((folder / "boxes").glob("me/new/*")))
    assert path.read_bytes().endswith(KEPT)


def test_it_delivers_to_postfix_under_tls(postfix, certificate):
    from sennit.tls import Certificate, optionsForClientTLS

    port, _, folder = postfix
    trust = Certificate.loadPEM(certificate.with_suffix(".crt").read_bytes())
    context = optionsForClientTLS("localhost", trustRoot=trust)
    assert send(port, "x@example.org", requireTransportSecurity=True, contextFactory=context)[0] == 1
    [path] = wait_for(lambda: list((folder / "boxes").glob("me/new/*")))
    assert path.read_bytes().endswith(KEPT)
    assert b"with ESMTPS" in path.read_bytes()


def test_it_does_not_deliver_where_the_certificate_is_anothers(postfix):
    from sennit.tls import optionsForClientTLS

    port, _, folder = postfix
    context = optionsForClientTLS("localhost")
    failure = send(port, "x@example.org", requireTransportSecurity=True, contextFactory=context, retries=0)
    assert failure.check(Exception)
    assert not list((folder / "boxes").glob("me/new/*"))


def test_postfix_delivers_by_lmtp(postfix, tmp_path):
    port, lmtp, _ = postfix
    mail = tmp_path / "mail"
    command = [sys.executable, "-m", "sennit", "run", "smtp", "--lmtp", "--maildir", mail]
    listen = ["--listen", f"tcp:{lmtp}:interface=127.0.0.1"]
    boxes = ["--domain", "lmtp.example", "--mailbox", "one@lmtp.example", "--mailbox", "two@lmtp.example"]
    server = subprocess.Popen([*command, *listen, *boxes])
    try:
        wait_for(answers(lmtp))
        recipients = ["one@lmtp.example", "two@lmtp.example"]
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("a@b.test", recipients, MESSAGE)
        for recipient in recipients:
            [path] = wait_for(lambda recipient=recipient: list((mail / recipient / "new").iterdir()))
            assert path.read_bytes().endswith(KEPT)
    finally:
        server.terminate()
        server.wait(30)


EXIM = """
primary_hostname = exim.test
exim_user = {user}
exim_group = {user}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
local_interfaces = 127.0.0.1
tls_advertise_hosts =
acl_smtp_rcpt = accept_all
acl_smtp_data = accept_all
message_size_limit = 100M
begin acl
accept_all:
  accept
begin routers
out:
  driver = manualroute
  domains = example.org
  transport = smtp_out
  route_list = * 127.0.0.1::{back}
  self = send
all:
  driver = accept
  transport = files
begin transports
smtp_out:
  driver = smtp
  hosts_try_chunking = *
files:
  driver = appendfile
  directory = {folder}/boxes
  create_directory
  maildir_format
  user = {user}
"""


@pytest.fixture
def exim(ours):
    if shutil.which("exim4") is None or os.geteuid() != 0:
        pytest.skip("Exim is not installed, or this is not root, who alone can start it.")
    folder = Path(f"/tmp/sennit-exim-{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    user = pwd.getpwnam("Debian-exim")
    for name in ("", "spool", "boxes"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        os.chown(folder / name, user.pw_uid, user.pw_gid)
    port = free_port()
    (folder / "conf").write_text(EXIM.format(folder=folder, user=user.pw_name, back=ours.port))
    # A re-executed Exim is not root any more, and may read no other configuration than its own: so the
    # daemon takes mail, and who delivers is called by the test.
    server = subprocess.Popen(["exim4", "-C", folder / "conf", "-bdf", "-oX", str(port), "-odq"])
    try:
        wait_for(answers(port))
        yield port, folder
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def test_it_delivers_to_exim(exim):
    port, folder = exim
    assert send(port, "x@elsewhere.test")[0] == 1
    subprocess.run(["exim4", "-C", folder / "conf", "-qff"], check=True)
    [path] = wait_for(lambda: list((folder / "boxes").glob("new/*")))
    assert path.read_bytes().endswith(KEPT)


def test_exim_delivers_to_us_in_chunks(exim, ours):
    port, folder = exim
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("a@b.test", [ME], MESSAGE)
    subprocess.run(["exim4", "-C", folder / "conf", "-qff"], check=True)
    [message] = wait_for(ours.messages)
    assert message.endswith(KEPT)


def mail(port, recipient, **settings):
    """Send the message by a mailer, and return who got it."""

    async def main():
        server = MailServer("localhost" if settings else "127.0.0.1", port, **settings)
        return (await mailer.send(MESSAGE, "a@b.test", recipient, server=server)).accepted

    return sennit.run(main)


def test_a_mailer_delivers_in_groups_to_postfix_under_tls(postfix, certificate):
    from sennit.tls import Certificate

    port, _, folder = postfix
    trust = Certificate.loadPEM(certificate.with_suffix(".crt").read_bytes())
    assert mail(port, "x@example.org", tls=TLS.REQUIRED, trust_root=trust) == ["x@example.org"]
    [path] = wait_for(lambda: list((folder / "boxes").glob("me/new/*")))
    assert path.read_bytes().endswith(KEPT)
    assert b"with ESMTPS" in path.read_bytes()


def test_a_mailer_delivers_in_chunks_to_exim(exim):
    port, folder = exim
    assert mail(port, "x@elsewhere.test") == ["x@elsewhere.test"]
    subprocess.run(["exim4", "-C", folder / "conf", "-qff"], check=True)
    [path] = wait_for(lambda: list((folder / "boxes").glob("new/*")))
    assert path.read_bytes().endswith(KEPT)
