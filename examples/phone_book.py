"""A phone book over a line protocol: SET name number, GET name, QUIT."""

from __future__ import annotations

import sennit
from sennit.endpoint import serverFromString
from sennit.framing.basic import LineOnlyReceiver
from sennit.framing.policies import TimeoutMixin


class PhoneBookProtocol(LineOnlyReceiver, TimeoutMixin):
    MAX_LENGTH = 512  # a longer line closes the connection

    def connectionMade(self):
        self.setTimeout(60)
        self.sendLine(b"200 Phone book ready")

    def connectionLost(self, reason):
        self.setTimeout(None)

    def lineReceived(self, line):
        self.resetTimeout()
        match line.split():
            case [b"SET", name, number]:
                self.factory.numbers[name] = number
                self.sendLine(b"250 Kept")
            case [b"GET", name] if name in self.factory.numbers:
                self.sendLine(b"250 " + self.factory.numbers[name])
            case [b"GET", _]:
                self.sendLine(b"404 Nobody of that name")
            case [b"QUIT"]:
                self.sendLine(b"221 Goodbye")
                self.transport.loseConnection()  # no further line is delivered
            case _:
                self.sendLine(b"500 Say SET name number, GET name, or QUIT")


class PhoneBook(sennit.ServerFactory):
    protocol = PhoneBookProtocol

    def __init__(self):
        self.numbers = {}


async def main(description="tcp:8007:interface=127.0.0.1"):
    port = await serverFromString(sennit.current_reactor(), description).listen(PhoneBook())
    print("listening on", port.getHost())
    await sennit.Deferred()  # until Ctrl-C


if __name__ == "__main__":
    sennit.run(main)
