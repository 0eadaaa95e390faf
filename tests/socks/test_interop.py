"""curl speaks to the server, by each way that it knows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]


def start(*words):
    process = subprocess.Popen(
        [sys.executable, "-m", "sennit", "run", *words, "--listen", "tcp:0:interface=127.0.0.1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, re.search(r":(\d+)/?$", process.stdout.readline().strip()).group(1)


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("socks")
    (folder / "page").write_bytes(bytes(range(256)) * 20_000)
    (folder / "users").write_text("bob:secret\n")
    started = [
        start("web", "--path", str(folder)),
        start("socks"),
        start("socks", "--auth", f"file:{folder / 'users'}"),
    ]
    yield [port for _, port in started]
    for process, _ in started:
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0


def curl(*options):
    done = subprocess.run(["curl", "-sS", "-m", "30", *options], capture_output=True, check=False)
    return done.stdout, done.stderr.decode()


@pytest.mark.parametrize("option", ["--socks4", "--socks4a", "--socks5", "--socks5-hostname"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_curl_fetches_through_the_server(ports, option, host):
    web, proxy, _ = ports
    body, error = curl(option, f"127.0.0.1:{proxy}", f"http://{host}:{web}/page")
    assert (len(body), error) == (5_120_000, "")
    assert body == bytes(range(256)) * 20_000, "the octets differ"


def test_curl_logs_in(ports):
    web, _, proxy = ports
    url = f"http://127.0.0.1:{web}/page"
    assert len(curl("--socks5", f"bob:secret@127.0.0.1:{proxy}", url)[0]) == 5_120_000
    assert "rejected" in curl("--socks5", f"bob:guess@127.0.0.1:{proxy}", url)[1]
    assert "No authentication method" in curl("--socks5", f"127.0.0.1:{proxy}", url)[1]
    assert "(91)" in curl("--socks4", f"127.0.0.1:{proxy}", url)[1]


def test_curl_is_told_why_there_is_no_connection(ports):
    _, proxy, _ = ports
    assert "(5)" in curl("--socks5", f"127.0.0.1:{proxy}", "http://127.0.0.1:1/")[1]
    assert "(4)" in curl("--socks5-hostname", f"127.0.0.1:{proxy}", "http://no-such-host.invalid/")[1]
    assert "(91)" in curl("--socks4a", f"127.0.0.1:{proxy}", "http://no-such-host.invalid/")[1]
