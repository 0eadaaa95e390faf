"""``sennit run web``: WSGI applications, resources and home pages."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from sennit.cli.groups import root
from sennit.testing import Clock, StringTransport
from sennit.web import Resource
from sennit.web.homes import WithHomePages
from sennit.web.static import Data, File

PROGRAM = """
from sennit.web.static import Data

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]

class Hello(Data):
    isLeaf = True

    def __init__(self):
        super().__init__(b"hello", "text/plain")

hello = Hello()
number = 5
"""


class Reactor(Clock):
    def getThreadPool(self):
        return SimpleNamespace(callInThread=lambda function, *args: function(*args))

    def callFromThread(self, function, *args, **kwargs):
        function(*args, **kwargs)


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Make the site that the command would serve, and ask it."""
    (tmp_path / "served_program.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def ask(path, *options):
        answers = []

        def run(shared, make_factory, describe, what):
            reactor = Reactor()
            channel = make_factory(reactor).buildProtocol(None)
            transport = StringTransport()
            channel.makeConnection(transport)
            channel.dataReceived(b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path)
            answers.append(transport.value())
            channel.connectionLost(None)
            return 0

        monkeypatch.setattr("sennit.cli.run_web.run_server", run)
        result = CliRunner().invoke(root, ["run", "web", *options])
        return answers[0] if answers else result.output

    return ask


def test_a_wsgi_application_is_served(ask):
    answer = ask(b"/a/b", "--wsgi", "served_program:application")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"/a/b")


@pytest.mark.parametrize("name", ["hello", "Hello", "Hello()"])
def test_a_resource_is_served_made_or_not(ask, name):
    assert ask(b"/", "--class", f"served_program:{name}").endswith(b"hello")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--class", "served_program:number"], "is no resource"),
        (["--asgi", "served_program:number", "--user-dirs"], "does not go with --asgi"),
        (["--class", "served_program:hello", "--wsgi", "served_program:application"], "one can be served"),
    ],
)
def test_what_cannot_be_served_is_said(ask, options, words):
    assert words in " ".join(ask(b"/", *options).split())


def test_home_pages_stand_beside_what_is_served(tmp_path, ask, monkeypatch):
    home = tmp_path / "home"
    (home / "public_html").mkdir(parents=True)
    (home / "public_html" / "a.txt").write_text("ann's")
    (home / "secret").write_text("secret")
    (home / "public_html" / "link").symlink_to(home / "secret")
    (tmp_path / "b.txt").write_text("the site's")

    def find(name):
        return {"ann": ("ann", "", 1, 1, "", str(home), "")}[name]

    monkeypatch.setattr("sennit.web.homes.pwd", SimpleNamespace(getpwnam=find))
    served = ask(b"/~ann/a.txt", "--wsgi", "served_program:application", "--user-dirs")
    assert served.endswith(b"ann's")
    served = ask(b"/x/y", "--wsgi", "served_program:application", "--user-dirs")
    assert served.endswith(b"/x/y")
    for path, body in ((b"/~ann/a.txt", b"ann's"), (b"/b.txt", b"the site's")):
        assert ask(path, "--path", ".", "--user-dirs").endswith(body)
    for path in (b"/~ann/link", b"/~zoe/", b"/~ann/..%2fsecret", b"/~%ff/"):
        assert b" 404 " in ask(path, "--path", ".", "--user-dirs")


def test_home_pages_stand_beside_a_leaf(ask):
    request = SimpleNamespace(prepath=[b"a"], postpath=[b"b"])
    leaf = Data(b"", "text/plain")
    leaf.isLeaf = True
    assert WithHomePages(leaf).getChildWithDefault(b"a", request) is leaf
    assert request.postpath == [b"a", b"b"]
    tree = Resource()
    tree.putChild(b"a", leaf)
    assert WithHomePages(tree).getChildWithDefault(b"a", request) is leaf
    assert isinstance(WithHomePages(File(str(Path(__file__).parent))).original, File)
