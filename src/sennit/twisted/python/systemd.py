"""Descriptors that systemd hands to a service that it starts: the protocol of sd_listen_fds(3)."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping, Sequence
from typing import ClassVar, Final, cast

__all__ = ["ListenFDs"]

_VARIABLES: Final = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


class ListenFDs:
    """Inherited descriptors, and the names that the socket units gave them.

    Args:
        descriptors: The descriptors' numbers.
        names: A name for each.
    """

    _START: ClassVar[int] = 3

    def __init__(self, descriptors: Sequence[int], names: Sequence[str] = ()) -> None:
        self._descriptors = descriptors
        self._names = tuple(names)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ListenFDs):
            return NotImplemented
        return self._descriptors == other._descriptors and self._names == other._names

    __hash__ = None  # type: ignore[assignment]  # the descriptors may be a list

    def __repr__(self) -> str:
        return f"ListenFDs({self._descriptors!r}, {self._names!r})"

    @classmethod
    def fromEnvironment(cls, environ: Mapping[str, str] | None = None, start: int | None = None) -> ListenFDs:
        """Take what is meant for this process from the environment; none if nothing there makes sense.

        Args:
            environ: The environment.  The variables are removed from it, so that neither a second call nor a
                child process takes the same descriptors; by default the process's own.
            start: The first descriptor's number; by default 3, as systemd has it.
        """
        variables = cast("MutableMapping[str, str]", os.environ if environ is None else environ)
        first = cls._START if start is None else start
        pid, count, names = (variables.get(name, "") for name in _VARIABLES)
        if not pid.isdecimal() or int(pid) != os.getpid():
            return cls([], ())
        for name in _VARIABLES:
            variables.pop(name, None)
        each = names.split(":") if names else []
        if not count.isdecimal() or int(count) != len(each):
            return cls([], ())
        return cls(list(range(first, first + int(count))), tuple(each))

    def inheritedDescriptors(self) -> list[int]:
        """Return the descriptors' numbers, in the order of the socket units."""
        return list(self._descriptors)

    def inheritedNamedDescriptors(self) -> dict[str, int]:
        """Return the descriptors' numbers by their names."""
        return dict(zip(self._names, self._descriptors, strict=False))
