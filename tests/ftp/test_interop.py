"""curl, lftp and the standard library's client speak to the server, by each way that they know."""

from __future__ import annotations

import filecmp
import ftplib
import io
import re
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.interop
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_lftp = pytest.mark.skipif(shutil.which("lftp") is None, reason="lftp is not installed")

DATA = bytes(range(256)) * 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ftp")
    (folder / "public" / "sub").mkdir(parents=True)
    (folder / "public" / "page").write_bytes(DATA)
    (folder / "public" / "sub" / "a name with ü").write_text("text\n")
    (folder / "users" / "bob").mkdir(parents=True)
    (folder / "passwords").write_text("bob:secret\n")
    return folder


@pytest.fixture(scope="module")
def port(folder):
    run = [sys.executable, "-m", "sennit"]
    subprocess.run([*run, "cert", "--out", str(folder), "localhost"], check=True, capture_output=True)
    users = ["--root", str(folder / "users"), "--password-file", str(folder / "passwords")]
    everybody = ["--anonymous-root", str(folder / "public")]
    tls = ["--certificate", str(next(folder.glob("*.pem")))]
    process = subprocess.Popen(
        [*run, "run", "ftp", "--listen", "tcp:0:interface=127.0.0.1", *users, *everybody, *tls],
        stdout=subprocess.PIPE,
        text=True,
    )
    yield re.search(r":(\d+)$", process.stdout.readline().strip())[1]
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0


def curl(*options):
    done = subprocess.run(["curl", "-sS", "-m", "30", *options], capture_output=True, check=False)
    return done.stdout, done.stderr.decode()


WAYS = {
    "EPSV": [],
    "PASV": ["--disable-epsv"],
    "EPRT": ["--ftp-port", "-"],
    "PORT": ["--ftp-port", "-", "--disable-eprt"],
    "TLS": ["--ssl-reqd", "--insecure"],
    "TLS, control alone": ["--ftp-ssl-control", "--insecure"],
}


@needs_curl
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_curl_fetches_stores_and_lists(port, folder, options, tmp_path):
    page, error = curl(*options, f"ftp://127.0.0.1:{port}/page")
    assert (len(page), error) == (len(DATA), "")
    assert page == DATA, "the octets differ"
    user = [*options, "--user", "bob:secret"]
    (tmp_path / "new").write_bytes(DATA)
    base = f"ftp://127.0.0.1:{port}/"
    assert curl(*user, "--upload-file", str(tmp_path / "new"), "--ftp-create-dirs", f"{base}a/b/new")[1] == ""
    assert filecmp.cmp(tmp_path / "new", folder / "users" / "bob" / "a" / "b" / "new", shallow=False)
    assert curl(*user, "--list-only", f"{base}a/b/")[0] == b"new\n"
    assert curl(*user, f"{base}a/")[0].startswith(b"drwx")


@needs_curl
def test_curl_goes_on_where_it_stopped(port, folder, tmp_path):
    target = tmp_path / "page"
    target.write_bytes(DATA[:1_000_000])
    assert curl("--continue-at", "-", "--output", str(target), f"ftp://127.0.0.1:{port}/page")[1] == ""
    assert filecmp.cmp(target, folder / "public" / "page", shallow=False)
    there = folder / "users" / "bob" / "partly"
    there.write_bytes(DATA[:1_000_000])
    url = f"ftp://127.0.0.1:{port}/partly"
    assert curl("--continue-at", "-", "--upload-file", str(target), "--user", "bob:secret", url)[1] == ""
    assert filecmp.cmp(target, there, shallow=False)


@needs_curl
def test_curl_is_told_why_not(port):
    base = f"ftp://127.0.0.1:{port}/"
    assert "(67)" in curl("--user", "bob:guess", base)[1]
    assert "(78)" in curl(f"{base}nothing")[1]
    assert "(9)" in curl(f"{base}nothing/page")[1]
    assert "(25)" in curl("--upload-file", "/etc/hostname", f"{base}new")[1]
    assert "(21)" in curl("--quote", "DELE page", base)[1]


def lftp(port, script, user="bob,secret", tls=False):
    settings = {
        "net:timeout": 10,
        "net:max-retries": 1,
        "cmd:fail-exit": "yes",
        "ssl:verify-certificate": "no",
        "ftp:ssl-allow": tls,
        "ftp:ssl-force": tls,
        "ftp:ssl-protect-data": tls,
    }
    setting = "; ".join(f"set {name} {str(value).lower()}" for name, value in settings.items())
    done = subprocess.run(
        ["lftp", "-c", f"{setting}; open -u {user} -p {port} 127.0.0.1; {script}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout, done.stderr


@needs_lftp
@pytest.mark.parametrize("passive", ["true", "false"], ids=["passive", "active"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_lftp_mirrors_both_ways(port, tmp_path, passive, tls):
    (tmp_path / "up" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "up" / "f").write_bytes(DATA)
    (tmp_path / "up" / "deep" / "er" / "ü x").write_text("text")
    (tmp_path / "up" / "deep" / "empty").touch()
    _, error = lftp(
        port,
        f"set ftp:passive-mode {passive}; mirror -R {tmp_path}/up copy; mirror copy {tmp_path}/down; "
        "mv copy/f copy/g; rm copy/g; rm -r copy",
        tls=tls,
    )
    assert error == ""
    compared = filecmp.dircmp(tmp_path / "up", tmp_path / "down")
    assert [*compared.left_only, *compared.right_only, *compared.diff_files] == []
    assert (tmp_path / "down" / "deep" / "er" / "ü x").read_text() == "text"
    assert filecmp.cmp(tmp_path / "up" / "f", tmp_path / "down" / "f", shallow=False)


@needs_lftp
def test_lftp_reads_the_lists(port):
    out, error = lftp(port, "cls -1 -s --block-size=1; cls sub; cat 'sub/a name with ü'", user="anonymous,x")
    assert error == ""
    assert f" {len(DATA)} page\n" in out
    assert "sub/a name with ü" in out
    assert out.endswith("text\n")


@needs_lftp
def test_lftp_gets_in_several_pieces_at_once(port, folder, tmp_path):
    _, error = lftp(port, f"pget -n 4 -c page -o {tmp_path}/page", user="anonymous,x")
    assert error == ""
    assert filecmp.cmp(tmp_path / "page", folder / "public" / "page", shallow=False)


@pytest.mark.parametrize("kind", [ftplib.FTP, ftplib.FTP_TLS])
def test_the_standard_librarys_client(port, kind):
    with kind(timeout=30) as client:
        client.connect("127.0.0.1", int(port))
        client.login("bob", "secret")
        if kind is ftplib.FTP_TLS:
            client.prot_p()
        client.mkd("mine")
        client.cwd("mine")
        client.storbinary("STOR f", io.BytesIO(DATA))
        client.storlines("STOR t", io.BytesIO(b"a\r\nb\r\n"))
        assert [name for name, _ in client.mlsd(facts=["type", "size"])] == ["f", "t"]
        lines = []
        client.retrlines("RETR t", lines.append)
        assert lines == ["a", "b"]
        got = io.BytesIO()
        client.retrbinary("RETR f", got.write, rest=5_000_000)
        assert got.getvalue() == DATA[5_000_000:], "the octets differ"
        client.rename("f", "g")
        client.delete("g")
        client.delete("t")
        client.cwd("..")
        client.rmd("mine")
        assert client.quit().startswith("221")
