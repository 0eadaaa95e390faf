"""A worker's own side: it knows its parent, says when it serves, and goes when it is told or alone.

Two descriptors come from the parent.  Through one the worker asks for its sockets and says that it is
ready.  The other is its lifeline: a pipe whose far end only the parent has.  A byte in it has the worker
retire; its end is the parent's, however that came about, and the worker's, too, at the latest after
`ORPHAN_GRACE`.  A thread reads it, so that a loop which is blocked does not make an orphan.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from typing import Any

from sennit.app.workers.sockets import Asking
from sennit.transport.shared import set_socket_source

__all__ = ["ENVIRONMENT", "ORPHAN_GRACE", "RETIRE", "Member", "current_member"]

ENVIRONMENT = "SENNIT_WORKER"
"""The variable that says to a process that it is a worker: its two descriptors, number and generation."""

RETIRE = b"r"
ORPHAN_GRACE = 2.0
LINGER = 1.0
"""Seconds that idle connections of a worker which retires are left open for one more request."""

_member: Member | None = None
_asked = False


def current_member() -> Member | None:
    """Return what this process is among workers; None if it is none.

    The first call takes the descriptors over; call it before anything listens.
    """
    global _asked, _member
    if not _asked:
        _asked = True
        told = os.environ.pop(ENVIRONMENT, "")
        if told:
            way, lifeline, number, generation = map(int, told.split(","))
            _member = Member(socket.socket(fileno=way), lifeline, number, generation)
            _member.begin()
    return _member


class Member:
    """One of several workers.

    Args:
        way: The end of the way to the parent.
        lifeline: The pipe's descriptor.
        number: Which of the workers this is, from 1 on.
        generation: How many times the workers have been renewed, plus 1.

    Attributes:
        retiring: Whether this worker ends because others serve in its place.
    """

    def __init__(self, way: socket.socket, lifeline: int, number: int, generation: int) -> None:
        self._way = way
        self._lifeline = lifeline
        self.number = number
        self.generation = generation
        self.retiring = False

    @property
    def is_first(self) -> bool:
        """Whether this is the one that says, for all, what is served."""
        return self.number == 1 and self.generation == 1

    def begin(self) -> None:
        """Take the descriptors, and ask the parent for sockets from here on."""
        self._way.set_inheritable(False)
        os.set_inheritable(self._lifeline, False)
        if os.environ.get("LISTEN_PID") == str(os.getppid()):
            # Sockets that were passed to the parent have come down to us by the same numbers.
            os.environ["LISTEN_PID"] = str(os.getpid())
        set_socket_source(Asking(self._way))
        threading.Thread(target=self._hold, name="sennit.workers.lifeline", daemon=True).start()

    def ready(self) -> None:
        """Tell the parent that this worker serves."""
        self._way.send(json.dumps({"ready": True}).encode())

    def linger(self) -> float:
        """Return how many seconds idle connections are to be left open at the end."""
        return LINGER if self.retiring else 0.0

    def attach(self, reactor: Any, grace: float = 30.0) -> None:
        """Serve as a worker with whatever listens on a reactor: to be called before it runs.

        The parent is told when the reactor runs and everything that starts with it has; when it stops,
        connections have the grace to end.

        Args:
            reactor: The reactor.
            grace: Seconds that connections may take.
        """
        from sennit.app.workers.draining import drain

        reactor.addSystemEventTrigger("after", "startup", reactor.callLater, 0, self.ready)
        reactor.addSystemEventTrigger("before", "shutdown", lambda: drain(reactor, grace, self.linger()))

    def _hold(self) -> None:
        while True:
            said = os.read(self._lifeline, 1)
            self.retiring = bool(said)
            os.kill(os.getpid(), signal.SIGTERM)
            if not said:
                time.sleep(ORPHAN_GRACE)
                os._exit(1)
