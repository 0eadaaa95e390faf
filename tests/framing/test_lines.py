from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.framing.basic import LineOnlyReceiver, LineReceiver
from sennit.testing import StringTransport


class Recorder:
    """Notes what is delivered; a line that names a method below calls it first."""

    def __init__(self):
        self.events = []

    def lineReceived(self, line):
        self.events.append(line)
        command = getattr(self, "do_" + line.decode("latin-1"), None)
        return command() if command is not None else None

    def do_lose(self):
        self.transport.loseConnection()

    def do_feed(self):
        self.dataReceived(b"fed\r\n")

    def do_fail(self):
        raise ZeroDivisionError

    def do_why(self):
        return "why"


class Lines(Recorder, LineReceiver):
    raw_wanted = 0

    def rawDataReceived(self, data):
        self.events.append(("raw", data))
        if self.raw_wanted:
            wanted = self.raw_wanted
            self.raw_wanted = max(0, wanted - len(data))
            if len(data) >= wanted:
                return self.setLineMode(data[wanted:])
        return None

    def do_raw(self):
        self.setRawMode()

    def do_raw5(self):
        self.raw_wanted = 5
        self.setRawMode()

    def do_there_and_back(self):
        self.setRawMode()
        self.setLineMode(b"extra\r\n")

    def do_pause(self):
        self.pauseProducing()

    def do_pause_resume(self):
        self.pauseProducing()
        self.resumeProducing()

    def do_clear(self):
        self.events.append(("cleared", self.clearLineBuffer()))

    def do_semicolon(self):
        self.delimiter = b";"

    def do_short(self):
        self.MAX_LENGTH = 5


class OnlyLines(Recorder, LineOnlyReceiver):
    pass


class Lenient:
    """Does not close when a line is too long."""

    def lineLengthExceeded(self, line):
        self.events.append(("long", line))


class LenientLines(Lenient, Lines):
    MAX_LENGTH = 5


class LenientOnlyLines(Lenient, OnlyLines):
    MAX_LENGTH = 5


both = pytest.mark.parametrize("kind", [Lines, OnlyLines])


def feed(protocol, data, size):
    for start in range(0, len(data), size):
        protocol.dataReceived(data[start : start + size])


@both
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_lines_are_delivered_however_they_are_cut(kind, size, connect):
    protocol, _ = connect(kind())
    feed(protocol, b"one\r\n\r\ntw\ro\nthree\r\r\nhalf", size)
    assert protocol.events == [b"one", b"", b"tw\ro\nthree\r"]
    protocol.dataReceived(b"\r\n")
    assert protocol.events[-1] == b"half"


@both
def test_a_line_is_sent_with_its_delimiter(kind, connect):
    protocol, transport = connect(kind())
    protocol.delimiter = b"\n"
    protocol.sendLine(b"line")
    assert transport.value() == b"line\n"


@both
def test_no_line_is_delivered_after_loseConnection(kind, connect):
    protocol, transport = connect(kind())
    protocol.dataReceived(b"one\r\nlose\r\ntwo\r\nthr")
    protocol.dataReceived(b"ee\r\nfour\r\n")
    assert transport.disconnecting
    assert protocol.events == [b"one", b"lose"]


@both
def test_a_callback_that_feeds_the_protocol_does_not_change_the_order(kind, connect):
    protocol, _ = connect(kind())
    protocol.dataReceived(b"feed\r\ntwo\r\n")
    assert protocol.events == [b"feed", b"two", b"fed"]


@both
def test_what_comes_after_a_failing_callback_is_not_lost_by_the_receiver(kind, connect):
    protocol, _ = connect(kind())
    with pytest.raises(ZeroDivisionError):
        protocol.dataReceived(b"fail\r\n")
    protocol.dataReceived(b"two\r\n")
    assert protocol.events == [b"fail", b"two"]


@both
def test_the_result_of_a_callback_ends_the_read(kind, connect):
    protocol, _ = connect(kind())
    assert protocol.dataReceived(b"one\r\nwhy\r\n") == "why"
    assert protocol.events == [b"one", b"why"]


@both
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_line_of_the_maximum_length_passes(kind, size, connect):
    protocol, transport = connect(kind())
    protocol.MAX_LENGTH = 5
    feed(protocol, b"12345\r\n12345\r\n", size)
    assert protocol.events == [b"12345", b"12345"]
    assert not transport.disconnecting


@both
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_longer_line_closes_the_connection(kind, size, connect):
    protocol, transport = connect(kind())
    protocol.MAX_LENGTH = 5
    feed(protocol, b"12345\r\n123456\r\nlast\r\n", size)
    assert protocol.events == [b"12345"]
    assert transport.disconnecting


