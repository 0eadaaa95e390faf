"""A mail server that drops each message once it is complete, for Twisted; runs on Twisted and on Sennit.

Prints its port.
"""

from __future__ import annotations

from twisted.internet import defer, reactor
from twisted.mail import smtp
from zope.interface import implementer


@implementer(smtp.IMessage)
class Message:
    """Counts its octets."""

    size = 0

    def lineReceived(self, line):
        self.size += len(line)

    def eomReceived(self):
        return defer.succeed(None)

    def connectionLost(self):
        pass


@implementer(smtp.IMessageDelivery)
class Delivery:
    def receivedHeader(self, helo, origin, recipients):
        return None

    def validateFrom(self, helo, origin):
        return origin

    def validateTo(self, user):
        return Message


factory = smtp.SMTPFactory()
factory.noisy = False


def build(address):
    protocol = smtp.ESMTP()
    protocol.delivery = Delivery()
    protocol.factory = factory
    protocol.noisy = False
    return protocol


factory.buildProtocol = build
port = reactor.listenTCP(0, factory, backlog=1024, interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
