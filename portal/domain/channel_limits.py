"""Limits per channel: what an OTA is shown of the rooms that are free."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

EVERY_DAY = 0b1111111


class LimitKind(StrEnum):
    CLOSED = "closed"  # nothing is shown
    FEWER = "fewer"  # this many fewer than are free
    AT_MOST = "at_most"  # never more than this many


class LimitState(StrEnum):
    SAVED = "saved"  # here, on its way
    ACCEPTED = "accepted"
    REFUSED = "refused"
    ENDING = "ending"  # taken back here, on its way
    ENDED = "ended"


WAITING = (LimitState.SAVED, LimitState.ENDING)
LASTING = (LimitState.SAVED, LimitState.ACCEPTED, LimitState.REFUSED)


def shown(kind: LimitKind, units: int, free: int) -> int:
    """Units the OTA is shown when `free` are free: never negative, never more than are free."""
    if kind is LimitKind.CLOSED:
        return 0
    return max(0, free - units) if kind is LimitKind.FEWER else min(free, units)


def covers(first: date, last: date | None, weekdays: int, night: date) -> bool:
    return first <= night and (last is None or night <= last) and bool(weekdays >> night.weekday() & 1)


def days_of(weekdays: int) -> list[int]:
    """The weekdays of a mask, Monday is 0."""
    return [day for day in range(7) if weekdays >> day & 1]


def mask(days: list[int]) -> int:
    return sum(1 << day for day in set(days))
