"""A web server that says hello and has little patience: a head has five seconds.  Prints its port."""

from __future__ import annotations

import sennit
from sennit.http import Limits
from sennit.web import Resource, Site


class Hello(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/plain")
        return b"Hello, world!"


class QuietSite(Site):
    def log(self, request):
        """Keep no access log."""


async def main():
    site = QuietSite(Hello(), limits=Limits(header_timeout=5, body_timeout=5))
    port = sennit.current_reactor().listenTCP(0, site, backlog=8192, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    await sennit.Deferred()


sennit.run(main)
