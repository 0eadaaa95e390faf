"""No I/O and no clock: deferreds, coroutines, failures, locks, adapters, interfaces, addresses, errors."""

from __future__ import annotations

from sennit.core.native import prefer_compiled

prefer_compiled(__path__, "core")
