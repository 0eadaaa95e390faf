"""Several processes that serve as one: started, replaced when they die, renewed without a lost connection.

The parent holds the listening sockets and runs none of the program.  Each worker is the program's own
command, started anew, so that it loads the code as it is then; its ports ask the parent for their sockets
(`sennit.transport.shared`).  All workers accept from the same sockets, which stay open as long as the
parent lives: a connection that waits to be accepted is lost with no worker.

A renewal starts as many new workers as there are, waits until all of them serve, and only then has the old
ones retire: they stop accepting, answer what comes on the connections they have, and end.
"""

from __future__ import annotations

from sennit.app.workers.member import Member, current_member
from sennit.app.workers.parent import run_workers, supervise
from sennit.app.workers.pool import StartError
from sennit.app.workers.service import WorkersService

__all__ = ["Member", "StartError", "WorkersService", "current_member", "run_workers", "supervise"]