@pytest.mark.parametrize("kind", [LineReceiver, LineOnlyReceiver])
def test_a_receiver_says_that_lineReceived_is_to_be_written(kind, connect):
    protocol, _ = connect(kind())
    with pytest.raises(NotImplementedError, match="lineReceived"):
        protocol.dataReceived(b"line\r\n")


def test_known_line_only_receiver_without_limit_holds_no_endless_line(connect):
    protocol, transport = connect(OnlyLines())
    for _ in range(1000):
        protocol.dataReceived(b"x" * 1000)
        assert len(protocol._unread) <= protocol.MAX_LENGTH + len(protocol.delimiter)
    assert transport.disconnecting
    assert protocol.events == []


def test_known_line_only_receiver_without_limit_skips_the_rest_of_a_long_line(connect):
    protocol, _ = connect(LenientOnlyLines())
    for piece in (b"12345678", b"9" * 100, b"more\r", b"\nnext\r\n", b"1234567\r\nlast\r\n"):
        protocol.dataReceived(piece)
        assert len(protocol._unread) <= 7
    assert protocol.events == [("long", b"12345678"), b"next", ("long", b"1234567"), b"last"]


def test_known_endless_line_is_held_by_no_line_receiver(connect):
    protocol, transport = connect(Lines())
    for _ in range(1000):
        protocol.dataReceived(b"x" * 1000)
        assert len(protocol._unread) <= protocol.MAX_LENGTH + 1000
    assert transport.disconnecting
    assert protocol.events == []


def test_known_endless_line_is_not_held_while_paused_by_a_transport_that_does_not_pause(connect):
    protocol, transport = connect(Lines())
    protocol.MAX_HELD_BACK = 1000
    protocol.pauseProducing()
    transport.disconnecting = False
    for _ in range(100):
        protocol.dataReceived(b"line\r\n" * 100)
        assert len(protocol._unread) <= protocol.MAX_LENGTH + 1000 + 600
    assert transport.disconnecting


def test_a_line_that_is_too_long_is_handed_over_with_all_that_follows(connect):
    protocol, _ = connect(LenientLines())
    protocol.dataReceived(b"1\r\n1234567\r\n2\r\n3")
    assert protocol.events == [b"1", ("long", b"1234567\r\n2\r\n3")]
    protocol.dataReceived(b"4\r\n")
    assert protocol.events[-1] == b"4"


def test_a_limit_set_by_a_line_holds_for_the_next(connect):
    protocol, transport = connect(Lines())
    protocol.dataReceived(b"123456\r\nshort\r\n123456\r\n")
    assert protocol.events == [b"123456", b"short"]
    assert transport.disconnecting


def test_a_delimiter_set_by_a_line_holds_for_the_next(connect):
    protocol, _ = connect(Lines())
    protocol.dataReceived(b"one\r\nsemicolon\r\ntwo\r\n;three;four")
    assert protocol.events == [b"one", b"semicolon", b"two\r\n", b"three"]


def test_raw_mode_begins_right_after_the_line_that_sets_it(connect):
    protocol, _ = connect(Lines())
    protocol.dataReceived(b"one\r\nraw\r\nb\r\nc")
    protocol.dataReceived(b"d\r\n")
    assert protocol.events == [b"one", b"raw", ("raw", b"b\r\nc"), ("raw", b"d\r\n")]


def test_line_mode_begins_with_the_extra_bytes(connect):
    protocol, _ = connect(Lines())
    protocol.dataReceived(b"raw5\r\n12345two\r\nraw5\r\n67890three\r\nfo")
    protocol.dataReceived(b"ur\r\n")
    lines = [event for event in protocol.events if isinstance(event, bytes)]
    assert lines == [b"raw5", b"two", b"raw5", b"three", b"four"]


def test_a_line_may_change_the_mode_and_change_it_back(connect):
    protocol, _ = connect(Lines())
    protocol.dataReceived(b"there_and_back\r\none\r\n")
    assert protocol.events == [b"there_and_back", b"one", b"extra"]


def test_a_pause_in_the_middle_of_a_read_holds_the_other_lines_back(connect):
    protocol, transport = connect(Lines())
    protocol.dataReceived(b"one\r\npause\r\ntwo\r\nthr")
    protocol.dataReceived(b"ee\r\n")
    assert protocol.events == [b"one", b"pause"]
    assert transport.producerState == "paused"
    protocol.resumeProducing()
    assert protocol.events == [b"one", b"pause", b"two", b"three"]
    assert transport.producerState == "producing"


def test_a_pause_that_ends_within_the_same_line_holds_nothing_back(connect):
    protocol, _ = connect(Lines())
    protocol.dataReceived(b"pause_resume\r\ntwo\r\n")
    assert protocol.events == [b"pause_resume", b"two"]


def test_raw_bytes_are_held_back_by_a_pause_as_well(connect):
    protocol, _ = connect(Lines())
    protocol.setRawMode()
    protocol.pauseProducing()
    protocol.dataReceived(b"ab")
    protocol.dataReceived(b"cd")
    assert protocol.events == []
    protocol.resumeProducing()
    assert protocol.events == [("raw", b"abcd")]


