"""An echo server and a client that stays connected to it, as services of one program."""

from __future__ import annotations

import sennit
from sennit.app import ClientService, MultiService, StreamServerEndpointService
from sennit.endpoint import clientFromString, serverFromString


class Echo(sennit.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


class Asking(sennit.Protocol):
    def ask(self, question):
        self.answer = sennit.Deferred()
        self.transport.write(question)
        return self.answer

    def dataReceived(self, data):
        self.answer.callback(data)


async def main(path="echo.sock", questions=(b"one", b"two")):
    reactor = sennit.current_reactor()
    program = MultiService()
    StreamServerEndpointService(
        serverFromString(reactor, f"unix:{path}"), sennit.Factory.forProtocol(Echo)
    ).setServiceParent(program)
    client = ClientService(
        clientFromString(reactor, f"unix:{path}"),
        sennit.Factory.forProtocol(Asking),
        prepareConnection=lambda protocol: protocol.ask(b"hello"),  # a log-in, in a real program
    )
    client.setServiceParent(program)

    program.privilegedStartService()
    program.startService()
    try:
        for question in questions:
            protocol = await client.whenConnected(failAfterFailures=3)
            print(f"{question!r} -> {await protocol.ask(question)!r}")
    finally:
        await program.stopService()


if __name__ == "__main__":
    sennit.run(main)
