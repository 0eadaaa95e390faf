"""One site in front of several: a WSGI application, another server, and files, each in its place.

python examples/one_front_door.py http://localhost:9000/
"""

from __future__ import annotations

import sys

import sennit
from sennit.core.deferred import Deferred
from sennit.web import Resource, Site
from sennit.web.static import File
from sennit.web.upstream import Upstream
from sennit.web.wsgi import WSGIResource


def application(environ, start_response):
    """A WSGI application: Django's or Flask's is put in its place in the same way."""
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"You asked for {environ['PATH_INFO']}.\n".encode()]


def make_site(reactor, other_server, directory="."):
    root = Resource()
    root.putChild(b"app", WSGIResource(reactor, reactor.getThreadPool(), application))
    root.putChild(b"other", Upstream(other_server))
    root.putChild(b"files", File(directory, "text/plain"))
    return Site(root)


async def main(other_server):
    reactor = sennit.current_reactor()
    reactor.listenTCP(8080, make_site(reactor, other_server))
    print("http://localhost:8080/app/ /other/ /files/")
    await Deferred()


if __name__ == "__main__":
    sennit.run(main, sys.argv[1])