def test_a_stopped_receiver_delivers_no_more(connect):
    protocol, transport = connect(Lines())
    protocol.stopProducing()
    protocol.dataReceived(b"one\r\n")
    assert protocol.events == []
    assert transport.producerState == "stopped"


def test_the_line_buffer_can_be_taken_within_a_line(connect):
    protocol, _ = connect(Lines())
    protocol.dataReceived(b"clear\r\ntwo\r\nthr")
    assert protocol.events == [b"clear", ("cleared", b"two\r\nthr")]
    protocol.dataReceived(b"four\r\n")
    assert protocol.events[-1] == b"four"


def test_the_line_buffer_can_be_taken_outside_of_a_line(connect):
    protocol, _ = connect(Lines())
    assert protocol.clearLineBuffer() == b""
    protocol.dataReceived(b"thr")
    assert protocol.clearLineBuffer() == b"thr"
    assert protocol.clearLineBuffer() == b""


def test_lines_after_a_failing_line_wait_for_more_data(connect):
    protocol, _ = connect(Lines())
    with pytest.raises(ZeroDivisionError):
        protocol.dataReceived(b"fail\r\ntwo\r\n")
    protocol.dataReceived(b"three\r\n")
    assert protocol.events == [b"fail", b"two", b"three"]


def test_a_receiver_without_a_transport_delivers_too():
    protocol = Lines()
    protocol.dataReceived(b"one\r\ntwo\r\n")
    assert protocol.events == [b"one", b"two"]


@pytest.mark.parametrize("mode", ["rawDataReceived"])
def test_a_receiver_says_that_rawDataReceived_is_to_be_written(mode, connect):
    protocol, _ = connect(LineReceiver())
    protocol.setRawMode()
    with pytest.raises(NotImplementedError, match=mode):
        protocol.dataReceived(b"data")


words = st.sampled_from([b"", b"one", b"raw5", b"pause", b"pause_resume", b"feed", b"semicolon", b"short"])
text = st.lists(
    st.one_of(words.map(lambda word: word + b"\r\n"), st.binary(max_size=12), st.just(b";")), max_size=20
).map(b"".join)


def normal(events):
    """Join raw pieces that follow each other: only their cut depends on the reads."""
    joined = []
    for event in events:
        if isinstance(event, tuple) and joined and isinstance(joined[-1], tuple):
            joined[-1] = ("raw", joined[-1][1] + event[1])
        else:
            joined.append(event)
    return joined


class CountedRaw(Lines):
    """Takes exactly the raw bytes it wants, so that what it does is the same for every cut."""

    def do_feed(self):
        """What is fed comes after the read, which is not the same for every cut."""

    def rawDataReceived(self, data):
        taken = data[: self.raw_wanted]
        self.raw_wanted -= len(taken)
        self.events.append(("raw", taken))
        if not self.raw_wanted:
            self.setLineMode(data[len(taken) :])


@given(text, st.lists(st.integers(1, 30), min_size=1, max_size=6))
def test_the_cut_of_the_reads_does_not_change_what_is_delivered(data, sizes):
    outcomes = []
    for cut in ([len(data) + 1], [1], sizes):
        protocol = CountedRaw()
        transport = StringTransport()
        protocol.makeConnection(transport)
        start, turn = 0, 0
        while start < len(data):
            size = cut[turn % len(cut)]
            protocol.dataReceived(data[start : start + size])
            start, turn = start + size, turn + 1
            while protocol.paused:
                protocol.paused = False
                protocol.dataReceived(b"")
        outcomes.append((normal(protocol.events), transport.disconnecting))
    assert outcomes[0] == outcomes[1] == outcomes[2]


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=30), st.data())
def test_a_line_only_receiver_gives_back_what_was_sent(lines, data):
    sender, transport = OnlyLines(), StringTransport()
    sender.makeConnection(transport)
    for line in lines:
        sender.sendLine(line)
    sent = transport.value()
    receiver = OnlyLines()
    receiver.do_lose = receiver.do_feed = receiver.do_fail = receiver.do_why = None
    receiver.makeConnection(StringTransport())
    while sent:
        size = data.draw(st.integers(1, 40))
        receiver.dataReceived(sent[:size])
        sent = sent[size:]
    assert receiver.events == lines


def test_known_line_only_receiver_without_limit_holds_little_when_it_feeds_itself(connect):
    class Feeding(OnlyLines):
        def do_feed(self):
            for _ in range(100):
                self.dataReceived(b"x" * 1000)
                assert len(self._unread) <= self.MAX_LENGTH + 1100

    protocol, transport = connect(Feeding())
    protocol.dataReceived(b"feed\r\nbegin")
    assert transport.disconnecting
