"""Serial lines as streams, on pyserial (the extra ``serial``).

pyserial opens the line and sets it up; reading and writing are the loop's, as for any other descriptor.
"""

from __future__ import annotations

import termios
from dataclasses import dataclass
from typing import Any, Final

from zope.interface import implementer

from sennit.core.errors import ConnectionLost
from sennit.core.extras import missing_extra
from sennit.core.failure import Failure
from sennit.core.interfaces import IAddress
from sennit.transport.duplex import DuplexConnection

__all__ = [
    "EIGHTBITS",
    "FIVEBITS",
    "PARITY_EVEN",
    "PARITY_NONE",
    "PARITY_ODD",
    "SEVENBITS",
    "SIXBITS",
    "STOPBITS_ONE",
    "STOPBITS_TWO",
    "SerialAddress",
    "SerialPort",
]

FIVEBITS: Final = 5
SIXBITS: Final = 6
SEVENBITS: Final = 7
EIGHTBITS: Final = 8
PARITY_NONE: Final = "N"
PARITY_EVEN: Final = "E"
PARITY_ODD: Final = "O"
STOPBITS_ONE: Final = 1
STOPBITS_TWO: Final = 2

_CONTROL_CHARACTERS = 6
"""Where `termios` has them in a terminal's attributes."""


@implementer(IAddress)
@dataclass(frozen=True, slots=True)
class SerialAddress:
    """Either end of a serial line.

    Args:
        device: The name of the device.
    """

    device: str


def _open_line(*args: Any, **options: Any) -> Any:
    try:
        import serial
    except ImportError:
        raise missing_extra("A serial line", "serial") from None
    return serial.Serial(*args, **options)


class SerialPort(DuplexConnection):
    """A serial line with a protocol at our end; it is connected at once.

    The connection is lost when the device is gone.

    Args:
        protocol: The protocol.
        deviceNameOrPortNumber: The device, such as ``"/dev/ttyUSB0"``.
        reactor: The reactor.
        baudrate: Bits a second.
        bytesize: Bits of data in a character.
        parity: Whether and how a parity bit is added.
        stopbits: Bits after each character.
        timeout: As pyserial takes it; the loop does the waiting, whatever it is.
        xonxoff: Whether the pace is governed by the characters XON and XOFF.
        rtscts: Whether the pace is governed by the lines RTS and CTS.

    Raises:
        MissingExtraError: If pyserial is not installed.
        OSError: If the device cannot be opened (pyserial's ``SerialException``).
    """

    __slots__ = ("_device", "_serial")

    _serialFactory = staticmethod(_open_line)

    def __init__(
        self,
        protocol: Any,
        deviceNameOrPortNumber: Any,
        reactor: Any,
        baudrate: int = 9600,
        bytesize: int = EIGHTBITS,
        parity: str = PARITY_NONE,
        stopbits: float = STOPBITS_ONE,
        timeout: float | None = 0,
        xonxoff: bool = False,
        rtscts: bool = False,
    ) -> None:
        super().__init__(protocol, reactor)
        self._device = str(deviceNameOrPortNumber)
        self._serial = self._serialFactory(
            deviceNameOrPortNumber,
            baudrate=baudrate,
            bytesize=bytesize,
            parity=parity,
            stopbits=stopbits,
            timeout=timeout,
            xonxoff=xonxoff,
            rtscts=rtscts,
        )
        try:
            self._let_empty_reads_fail()
            self.flushInput()
            self.flushOutput()
            self.connect(self._serial.fileno(), self._serial.fileno())
        except BaseException:
            self._serial.close()
            raise

    def setBaudRate(self, baudrate: int) -> None:
        """Change the speed.

        Args:
            baudrate: Bits a second.
        """
        self._serial.baudrate = baudrate
        self._let_empty_reads_fail()

    def inWaiting(self) -> int:
        """Return how many bytes have come and were not read yet."""
        waiting: int = self._serial.in_waiting
        return waiting

    def flushInput(self) -> None:
        """Drop what has come and was not read yet."""
        self._serial.reset_input_buffer()

    def flushOutput(self) -> None:
        """Drop what the system has and did not send yet."""
        self._serial.reset_output_buffer()

    def sendBreak(self) -> None:
        """Hold the line at 0 for a quarter of a second, which blocks for that time."""
        self._serial.send_break()

    def getDSR(self) -> bool:
        """Tell whether the line DSR (data set ready) is set."""
        return bool(self._serial.dsr)

    def getCD(self) -> bool:
        """Tell whether the line CD (carrier detect) is set."""
        return bool(self._serial.cd)

    def getRI(self) -> bool:
        """Tell whether the line RI (ring indicator) is set."""
        return bool(self._serial.ri)

    def getCTS(self) -> bool:
        """Tell whether the line CTS (clear to send) is set."""
        return bool(self._serial.cts)

    def setDTR(self, on: bool = True) -> None:
        """Set or clear the line DTR (data terminal ready)."""
        self._serial.dtr = on

    def setRTS(self, on: bool = True) -> None:
        """Set or clear the line RTS (request to send)."""
        self._serial.rts = on

    def doRead(self) -> None:
        """Read what there is, as the loop does when there is something."""
        if self.connected:
            self._carrier.read_now()

    def writeSomeData(self, data: bytes) -> int:
        """Write all of `data`, and return how much that is."""
        self.write(data)
        return len(data)

    def eof_received(self) -> bool:
        """Learn that the device is gone: a line has no end otherwise."""
        if self.connected:
            self._end(Failure(ConnectionLost(f"the device {self._device} is gone")))
        return True

    def _let_empty_reads_fail(self) -> None:
        """Have reads fail, as those of any descriptor do, when there is nothing to read.

        pyserial has them give no bytes then, which here would mean the end.
        """
        descriptor = self._serial.fileno()
        attributes = termios.tcgetattr(descriptor)
        attributes[_CONTROL_CHARACTERS][termios.VMIN] = 1
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)

    def _before_loss(self) -> None:
        self._serial.close()

    def _address(self, which: str) -> SerialAddress:
        return SerialAddress(self._device)

    def _log_suffix(self) -> str:
        return self._device
