"""A site, and beside it a page of metrics that only this machine can fetch."""

from __future__ import annotations

import sys

import sennit
from sennit.app.introspection import Introspection
from sennit.app.introspection.prometheus import MetricsResource
from sennit.core.deferred import Deferred
from sennit.web import Resource, Site


class Hello(Resource):
    isLeaf = True

    def render_GET(self, request):
        return b"Hello"


async def main(port, metrics_port):
    reactor = sennit.current_reactor()
    introspection = Introspection(reactor)
    introspection.begin()
    try:
        reactor.listenTCP(port, Site(Hello()))
        reactor.listenTCP(metrics_port, Site(MetricsResource(introspection)), interface="127.0.0.1")
        await Deferred()
    finally:
        introspection.end()


if __name__ == "__main__":
    sennit.run(main, *map(int, sys.argv[1:]))
