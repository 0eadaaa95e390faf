"""Echo under TLS: a server with a certificate for development, and a client that trusts it alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sennit import current_reactor, run
from sennit.core.deferred import Deferred
from sennit.endpoint import SSL4ClientEndpoint, SSL4ServerEndpoint, connectProtocol
from sennit.protocol import Factory, Protocol
from sennit.tls import CertificateOptions, TrustFiles, optionsForClientTLS, write_certificate


class Echo(Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


class Says(Protocol):
    def __init__(self, words):
        self.words = words
        self.heard = Deferred()

    def connectionMade(self):
        self.transport.write(self.words)

    def dataReceived(self, data):
        self.heard.callback(data)
        self.transport.loseConnection()


async def main():
    reactor = current_reactor()
    with tempfile.TemporaryDirectory() as directory:
        pem, trusted = write_certificate(Path(directory), ["localhost"])
        server = CertificateOptions.from_files(pem)
        client = optionsForClientTLS("localhost", TrustFiles(trusted))
        listening = SSL4ServerEndpoint(reactor, 0, server, interface="127.0.0.1")
        port = await listening.listen(Factory.forProtocol(Echo))
        connecting = SSL4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port, client)
        protocol = await connectProtocol(connecting, Says(b"hello"))
        print((await protocol.heard).decode())
        print(protocol.transport.getHandle().get_protocol_version_name())
        await port.stopListening()


if __name__ == "__main__":
    run(main)
