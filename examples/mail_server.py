"""A mail server that keeps what it takes in a list."""

from zope.interface import implementer

import sennit
from sennit.core.deferred import succeed
from sennit.smtp.extended import ALL_EXTENSIONS, ESMTP
from sennit.smtp.interfaces import IMessage, IMessageDelivery
from sennit.smtp.refusals import SMTPBadRcpt
from sennit.smtp.server import SMTPFactory

MESSAGES = []


@implementer(IMessage)
class Message:
    def __init__(self, recipient):
        self.recipient = recipient
        self.lines = []

    def lineReceived(self, line):
        self.lines.append(line)

    def eomReceived(self):
        # What is answered now, or when the Deferred returned here has fired, is that the message is safe.
        MESSAGES.append((self.recipient, b"\n".join(self.lines)))
        return succeed(None)

    def connectionLost(self):
        self.lines.clear()


@implementer(IMessageDelivery)
class Delivery:
    def receivedHeader(self, helo, origin, recipients):
        return b"Received: from " + (helo[0] or b"somebody")

    def validateFrom(self, helo, origin):
        return origin

    def validateTo(self, user):
        if user.dest.domain != b"example.org":
            raise SMTPBadRcpt(user)
        return lambda: Message(str(user.dest))


class Server(ESMTP):
    offered = ALL_EXTENSIONS
    delivery = Delivery()


def listen(port=2525):
    factory = SMTPFactory()
    factory.protocol = Server
    return sennit.current_reactor().listenTCP(port, factory, interface="127.0.0.1")


async def main():
    listen()
    await sennit.Deferred()


if __name__ == "__main__":
    sennit.run(main)
