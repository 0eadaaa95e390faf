"""A web server that says hello and tells the length of what is posted, as for Twisted.

It runs on Twisted and on Sennit.  Prints its port.
"""

from __future__ import annotations

from twisted.internet import reactor
from twisted.web import resource, server


class Hello(resource.Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/plain")
        return b"Hello, world!"

    def render_POST(self, request):
        request.content.seek(0, 2)
        return b"%d" % request.content.tell()


class QuietSite(server.Site):
    noisy = False

    def log(self, request):
        """Keep no access log: neither contender's is measured here."""


port = reactor.listenTCP(0, QuietSite(Hello()), backlog=1024, interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
