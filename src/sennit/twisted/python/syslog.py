"""Log events to the system's log."""

from __future__ import annotations

import syslog
from typing import Any

from sennit.twisted.python import log

__all__ = ["DEFAULT_FACILITY", "DEFAULT_OPTIONS", "SyslogObserver", "startLogging"]

DEFAULT_OPTIONS = 0
DEFAULT_FACILITY = syslog.LOG_USER


class SyslogObserver:
    """Writes old-style events to the system's log, a line at a time.

    Args:
        prefix: What the system puts before each line: the program's name.
        options: The options of `syslog.openlog`.
        facility: The facility that the lines belong to.
    """

    openlog = staticmethod(syslog.openlog)
    syslog = staticmethod(syslog.syslog)

    def __init__(self, prefix: str, options: int = DEFAULT_OPTIONS, facility: int = DEFAULT_FACILITY) -> None:
        self.openlog(prefix, options, facility)

    def emit(self, eventDict: dict[str, Any]) -> None:
        """Write an event.

        Args:
            eventDict: The event.  ``syslogPriority`` and ``syslogFacility`` in it go before what its
                ``isError`` and this observer say.
        """
        text = log.textFromEventDict(eventDict)
        if text is None:
            return
        priority = eventDict.get("syslogPriority")
        if priority is None:
            priority = syslog.LOG_ALERT if eventDict["isError"] else syslog.LOG_INFO
        priority |= eventDict.get("syslogFacility") or 0
        for number, line in enumerate(text.rstrip("\n").split("\n") if text.strip("\n") else ()):
            indented = "\t" + line if number else line
            self.syslog(priority, f"[{eventDict['system']}] {indented}")


def startLogging(
    prefix: str = "Twisted",
    options: int = DEFAULT_OPTIONS,
    facility: int = DEFAULT_FACILITY,
    setStdout: int = 1,
) -> None:
    """Log everything to the system's log.

    Args:
        prefix: What the system puts before each line: the program's name.
        options: The options of `syslog.openlog`.
        facility: The facility that the lines belong to.
        setStdout: Whether what is printed goes there too.
    """
    observer = SyslogObserver(prefix, options, facility)
    log.startLoggingWithObserver(observer.emit, setStdout=setStdout)
