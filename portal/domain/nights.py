"""Stay arithmetic: nights, windows of nights, and the hotel's own "today".

A stay is half-open, `[check_in, check_out)`; a window of nights is closed, `[first, last]`. A night
is a local date of the property, so nothing here knows about daylight saving but the two functions
that meet a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

ONE_NIGHT = timedelta(days=1)
LONGEST_STAY = 730  # nights a form accepts; a booking already sold elsewhere is stored whatever its length

_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


class Window(NamedTuple):
    """Nights `first` to `last`, both included."""

    first: date
    last: date


def nights(check_in: date, check_out: date) -> list[date]:
    """Return the nights of a stay, the day of departure not among them.

    Raises ValueError when the stay has no night.
    """
    return each(*stay_window(check_in, check_out))


def each(first: date, last: date) -> list[date]:
    """Return every night of the closed window, none when `last` lies before `first`."""
    return [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]


def stay_window(check_in: date, check_out: date) -> Window:
    """Return the closed window of a stay's nights. Raises ValueError when the stay has no night."""
    if check_out <= check_in:
        raise ValueError(f"departure {check_out} is not after arrival {check_in}")
    return Window(check_in, check_out - ONE_NIGHT)


def union(*windows: Window) -> list[Window]:
    """Return the fewest windows that hold the same nights, in order; windows that touch become one."""
    merged: list[Window] = []
    for window in sorted(windows):
        if window.last < window.first:
            raise ValueError(f"window {window.first}..{window.last} ends before it begins")
        if merged and window.first - merged[-1].last <= ONE_NIGHT:
            merged[-1] = Window(merged[-1].first, max(merged[-1].last, window.last))
        else:
            merged.append(window)
    return merged


def windows_of(days: Iterable[date]) -> list[Window]:
    """Return the fewest windows that hold exactly these nights, in order."""
    return union(*(Window(day, day) for day in set(days)))


def clip(window: Window, first: date, last: date) -> Window | None:
    """Return the part of the window within `first`..`last`, or None when they do not meet."""
    start, end = max(window.first, first), min(window.last, last)
    return Window(start, end) if start <= end else None


def local_today(now: datetime, timezone: str) -> date:
    """Return the property's today at the aware instant `now`."""
    if now.utcoffset() is None:
        raise ValueError("a moment without a time zone has no local date")
    return now.astimezone(zone(timezone)).date()


def local_time_to_utc(day: date, at: time, timezone: str) -> datetime:
    """Return the UTC instant at which the property's clocks show `at` on `day`.

    A time the clocks skip moves forward by the length of the gap (02:30 becomes 03:30; in Apia the
    whole of 30 December 2011 becomes the 31st). A time they show twice means the first.
    """
    if at.tzinfo is not None:
        raise ValueError("a local time names no time zone of its own")
    return datetime.combine(day, at.replace(fold=0), zone(timezone)).astimezone(UTC)


def zone(timezone: str) -> ZoneInfo:
    """Return the time zone by its IANA name. Raises ValueError when there is none of that name."""
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        # zoneinfo answers a folder's name ("Europe") with an OSError, not with its own exception.
        raise ValueError(f"no time zone is called {timezone!r}") from error


def parse_date(text: str) -> date:
    """Return the date written as YYYY-MM-DD in ASCII digits, years 1900 to 2999.

    Raises ValueError for anything else. `date.fromisoformat` alone also takes week dates
    (2026-W05-1) and the basic form (20260105), which nobody means when typing an arrival.
    """
    match = _ISO_DATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("a date is written YYYY-MM-DD")
    year, month, day = (int(part) for part in match.groups())
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"the year lies between {_FIRST_YEAR} and {_LAST_YEAR}")
    return date(year, month, day)
