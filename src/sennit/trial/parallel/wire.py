"""What the pool and its workers say to each other.

Messages are JSON objects of one key, the kind:

- ``{"begin": {...}}``: to a worker, first: what it is to load, and where it is to run.
- ``{"run": [key, ...]}``: to a worker: the tests of one unit; ``{"end": {}}``: no more.
- ``{"ready": number}``: from a worker: so many tests are loaded.
- ``{"started": key}`` and ``{"told": {...}}``: from a worker: a test begins; what came of it.
- ``{"warning": [...]}``: from a worker: a warning that was given.
- ``{"stop": {}}``: from a worker: no more tests are to be run.
- ``{"finished": {}}``: from a worker: the unit is over.

A key is a test's name and a number, which tells tests of one name apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sennit.core.failure import Failure
from sennit.core.failure_format import qualified_name, safe_str
from sennit.framing.lengths import Int32StringReceiver

__all__ = ["Messages", "RemoteError", "keys_of", "pack_failure", "unpack_failure"]

_LARGEST = 1 << 26


class RemoteError(Exception):
    """Stands for an exception of another process; its class has that one's name."""


class Messages(Int32StringReceiver):
    """Sends messages, and hands on those that come.

    Args:
        received: Takes a message: its kind and what it says.
    """

    MAX_LENGTH = _LARGEST

    def __init__(self, received: Callable[[str, Any], object]) -> None:
        self._received = received

    def stringReceived(self, string: bytes) -> None:
        """Take a message."""
        [(kind, content)] = json.loads(string).items()
        self._received(kind, content)

    def send(self, kind: str, content: Any) -> None:
        """Send a message."""
        self.sendString(json.dumps({kind: content}).encode())


def keys_of(tests: list[Any]) -> list[tuple[str, int]]:
    """Return a key for each test."""
    counts: dict[str, int] = {}
    keys = []
    for test in tests:
        name = test.id()
        counts[name] = number = counts.get(name, 0) + 1
        keys.append((name, number))
    return keys


def pack_failure(failure: Failure) -> dict[str, Any]:
    """Return what of a failure can be read in another process."""
    return {
        "kind": qualified_name(failure.type),
        "text": safe_str(failure.value),
        "frames": [[name, file, line] for name, file, line, _, _ in failure.frames],
    }


def unpack_failure(packed: dict[str, Any]) -> Failure:
    """Return a failure that reads like the one that was packed."""
    module, _, name = packed["kind"].rpartition(".")
    kind = type(name, (RemoteError,), {"__module__": module, "__qualname__": name})
    failure = Failure(kind(packed["text"]))
    failure.tb = None
    failure.frames = [(name, file, line, (), ()) for name, file, line in packed["frames"]]
    return failure
