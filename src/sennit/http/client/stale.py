"""Looking at an idle connection: what there is to read on it is not the answer to the next request."""

from __future__ import annotations

import select
from typing import Any

__all__ = ["is_stale"]


def is_stale(transport: Any) -> bool:
    """Tell whether a connection that nobody has asked for anything has something to be read, such as its end.

    Args:
        transport: The connection's transport; what has no descriptor is taken to be well.
    """
    if getattr(transport, "disconnecting", False):
        return True
    try:
        descriptor = transport.fileno()
    except AttributeError:
        get_handle = getattr(transport, "getHandle", None)
        handle: Any = get_handle() if get_handle is not None else None
        if not hasattr(handle, "fileno"):
            return False
        descriptor = handle.fileno()
    if descriptor < 0:
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
