"""A web server for the files of the folder that is its argument, as for Twisted.

It runs on Twisted and on Sennit.  Prints its port.
"""

from __future__ import annotations

import sys

from twisted.internet import reactor
from twisted.web import server, static


class QuietSite(server.Site):
    noisy = False

    def log(self, request):
        """Keep no access log: neither contender's is measured here."""


port = reactor.listenTCP(0, QuietSite(static.File(sys.argv[1])), backlog=1024, interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
