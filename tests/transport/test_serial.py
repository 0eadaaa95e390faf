"""Serial lines on every loop; a pseudo-terminal is the line, and we are the device at its other end."""

from __future__ import annotations

import os
import pty
import sys
import termios

import pytest
import serial
from tests.transport.kit import HalfCloseable, Recorder, turns

from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost
from sennit.core.extras import MissingExtraError
from sennit.core.interfaces import IConsumer, IPushProducer, ITransport
from sennit.transport.serial import EIGHTBITS, PARITY_NONE, STOPBITS_ONE, SerialAddress, SerialPort

BIG = 200_000


@pytest.fixture
def line():
    """The device's end of a line, and the name of ours."""
    device, ours = pty.openpty()
    name = os.ttyname(ours)
    os.close(ours)
    os.set_blocking(device, False)
    yield device, name
    os.close(device)


@pytest.fixture
def connect(reactor, line):
    def connect(protocol=Recorder, **options):
        connected = protocol()
        SerialPort(connected, line[1], reactor, **options)
        return connected

    return connect


async def receive(reactor, device, number):
    received = b""
    while len(received) < number:
        try:
            received += os.read(device, 65536)
        except BlockingIOError:
            await turns(reactor, 1)
    return received


async def test_bytes_go_both_ways_as_they_are(reactor, connect, line):
    protocol = connect(baudrate=19200)
    data = bytes(range(256))
    protocol.transport.write(data[:100])
    assert protocol.transport.writeSomeData(data[100:]) == 156
    assert await receive(reactor, line[0], 256) == data
    os.write(line[0], data)
    await protocol.until_received(256)
    assert protocol.received == data
    protocol.transport.loseConnection()
    assert await protocol.until_lost() is ConnectionDone
    assert protocol.events[0] == "made"
    protocol.transport.write(b"dropped")
    protocol.transport.doRead()


async def test_all_is_written_before_the_end(reactor, connect, line):
    protocol = connect()
    protocol.transport.write(b"x" * BIG)
    protocol.transport.loseConnection()
    assert len(await receive(reactor, line[0], BIG)) == BIG
    assert await protocol.until_lost() is ConnectionDone


async def test_a_producer_goes_at_the_pace_of_the_line(reactor, connect, line):
    class Producer:
        events = ()

        def pauseProducing(self):
            self.events += ("pause",)

        def resumeProducing(self):
            self.events += ("resume",)

        def stopProducing(self):
            self.events += ("stop",)

    protocol = connect()
    producer = Producer()
    protocol.transport.registerProducer(producer, True)
    protocol.transport.write(b"x" * BIG)
    assert producer.events == ("pause",)
    await receive(reactor, line[0], BIG)
    await turns(reactor)
    assert producer.events == ("pause", "resume")
    protocol.transport.abortConnection()
    assert await protocol.until_lost() is ConnectionAborted
    assert producer.events == ("pause", "resume", "stop")


async def test_reading_can_be_paused(reactor, connect, line):
    protocol = connect()
    protocol.transport.pauseProducing()
    os.write(line[0], b"later")
    while protocol.transport.inWaiting() < 5:
        await turns(reactor, 1)
    await turns(reactor, 5)
    assert protocol.received == b""
    protocol.transport.resumeProducing()
    await protocol.until_received(5)
    protocol.transport.loseConnection()
    await protocol.until_lost()


async def test_what_came_can_be_dropped_without_ending_the_line(reactor, connect, line):
    protocol = connect()
    protocol.transport.pauseProducing()
    os.write(line[0], b"noise")
    while protocol.transport.inWaiting() < 5:
        await turns(reactor, 1)
    protocol.transport.flushInput()
    protocol.transport.doRead()
    protocol.transport.resumeProducing()
    await turns(reactor, 5)
    os.write(line[0], b"signal")
    await protocol.until_received(6)
    assert protocol.received == b"signal"
    protocol.transport.loseConnection()
    await protocol.until_lost()


@pytest.mark.parametrize("kind", [Recorder, HalfCloseable])
async def test_a_device_that_is_gone_is_a_loss(reactor, kind):
    device, ours = pty.openpty()
    name = os.ttyname(ours)
    os.close(ours)
    protocol = kind()
    SerialPort(protocol, name, reactor)
    os.close(device)
    assert await protocol.until_lost() is ConnectionLost
    assert name in str(protocol.reason.value)
    assert protocol.events == ["made", "lost"]


async def test_the_line_is_set_up_as_asked(reactor, connect, line):
    protocol = connect(
        baudrate=19200, stopbits=STOPBITS_ONE, bytesize=EIGHTBITS, parity=PARITY_NONE, xonxoff=1
    )
    transport = protocol.transport
    attributes = termios.tcgetattr(transport.fileno())
    assert attributes[4] == attributes[5] == termios.B19200
    assert attributes[0] & termios.IXON
    transport.setBaudRate(38400)
    attributes = termios.tcgetattr(transport.fileno())
    assert attributes[4] == attributes[5] == termios.B38400
    assert attributes[6][termios.VMIN] == 1
    transport.sendBreak()
    transport.flushOutput()
    transport.loseConnection()
    await protocol.until_lost()
    assert transport.fileno() == -1


async def test_the_control_lines_are_pyserials(reactor, connect, line):
    class Line:
        dsr = cd = True
        ri = cts = False

        def __init__(self, *args, **options):
            self.line = serial.Serial(*args, **options)

        def __getattr__(self, name):
            return getattr(self.line, name)

    class Port(SerialPort):
        _serialFactory = Line

    protocol = Recorder()
    transport = Port(protocol, line[1], reactor)
    assert (transport.getDSR(), transport.getCD(), transport.getRI(), transport.getCTS()) == (
        True,
        True,
        False,
        False,
    )
    transport.setDTR(False)
    transport.setRTS()
    assert (transport._serial.dtr, transport._serial.rts) == (False, True)
    transport.loseConnection()
    await protocol.until_lost()


async def test_a_line_has_a_name_and_declares_what_it_provides(reactor, connect, line):
    protocol = connect()
    transport = protocol.transport
    assert transport.getHost() == transport.getPeer() == SerialAddress(line[1])
    assert transport.logPrefix() == f"Recorder,{line[1]}"
    for interface in (ITransport, IConsumer, IPushProducer):
        assert interface.providedBy(transport)
    transport.loseConnection()
    await protocol.until_lost()


async def test_a_device_that_is_not_there_is_an_error(reactor, descriptors):
    before = descriptors()
    with pytest.raises(OSError, match="no/such"):
        SerialPort(Recorder(), "/no/such", reactor)
    with pytest.raises(OSError, match="configure"):
        SerialPort(Recorder(), "/dev/null", reactor)
    assert descriptors() == before


async def test_a_missing_library_is_named(reactor, line, monkeypatch):
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(MissingExtraError, match=r"sennit\[serial\]"):
        SerialPort(Recorder(), line[1], reactor)


async def test_a_lost_line_leaves_nothing_open(reactor, connect, descriptors):
    before = descriptors()
    protocol = connect()
    protocol.transport.loseConnection()
    await protocol.until_lost()
    await turns(reactor)
    assert descriptors() == before
