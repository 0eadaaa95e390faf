"""The receivers over real sockets."""

from __future__ import annotations

import pytest

import sennit
from sennit.framing.basic import Int16StringReceiver, LineOnlyReceiver, LineReceiver, NetstringReceiver
from sennit.framing.policies import TimeoutFactory
from sennit.protocol import ClientCreator, Factory
from sennit.testing import AccumulatingProtocol


class Answering:
    """Answers each message, and ends the connection at one that says so."""

    def lineReceived(self, message):
        self.factory.received.append(message)
        if message == b"abort":
            self.transport.abortConnection()
        else:
            (self.sendString if hasattr(self, "sendString") else self.sendLine)(message.upper())
            if message == b"lose":
                self.transport.loseConnection()

    stringReceived = lineReceived


CASES = [
    (LineReceiver, lambda message: message + b"\r\n"),
    (LineOnlyReceiver, lambda message: message + b"\r\n"),
    (NetstringReceiver, lambda message: b"%d:%b," % (len(message), message)),
    (Int16StringReceiver, lambda message: len(message).to_bytes(2, "big") + message),
]


def converse(kind, sent):
    """Send bytes to a server of this kind of receiver; give what it received and what came back."""
    factory = Factory.forProtocol(type(kind.__name__, (Answering, kind), {}))
    factory.received, factory.noisy = [], False
    wrapper = TimeoutFactory(factory, 30)
    wrapper.noisy = False

    async def main():
        reactor = sennit.current_reactor()
        port = reactor.listenTCP(0, wrapper, interface="127.0.0.1")
        client = await ClientCreator(reactor, AccumulatingProtocol).connectTCP(
            "127.0.0.1", port.getHost().port
        )
        client.closedDeferred = closed = sennit.Deferred()
        client.transport.write(sent)
        await closed
        await port.stopListening()
        return client.data

    return factory.received, sennit.run(main)


@pytest.mark.parametrize(("kind", "framed"), CASES)
def test_messages_are_answered_until_the_connection_is_closed(kind, framed):
    messages = [b"one", b"", b"x" * 10_000, b"lose", b"never answered"]
    received, answered = converse(kind, b"".join(map(framed, messages)))
    assert received == messages[:4]
    assert answered == b"".join(framed(message.upper()) for message in messages[:4])


@pytest.mark.parametrize(("kind", "framed"), CASES)
def test_no_message_is_delivered_after_abortConnection(kind, framed):
    received, _ = converse(kind, b"".join(map(framed, [b"one", b"abort", b"two"])))
    assert received == [b"one", b"abort"]
