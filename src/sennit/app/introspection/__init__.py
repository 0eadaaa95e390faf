"""Looking into a process that runs: its connections, what it waits for, and what its loop does.

Nothing here is loaded unless it is asked for, and nothing elsewhere counts, dates or records for its sake:
what a snapshot tells is read from the reactor, the interpreter and the kernel when somebody asks.  Two
threads come with `Introspection`: one that asks the loop now and then whether it turns, and one that
answers at a UNIX socket which only the owner can open, also while the loop is blocked.
"""

from __future__ import annotations

from sennit.app.introspection.control import ask, default_path, find_paths
from sennit.app.introspection.running import Introspection
from sennit.app.introspection.snapshot import take_snapshot
from sennit.app.introspection.watchdog import Watchdog

__all__ = ["Introspection", "Watchdog", "ask", "default_path", "find_paths", "take_snapshot"]
