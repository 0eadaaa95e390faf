"""``sennit get``: files fetched, gone on with, and what is said when that fails."""

from __future__ import annotations

import http.server
import io
import threading

import click
import pytest

from sennit.cli.get import Progress, file_name
from sennit.cli.groups import run_command

CONTENT = bytes(range(256)) * 40


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", **fields):
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **fields}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/moved":
            self.answer(302, Location="/file")
        elif self.path == "/missing":
            self.answer(404, b"nothing here")
        elif self.path == "/short":
            self.answer(200, b"abc", Content_Length="10")
            self.close_connection = True
        elif self.path == "/fields":
            self.answer(200, str(self.headers["X-Field"]).encode())
        elif wanted := self.headers["Range"]:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(CONTENT):
                self.answer(416, Content_Range=f"bytes */{len(CONTENT)}")
            else:
                self.answer(
                    206, CONTENT[start:], Content_Range=f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
                )
        else:
            self.answer(200, CONTENT)

    def do_POST(self):
        self.answer(200, self.rfile.read(int(self.headers["Content-Length"])))


@pytest.fixture(scope="module")
def url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *args: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_a_file_is_fetched_through_redirections(url, tmp_path):
    file = tmp_path / "file"
    assert run_command(["get", f"{url}/moved", "-o", str(file)]) == 0
    assert file.read_bytes() == CONTENT


def test_a_file_is_named_after_the_url(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_command(["get", "-O", f"{url}/a/file.bin?query"]) == 0
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_file_is_gone_on_with_where_it_ends(url, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(CONTENT[:1000])
    assert run_command(["get", "-C", f"{url}/file", "-o", str(file)]) == 0
    assert file.read_bytes() == CONTENT
    assert run_command(["get", "-C", f"{url}/file", "-o", str(file)]) == 0
    assert file.read_bytes() == CONTENT


def test_without_a_file_the_body_goes_to_standard_output(url, capfdbinary):
    assert run_command(["get", f"{url}/fields", "-H", "X-Field: value", "-i"]) == 0
    captured = capfdbinary.readouterr()
    assert captured.out == b"value"
    assert captured.err.startswith(b"HTTP/1.1 200 OK\n")


def test_data_is_posted(url, tmp_path, capfdbinary):
    assert run_command(["get", f"{url}/", "-d", "text"]) == 0
    (tmp_path / "data").write_bytes(b"of a file")
    assert run_command(["get", f"{url}/", "-d", f"@{tmp_path / 'data'}"]) == 0
    assert capfdbinary.readouterr().out == b"textof a file"


def test_an_error_is_told_and_no_file_is_written(url, tmp_path, capsys):
    file = tmp_path / "file"
    assert run_command(["get", f"{url}/missing", "-o", str(file)]) == 1
    assert "404 Not Found" in capsys.readouterr().err
    assert not file.exists()


def test_a_body_that_ends_too_soon_is_an_error(url, tmp_path, capsys):
    file = tmp_path / "file"
    assert run_command(["get", f"{url}/short", "-o", str(file)]) == 1
    assert capsys.readouterr().err.startswith("sennit get: ")
    assert file.read_bytes() == b"abc"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["ftp://localhost/"], 1),
        (["http://127.0.0.1:1/"], 1),
        (["http://localhost/\r\nX: y"], 1),
        (["http://localhost/x", "-C"], 2),
        (["http://localhost/", "-O"], 2),
        (["http://localhost/", "-H", "no colon"], 2),
        (["http://localhost/", "-x", "ftp://proxy"], 1),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(arguments, status, capsys):
    assert run_command(["get", *arguments]) == status
    message = capsys.readouterr().err
    assert message.startswith("sennit get: ")
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://a/b/c.txt?d", "c.txt"),
        ("http://a/b%2Fc", "b_c"),
        ("http://a/b%00%0a", "b__"),
        ("http://a/..%2f..%2fetc%2fpasswd", ".._.._etc_passwd"),
    ],
)
def test_known_path_traversal_a_url_names_a_file_here(url, name):
    assert file_name(url) == name


@pytest.mark.parametrize("url", ["http://a", "http://a/", "http://a/..", "http://a/%2e"])
def test_a_url_without_a_name_gives_none(url):
    with pytest.raises(click.UsageError):
        file_name(url)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_a_line_that_changes(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    times = iter([0.0, 1.0, 1.0, 1.0, 1.05, 2.0, 2.0])
    progress = Progress(2048, 0, shown=True, now=lambda: next(times))
    progress.advance(1024)
    progress.advance(0)
    progress.end()
    first, last = terminal.getvalue().split("\r\x1b[K")[1:]
    assert first == "[###############               ]  50%  1.0 KiB of 2.0 KiB  1 s left  1.0 KiB/s"
    assert last.endswith("512 B/s\n")


def test_progress_without_a_length_counts(monkeypatch):
    progress = Progress(None, 0, shown=False, now=lambda: 0.0)
    progress.advance(5 << 20)
    assert progress.line().startswith("5.0 MiB ")
