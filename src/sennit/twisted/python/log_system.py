"""Which connection a message in the log is about, where nobody has said.

Transports do not say at each read whose turn it is: that would be paid for by every read.  Whoever logs looks
for it instead, among the calls that have led there.  The innermost one by which a loop, or a reactor, calls a
transport is the one; of compiled transports, which do not show among them, the one that says it is at work.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, Final

from sennit.core.at_work import at_work
from sennit.core.interfaces import ILoggingContext

__all__ = ["WhoIsAtWork"]

_CALLED_BY_LOOPS: Final = frozenset(
    {"connection_lost", "connection_made", "data_received", "doRead", "doWrite", "eof_received"}
)
_NOBODY: Final = "-"


class WhoIsAtWork(Mapping[str, Any]):
    """The fields of the log's context outside of any: ``system``, found when it is asked for."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        if key != "system":
            raise KeyError(key)
        compiled = at_work()
        if compiled is not None:
            return compiled.logPrefix()
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_name in _CALLED_BY_LOOPS:
                transport = frame.f_locals.get("self")
                if ILoggingContext.providedBy(transport):
                    return transport.logPrefix()
            frame = frame.f_back
        return _NOBODY

    def __iter__(self) -> Iterator[str]:
        return iter(("system",))

    def __len__(self) -> int:
        return 1

    def copy(self) -> dict[str, Any]:
        """Return the fields as they are now."""
        return dict(self)
