"""The smallest ASGI application that says hello, on Sennit.  Prints its port."""

from __future__ import annotations

from asgi_application import hello

import sennit
from sennit.web.asgi import ASGISite


class QuietSite(ASGISite):
    def log(self, request):
        """Keep no access log: neither contender's is measured here."""


async def main():
    site = QuietSite(hello)
    port = sennit.current_reactor().listenTCP(0, site, backlog=1024, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    await sennit.Deferred()


sennit.run(main)
