"""No I/O and no clock: deferreds, coroutines, failures, locks, adapters, interfaces, addresses, errors."""

from __future__ import annotations

from sennit.core.native import compiled_folder

_folder = compiled_folder()
if _folder is not None:
    __path__.insert(0, _folder)
