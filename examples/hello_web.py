"""A web server with one page."""

from __future__ import annotations

import sennit
from sennit.web import Resource, Site


class Hello(Resource):
    isLeaf = True

    def render_GET(self, request):
        name = request.args.get(b"name", [b"world"])[0]
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        return b"Hello, " + name + b"\n"


async def main(port=8080):
    reactor = sennit.current_reactor()
    listening = reactor.listenTCP(port, Site(Hello()), interface="127.0.0.1")
    print(f"http://127.0.0.1:{listening.getHost().port}/")
    await sennit.Deferred()


if __name__ == "__main__":
    sennit.run(main)
