"""What an observer of events is, and what an event is."""

from __future__ import annotations

from typing import Any

from zope.interface import Interface

__all__ = ["ILogObserver", "LogEvent", "LogTrace", "bitbucketLogObserver"]

LogEvent = dict[str, Any]
"""One event.  Keys that begin with ``log_`` have a meaning to Sennit, others are the program's."""

LogTrace = list[tuple[Any, Any]]
"""The way an event took: pairs of who handed it on, and to whom."""


class ILogObserver(Interface):
    """A callable that is handed every event of a publisher."""

    def __call__(event: LogEvent) -> None:  # noqa: N805 - an interface has no self
        """Take `event`, which is shared with other observers: it must not be changed."""


def bitbucketLogObserver(event: LogEvent) -> None:
    """Take an event and do nothing with it."""
