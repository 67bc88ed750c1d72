"""The provider's clock: real time plus an offset that drills can move, or a moment it stands still at."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Clock:
    """Says what time the simulated provider believes it is, always aware and in UTC."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._frozen: datetime | None = None
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The provider's time, UTC."""
        return self._frozen or datetime.now(UTC) + self._offset

    def timestamp(self) -> float:
        """The provider's time in seconds since 1970."""
        return self.now().timestamp()

    def set(self, at: datetime) -> None:
        """Make it `at` now; time goes on from there (or stays there, when frozen)."""
        with self._lock:
            self._offset = at - datetime.now(UTC)
            self._frozen = at if self._frozen else None
        self._tell()

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back with a negative number."""
        self.set(self.now() + timedelta(seconds=seconds))

    def freeze(self, still: bool) -> None:
        """Stop the clock where it is, or let it run again from there."""
        with self._lock:
            now = self.now()
            self._offset = now - datetime.now(UTC)
            self._frozen = now if still else None
        self._tell()

    def reset(self) -> None:
        """Back to real time."""
        with self._lock:
            self._offset, self._frozen = timedelta(), None
        self._tell()

    @property
    def offset_seconds(self) -> float:
        """How far this clock is ahead of real time."""
        return (self.now() - datetime.now(UTC)).total_seconds()

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen is not None

    def watch(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever somebody moves the clock."""
        self._watchers.append(tell)

    def _tell(self) -> None:
        for tell in self._watchers:
            tell()

    def today(self, timezone: str | None) -> date:
        """The date at a place; an unknown time zone counts as UTC."""
        return self.now().astimezone(zone(timezone)).date()


@lru_cache(maxsize=512)
def zone(name: str | None) -> ZoneInfo:
    """The time zone of that IANA name, UTC when there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def local_stamp(at: datetime) -> str:
    """ISO with microseconds and no offset, as resources carry it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def zulu_stamp(at: datetime) -> str:
    """ISO with microseconds and a Z, as webhook envelopes carry it."""
    return local_stamp(at) + "Z"


def from_iso(text: str) -> datetime:
    """An aware moment from ISO text; without an offset it is UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
