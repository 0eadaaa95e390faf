from __future__ import annotations

import io

from sennit.framing.basic import FileSender, NetstringReceiver, StatefulStringProtocol
from sennit.testing import StringTransport


class Knock(StatefulStringProtocol, NetstringReceiver):
    def proto_init(self, string):
        return "name" if string == b"hello" else "init"

    def proto_name(self, string):
        self.name = string
        return "done"


def test_each_string_goes_to_the_method_of_the_state(connect):
    protocol, transport = connect(Knock())
    protocol.dataReceived(b"2:oh,5:hello,3:Ann,")
    assert protocol.name == b"Ann"
    assert protocol.state == "done"
    assert transport.disconnecting


def test_a_string_in_a_state_without_a_method_is_dropped(connect):
    protocol, transport = connect(Knock())
    protocol.state = "nowhere"
    protocol.dataReceived(b"5:hello,")
    assert protocol.state == "nowhere"
    assert not transport.disconnecting


def begin(file, transform=None):
    sender, consumer, results = FileSender(), StringTransport(), []
    deferred = sender.beginFileTransfer(file, consumer, transform)
    deferred.addBoth(results.append)
    assert consumer.producer is sender
    assert consumer.streaming is False
    return sender, consumer, results


def test_a_file_is_sent_piece_by_piece():
    content = bytes(range(256)) * 200
    sender, consumer, results = begin(io.BytesIO(content))
    sender.resumeProducing()
    assert consumer.value() == content[:16384]
    while not results:
        sender.resumeProducing()
    assert consumer.value() == content
    assert results == [b"\xff"]
    assert consumer.producer is None


def test_an_empty_file_is_sent_at_once():
    sender, consumer, results = begin(io.BytesIO())
    sender.resumeProducing()
    assert results == [""]
    assert consumer.value() == b""


def test_each_piece_is_transformed():
    sender, consumer, results = begin(io.BytesIO(b"one two"), bytes.upper)
    sender.resumeProducing()
    sender.resumeProducing()
    assert consumer.value() == b"ONE TWO"
    assert results == [b"O"]


def test_a_piece_that_becomes_nothing_does_not_stop_the_transfer():
    sender, consumer, results = begin(io.BytesIO(b"  x "), bytes.strip)
    sender.CHUNK_SIZE = 1
    for _ in range(2):
        sender.resumeProducing()
    assert consumer.value() == b"x"
    assert results == [b"x"]


def test_a_file_that_cannot_be_read_fails_the_deferred():
    class Broken:
        def read(self, size):
            raise OSError("broken")

    sender, consumer, results = begin(Broken())
    sender.resumeProducing()
    assert results[0].check(OSError)
    assert consumer.producer is None


def test_a_consumer_that_stops_fails_the_deferred_once():
    sender, _, results = begin(io.BytesIO(b"x"))
    sender.pauseProducing()
    sender.stopProducing()
    sender.stopProducing()
    assert len(results) == 1
    assert str(results[0].value) == "Consumer asked us to stop producing"
