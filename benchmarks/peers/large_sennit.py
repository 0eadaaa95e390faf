"""A web server that takes bodies and drops them, and sends the files of the folder that is its argument.

Prints its port.
"""

from __future__ import annotations

import sys

import sennit
from sennit.web import Resource, Site
from sennit.web.static import File


class Drop(Resource):
    """Tells how much was posted."""

    isLeaf = True
    streams_body = True
    body_limit = None

    async def render_POST(self, request):
        size = 0
        async for piece in request.body:
            size += len(piece)
        return b"%d" % size


async def main():
    root = File(sys.argv[1])
    root.putChild(b"drop", Drop())
    site = Site(root)
    site.noisy = False
    port = sennit.current_reactor().listenTCP(0, site, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    await sennit.Deferred()


sennit.run(main)
