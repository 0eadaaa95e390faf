"""``sennit run web``: applications, TLS, HTTP/2 and what is said to every client."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.free_port import free_port

from sennit.cli.groups import root

COMMAND = [sys.executable, "-m", "sennit", "run", "web"]
APPLICATION = """
log = open("log", "w", buffering=1)

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            log.write((await receive())["type"] + "\\n")
            await send({"type": f"lifespan.{kind}.complete"})
        return
    body = f"{scope['scheme']} {scope['client'][0]}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})

def make():
    return app

async def broken(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "There is no database."})
"""


@pytest.fixture
def serve(tmp_path):
    """Start the command in a directory that has an application; give the process and its ports."""
    (tmp_path / "application.py").write_text(APPLICATION)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    if "PYTHONPATH" in environment:
        environment["PYTHONPATH"] = str(Path(environment["PYTHONPATH"]).resolve())
    with contextlib.ExitStack() as ending:

        def start(*options, lines=1):
            process = subprocess.Popen(
                [*COMMAND, *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                env=environment,
            )
            ending.enter_context(process)
            ending.callback(process.kill)
            said = [process.stdout.readline() for _ in range(lines)]
            ports = [int(re.search(r":(\d+)/$", line.rstrip()).group(1)) for line in said]
            return process, *ports

        yield start


def get(port, headers=None, secure=False):
    if secure:
        connection = http.client.HTTPSConnection(
            "localhost", port, timeout=20, context=ssl._create_unverified_context()
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/a", headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())


@pytest.mark.parametrize("name", ["application:app", "application:make()"])
def test_an_asgi_application_lives_as_long_as_the_server(serve, tmp_path, name):
    process, port = serve("--asgi", name, "--port", "0")
    assert get(port)[:2] == (200, b"http 127.0.0.1")
    assert (tmp_path / "log").read_text() == "lifespan.startup\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert (tmp_path / "log").read_text() == "lifespan.startup\nlifespan.shutdown\n"


def test_a_certificate_for_development_is_made_and_clients_are_told_to_stay(serve):
    port = free_port()
    _, plain, secure = serve(
        "--asgi", "application:app", "--port", "0", "--https", str(port), "--http2", "--redirect-to-https",
        "--hsts", "60", "--add-header", "X-Own: 1", lines=2,
    )  # fmt: skip
    status, _, headers = get(plain)
    assert status == 308
    assert headers["X-Own"] == "1"
    assert headers["Location"] == f"https://127.0.0.1:{secure}/a"
    status, body, headers = get(secure, secure=True)
    assert (status, body) == (200, b"https 127.0.0.1")
    assert headers["Strict-Transport-Security"] == "max-age=60"
    context = ssl._create_unverified_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with contextlib.closing(http.client.HTTPSConnection("localhost", secure, context=context)) as connection:
        connection.connect()
        assert connection.sock.selected_alpn_protocol() == "h2"


def test_trusted_proxies_are_believed(serve):
    _, port = serve("--asgi", "application:app", "--port", "0", "--trust-proxy", "127.0.0.0/8")
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    assert get(port, headers)[1] == b"https 203.0.113.9"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--asgi", "application"], "MODULE:NAME"),
        (["--asgi", "no_such_module:app"], "There is no module no_such_module."),
        (["--asgi", "json:no_such_name"], "The module json has no no_such_name."),
        (["--key", __file__], "--key goes with --certificate."),
        (["--redirect-to-https"], "go with --https"),
        (["--add-header", "no colon"], "Name: value"),
        (["--trust-proxy", "no network"], "no network"),
        (["--add-header", "b ad: 1"], "header name"),
    ],
)
def test_what_does_not_fit_is_said(options, words, monkeypatch):
    import sennit.cli.serving

    def make_only(shared, make_factory, describe, what):
        make_factory(None)
        return 0

    monkeypatch.setattr(sennit.cli.serving, "run_server", make_only)
    monkeypatch.setattr("sennit.cli.run_web.run_server", make_only)
    result = CliRunner().invoke(root, ["run", "web", *options])
    assert result.exit_code != 0
    assert words in " ".join(result.output.split())


def test_an_application_that_cannot_start_ends_the_command(tmp_path):
    (tmp_path / "application.py").write_text(APPLICATION)
    environment = dict(os.environ)
    if "PYTHONPATH" in environment:
        environment["PYTHONPATH"] = str(Path(environment["PYTHONPATH"]).resolve())
    done = subprocess.run(
        [*COMMAND, "--asgi", "application:broken", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    assert done.returncode == 1
    assert "There is no database." in done.stderr
    assert "Traceback" not in done.stderr
