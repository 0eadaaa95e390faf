"""The example of the SOCKS documentation."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from sennit.core.current import current_reactor
from sennit.endpoint import TCP4ClientEndpoint
from sennit.endpoint.tunnelling import TunnelError
from sennit.protocol import Factory, Protocol
from sennit.socks import SOCKS5ClientEndpoint

ROOT = Path(__file__).resolve().parents[2]


class Greeting(Protocol):
    def connectionMade(self):
        self.transport.write(b"welcome")
        self.transport.loseConnection()


async def test_users_of_the_example_reach_the_ports_that_are_allowed_alone(capsys):
    spec = importlib.util.spec_from_file_location("socks_gate", ROOT / "examples" / "socks_gate.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    reactor = current_reactor()
    web = reactor.listenTCP(0, Factory.forProtocol(Greeting), interface="127.0.0.1")
    port = example.listen(0)
    proxy = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
    number = web.getHost().port
    try:
        endpoint = SOCKS5ClientEndpoint(proxy, "127.0.0.1", number, b"ada", b"lovelace")
        with pytest.raises(TunnelError, match="rules"):
            await endpoint.connect(Factory.forProtocol(Protocol))
        example.WEB.add(number)
        reached = await endpoint.connect(Factory.forProtocol(Protocol))
        reached.transport.loseConnection()
    finally:
        await port.stopListening()
        await web.stopListening()
    assert capsys.readouterr().out == f"ada -> 127.0.0.1:{number}: no\nada -> 127.0.0.1:{number}: yes\n"
