"""What goes into the header of a message: dates and identifiers (RFC 5322)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from itertools import count
from secrets import randbelow
from typing import Any

from sennit.smtp.envelope import DNSNAME

__all__ = ["idGenerator", "messageid", "rfc822date"]


def rfc822date(timeinfo: Any = None, local: int = 1) -> bytes:
    """Return a date as RFC 5322 section 3.3 writes it.

    Args:
        timeinfo: A tuple like that of `time.localtime`; now if None.
        local: Whether it is in local time, and so written with its offset; else it is UTC.
    """
    if timeinfo is None:
        return formatdate(localtime=bool(local)).encode()
    if local:
        return formatdate(time.mktime(tuple(timeinfo)), localtime=True).encode()
    import calendar

    return formatdate(calendar.timegm(tuple(timeinfo))).encode()


def idGenerator() -> Iterator[int]:
    """Count from 0."""
    return count()


_ids = idGenerator()


def messageid(uniq: str | None = None, N: Callable[[], int] = lambda: next(_ids)) -> bytes:
    """Return a new message identifier (RFC 5322 section 3.6.4).

    Args:
        uniq: A word to put into it.
        N: Gives the number that tells those of one second and one process apart.
    """
    words = [time.strftime("%Y%m%d%H%M%S", time.gmtime()), str(os.getpid()), str(randbelow(10**9))]
    words += [uniq] if uniq is not None else []
    return f"<{'.'.join([*words, str(N())])}@{DNSNAME.decode()}>".encode()
