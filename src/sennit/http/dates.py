"""HTTP dates (RFC 9110 section 5.6.7): formatted once a second, parsed in all three historic forms.

Time comes in as an argument where it matters; only the functions whose Twisted signature makes the time
optional read the clock.
"""

from __future__ import annotations

import re
import time

__all__ = [
    "DateLine",
    "datetimeToLogString",
    "datetimeToString",
    "format_date",
    "parse_date",
    "stringToDatetime",
    "timegm",
]

_DAYS_TO_EPOCH = 719_162

weekdayname = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
monthname = [
    None, "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]  # fmt: skip
weekdayname_lower = [name.lower() for name in weekdayname]
monthname_lower = [name and name.lower() for name in monthname]

_MONTHS = {name.lower().encode(): number for number, name in enumerate(monthname) if name}
_TIME = rb"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
# Patterns, and not compiled: a server may never be asked whether a page is newer.
_IMF = (
    rb"(?:[A-Z][a-z]{2}, )?(?P<day>[0-9]{2}) (?P<month>[A-Z][a-z]{2}) (?P<year>[0-9]{4}) " + _TIME + rb" GMT"
)
_RFC850 = (
    rb"[A-Z][a-z]{5,8}, (?P<day>[0-9]{2})-(?P<month>[A-Z][a-z]{2})-(?P<year>[0-9]{2}) " + _TIME + rb" GMT"
)
_ASCTIME = rb"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) (?P<day>[0-9 ][0-9]) " + _TIME + rb" (?P<year>[0-9]{4})"

# What programs hand over besides: without a weekday or a zone, years of four digits in RFC 850's form.
_LOOSE = (
    (
        rb"(?:[A-Za-z]+,? +)?(?P<day>[0-9]{1,2})[- ](?P<month>[A-Za-z]{3})[- ](?P<year>[0-9]{4}|[0-9]{2}) "
        + _TIME
        + rb"(?: GMT)?"
    ),
    (rb"(?:[A-Za-z]+ +)?(?P<month>[A-Za-z]{3}) +(?P<day>[0-9]{1,2}) " + _TIME + rb" (?P<year>[0-9]{4})"),
)


def timegm(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Return the seconds since the epoch of a moment in UTC.

    Raises:
        ValueError: If the month is not 1 to 12, or the year is before 1970.
    """
    if year < 1970 or not 1 <= month <= 12:
        raise ValueError(f"No such moment since the epoch: {year}-{month}-{day}")
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - _DAYS_TO_EPOCH
    days += sum([_days_in(year, each) for each in range(1, month)]) + day - 1
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def parse_date(value: bytes) -> int | None:
    """Return an HTTP date as seconds since the epoch, None if it is none."""
    match = re.fullmatch(_IMF, value) or re.fullmatch(_RFC850, value) or re.fullmatch(_ASCTIME, value)
    return None if match is None else _moment(match)


def _moment(match: re.Match[bytes]) -> int | None:
    month = _MONTHS.get(match["month"].lower())
    day, year = int(match["day"]), int(match["year"])
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    if len(match["year"]) == 2:
        year += 1900 if year >= 70 else 2000
    # A leap second (60) is a legal value; it stands for the following second.
    if month is None or year < 1970 or hour > 23 or minute > 59 or second > 60:
        return None
    if not 1 <= day <= _days_in(year, month):
        return None
    return timegm(year, month, day, hour, minute, second)


def stringToDatetime(dateString: bytes) -> int:
    """Return an HTTP date as seconds since the epoch.

    Raises:
        ValueError: If it is in none of the forms of RFC 9110 section 5.6.7, nor in one that lacks weekday
            or zone.
    """
    seconds = parse_date(dateString)
    for form in _LOOSE if seconds is None else ():
        match = re.fullmatch(form, dateString)
        if match is not None:
            seconds = _moment(match)
    if seconds is None:
        raise ValueError(f"This is no HTTP date: {dateString!r}")
    return seconds


def format_date(seconds: float) -> bytes:
    """Return a moment (seconds since the epoch) in the form that RFC 9110 prefers."""
    year, month, day, hour, minute, second, weekday, _, _ = time.gmtime(seconds)
    return b"%s, %02d %s %04d %02d:%02d:%02d GMT" % (
        weekdayname[weekday].encode(),
        day,
        str(monthname[month]).encode(),
        year,
        hour,
        minute,
        second,
    )


def datetimeToString(msSinceEpoch: float | None = None) -> bytes:
    """Return a moment in HTTP's form.

    Args:
        msSinceEpoch: Seconds since the epoch (the name is Twisted's); now if None.
    """
    return format_date(time.time() if msSinceEpoch is None else msSinceEpoch)


def datetimeToLogString(msSinceEpoch: float | None = None) -> str:
    """Return a moment in the access log's form: ``[10/Oct/2000:13:55:36 +0000]``.

    Args:
        msSinceEpoch: Seconds since the epoch (the name is Twisted's); now if None.
    """
    moment = time.gmtime(time.time() if msSinceEpoch is None else msSinceEpoch)
    year, month, day, hour, minute, second = moment[:6]
    return f"[{day:02d}/{monthname[month]}/{year:4d}:{hour:02d}:{minute:02d}:{second:02d} +0000]"


class DateLine:
    """The value of the Date field, made anew only when the second changes."""

    __slots__ = ("_second", "_value")

    def __init__(self) -> None:
        self._second = -1
        self._value = b""

    def at(self, now: float) -> bytes:
        """Return the date of `now`, in seconds since the epoch."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._value = format_date(second)
        return self._value
