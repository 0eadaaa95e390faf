"""Hold a transport of your own to the contract that Sennit's own keep.  Run with pytest.

The transport here is a layer over TCP that counts what passes.
"""

import pytest

from sennit.framing.policies import ProtocolWrapper, WrappingFactory
from sennit.testing.contract import Ability, TCPStreams, check_stream, stream_checks


class Counting(ProtocolWrapper):
    """Stands between a transport and a protocol, and is each to the other."""

    read = written = 0

    def write(self, data):
        self.written += len(data)
        super().write(data)

    def dataReceived(self, data):
        self.read += len(data)
        super().dataReceived(data)


class CountedStreams(TCPStreams):
    """How to listen and to connect with it."""

    name = "counted"
    layered = True
    # A `ProtocolWrapper` hands no half-closes on, and keeps flags of its own.
    abilities = Ability.ALL ^ Ability.REPLACES ^ Ability.HALVES ^ Ability.DESCRIBES

    def wrapped(self, factory):
        wrapper = WrappingFactory(factory)
        wrapper.protocol = Counting
        wrapper.noisy = False
        return wrapper

    def listen(self, factory):
        return super().listen(self.wrapped(factory))

    def connect(self, port, factory):
        return super().connect(port, self.wrapped(factory))

    def beneath(self, transport):
        return transport.transport


@pytest.mark.parametrize("check", stream_checks(CountedStreams), ids=str)
def test_it_keeps_the_contract(check):
    check_stream(check, CountedStreams)
