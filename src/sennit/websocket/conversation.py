"""`Conversation`: an open WebSocket without I/O, messages out of octets and back (RFC 6455 sections 5 to 7).

Messages that come or go in one frame and without extensions pass the core by (`sennit.websocket.frames`).
After an error the core's parser throws away what comes; the closing frame is in the output, and `ends` is set
when the transport is to be closed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sennit.websocket.errors import WebSocketClosed
from sennit.websocket.frames import BINARY, TEXT, FrameReader, frame
from sennit.websocket.library import CLIENT, SERVER, Close, Core, Extension, Opcode, State
from sennit.websocket.limits import DEFAULT_WEBSOCKET_LIMITS, WebSocketLimits

__all__ = ["ABNORMAL", "GOING_AWAY", "INTERNAL_ERROR", "NORMAL", "Conversation", "Pong"]

NORMAL = 1000
GOING_AWAY = 1001
ABNORMAL = 1006
INVALID_DATA = 1007
TOO_BIG = 1009
INTERNAL_ERROR = 1011

_TEXT, _BINARY, _CONT, _PONG = Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PONG
_OPEN, _CLOSED = State.OPEN, State.CLOSED
_MAX_REASON = 123
_UNLIMITED = 1 << 62

# A peer's mistakes are no events of this program's log; whoever holds the conversation learns of them.
_silent = logging.getLogger("sennit.websocket.core")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


@dataclass(frozen=True, slots=True)
class Pong:
    """An answer to a ping, or one that nobody asked for.

    Attributes:
        data: What it carries; that of the ping that it answers.
    """

    data: bytes


class Conversation:
    """One side of a WebSocket that is open.

    Args:
        client: Whether this is the client's side.
        extensions: What was negotiated.
        limits: What the peer may take up.

    Attributes:
        ends: Whether the transport is to be closed once the output is written.
    """

    __slots__ = ("_core", "_fragments", "_limits", "_masks", "_reader", "_text", "ends")

    def __init__(
        self,
        *,
        client: bool,
        extensions: Sequence[Extension] = (),
        limits: WebSocketLimits = DEFAULT_WEBSOCKET_LIMITS,
    ) -> None:
        self._core = Core(
            CLIENT if client else SERVER, state=_OPEN, max_size=limits.message_size, logger=_silent
        )
        self._core.extensions = list(extensions)
        self._limits = limits
        self._masks = client
        # Until something ends the reading: from then on all is the core's.
        self._reader: FrameReader | None = None
        if not extensions:
            most = _UNLIMITED if limits.message_size is None else limits.message_size
            self._reader = FrameReader(not client, most)
        self._fragments: list[bytes] = []
        self._text = False
        self.ends = False

    @property
    def open(self) -> bool:
        """Whether messages can be sent."""
        return self._core._state is _OPEN

    @property
    def close_code(self) -> int:
        """The code it was closed with: the peer's if it said one, else ours, else 1006."""
        closed = self._core.close_rcvd or self._core.close_sent
        return ABNORMAL if closed is None else int(closed.code)

    @property
    def close_reason(self) -> str:
        """The reason that goes with `close_code`."""
        closed = self._core.close_rcvd or self._core.close_sent
        return "" if closed is None else closed.reason

    @property
    def clean(self) -> bool:
        """Whether both sides have said that they close."""
        return self._core.close_rcvd is not None and self._core.close_sent is not None

    def receive_data(self, data: bytes) -> list[str | bytes | Pong]:
        """Take octets from the peer.

        Returns:
            The messages and pongs in them, in order.  Pings and closing frames are answered in the output.
        """
        received: list[str | bytes | Pong] = []
        reader = self._reader
        if reader is None:
            self._take(data, received)
            return received
        for kind, payload in reader.read(data):
            if kind == BINARY:
                received.append(payload)
            elif kind == TEXT:
                try:
                    received.append(str(payload, "utf-8"))
                except UnicodeDecodeError:
                    self.fail(INVALID_DATA, "The text is not UTF-8.")
                    break
            else:
                self._take(payload, received)
                core = self._core
                if core.close_rcvd is not None or core.parser_exc is not None:
                    self._reader = None
                if self._reader is None:
                    # Nothing that follows counts.
                    break
        return received

    def _take(self, data: bytes, received: list[str | bytes | Pong]) -> None:
        """Give octets to the core, and add what was in them."""
        core = self._core
        if core.reader.eof:
            return
        core.receive_data(data)
        frames: list[Any] = core.events_received()
        for one in frames:
            opcode = one.opcode
            try:
                if opcode is _TEXT:
                    if one.fin:
                        received.append(str(one.data, "utf-8"))
                    else:
                        self._text = True
                        self._fragments = [bytes(one.data)]
                elif opcode is _BINARY:
                    if one.fin:
                        received.append(bytes(one.data))
                    else:
                        self._text = False
                        self._fragments = [bytes(one.data)]
                elif opcode is _CONT:
                    if not self._join(bytes(one.data), one.fin, received):
                        break
                elif opcode is _PONG:
                    received.append(Pong(bytes(one.data)))
            except UnicodeDecodeError:
                self.fail(INVALID_DATA, "The text is not UTF-8.")
                break

    def _join(self, data: bytes, final: bool, received: list[str | bytes | Pong]) -> bool:
        """Add a fragment; tell whether there may be as many."""
        fragments = self._fragments
        if data:
            fragments.append(data)
        elif not final:
            # Empty ones cost the peer nothing, so they count, and are not kept.
            fragments.append(b"")
        if final:
            self._fragments = []
            whole = b"".join(fragments)
            received.append(str(whole, "utf-8") if self._text else whole)
        elif len(fragments) > self._limits.fragments:
            self.fail(TOO_BIG, "The message has too many fragments.")
            return False
        return True

    def receive_eof(self) -> None:
        """Note that the peer sends no more."""
        if not self._core.reader.eof:
            self._core.receive_eof()

    def output(self) -> bytes:
        """Return what to write."""
        writes = self._core.writes
        if not writes:
            return b""
        self._core.writes = []
        if not writes[-1]:
            self.ends = True
        return writes[0] if len(writes) == 1 else b"".join(writes)

    def send(self, message: str | bytes | bytearray | memoryview) -> None:
        """Send a message: str as text, anything else as binary.

        Raises:
            WebSocketClosed: If it is closed, or closing.
            TypeError: If it is no message.
        """
        core = self._core
        if core._state is not _OPEN:
            raise WebSocketClosed(self.close_code, self.close_reason)
        if isinstance(message, str):
            kind, payload = TEXT, message.encode()
        elif isinstance(message, bytes | bytearray | memoryview):
            kind, payload = BINARY, bytes(message)
        else:
            raise TypeError(f"A message is str or bytes, not {message!r}.")
        if not core.extensions:
            core.writes.append(frame(kind, payload, self._masks))
        elif kind == TEXT:
            core.send_text(payload)
        else:
            core.send_binary(payload)

    def ping(self, data: bytes = b"") -> None:
        """Ask the peer for a pong.

        Args:
            data: What it is to carry, at most 125 octets.

        Raises:
            WebSocketClosed: If it is closed.
            ValueError: If the data is too long.
        """
        if len(data) > 125:
            raise ValueError("A ping carries at most 125 octets.")
        if self._core._state is _CLOSED:
            raise WebSocketClosed(self.close_code, self.close_reason)
        self._core.send_ping(data)

    def close(self, code: int | None = NORMAL, reason: str = "") -> None:
        """Say that we close; do nothing if that is said already.

        Args:
            code: The closing code; None for none.
            reason: Why, at most 123 octets of UTF-8.

        Raises:
            ValueError: If the code may not be sent (RFC 6455 section 7.4), or the reason is too long.
        """
        if code is not None:
            _check_close(code, reason)
        if self._core._state is _OPEN:
            self._core.send_close(code, reason)

    def fail(self, code: int, reason: str = "") -> None:
        """Close because of a fault, and throw away what comes."""
        self._reader = None
        self._fragments = []
        if self._core._state is not _CLOSED and not self._core.eof_sent:
            self._core.fail(code, reason)


def _check_close(code: int, reason: str) -> None:
    try:
        Close(code, reason).check()
    except Exception:
        raise ValueError(f"{code} is no code to close a WebSocket with.") from None
    if len(reason.encode()) > _MAX_REASON:
        raise ValueError(f"A reason has at most {_MAX_REASON} octets.")
