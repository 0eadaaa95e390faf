"""A mail server with all its extensions that takes a message in octets and drops it; prints its port."""

from __future__ import annotations

from dataclasses import replace

from zope.interface import implementer

from sennit.core.deferred import succeed
from sennit.reactor import Reactor
from sennit.smtp.extended import ALL_EXTENSIONS, ESMTP
from sennit.smtp.interfaces import IMessageDelivery, IMessageSink
from sennit.smtp.limits import DEFAULT_LIMITS
from sennit.smtp.server import SMTPFactory


@implementer(IMessageSink)
class Message:
    """Counts its octets."""

    size = 0

    def partReceived(self, data):
        self.size += len(data)

    def eomReceived(self):
        return succeed(None)

    def connectionLost(self):
        pass


@implementer(IMessageDelivery)
class Delivery:
    def receivedHeader(self, helo, origin, recipients):
        return None

    def validateFrom(self, helo, origin):
        return origin

    def validateTo(self, user):
        return Message


class Server(ESMTP):
    offered = ALL_EXTENSIONS
    delivery = Delivery()
    limits = replace(DEFAULT_LIMITS, message_size=None)


factory = SMTPFactory()
factory.protocol = Server
factory.noisy = False
reactor = Reactor()
port = reactor.listenTCP(0, factory, backlog=1024, interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
