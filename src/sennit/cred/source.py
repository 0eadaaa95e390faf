"""Where a login comes from: told by the protocol, read by limits and by checkers that care.

`Portal.login` has no argument for it, and credentials are of many classes, so it is told by context, which
goes along into threads and coroutines.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["login_from", "login_source"]

_source: ContextVar[str | None] = ContextVar("sennit.cred.source", default=None)


@contextmanager
def login_from(source: Any) -> Iterator[None]:
    """Have the logins that are begun inside of a ``with`` block come from somewhere.

    Args:
        source: A transport's peer address, whose `host` counts; or the host as text; None if unknown.
    """
    host = source if source is None or isinstance(source, str) else getattr(source, "host", None)
    token = _source.set(host)
    try:
        yield
    finally:
        _source.reset(token)


def login_source() -> str | None:
    """Return the host that the present login comes from, or None if the protocol has not said."""
    return _source.get()
