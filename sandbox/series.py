"""Calendars as arrays: one number per night, so that 60 plans of 500 nights are written and read in milliseconds."""

from __future__ import annotations

import base64
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Series:
    """One number per night (a date ordinal); a night never written holds its weekday default, Monday first."""

    defaults: list[int]
    start: int = 0
    values: array[int] = field(default_factory=lambda: array("q"))

    def get(self, night: int) -> int:
        """The value of one night."""
        at = night - self.start
        return self.values[at] if 0 <= at < len(self.values) else self.defaults[(night - 1) % 7]

    def slice(self, first: int, last: int) -> Sequence[int]:
        """The values of nights first..last, both included."""
        self.cover(first, last)
        return self.values[first - self.start : last - self.start + 1]

    def fill(self, first: int, last: int, value: int, weekdays: frozenset[int] | None = None) -> None:
        """Write a value to nights first..last, both included, or only to some weekdays of them (Monday is 0)."""
        self.cover(first, last)
        if weekdays is None:
            at = first - self.start
            self.values[at : at + last - first + 1] = array("q", [value]) * (last - first + 1)
            return
        for night in range(first, last + 1):
            if (night - 1) % 7 in weekdays:
                self.values[night - self.start] = value

    def cover(self, first: int, last: int) -> None:
        """Make room for nights first..last."""
        if not self.values:
            self.start = first
        if first < self.start:
            self.values = self._defaults(first, self.start - 1) + self.values
            self.start = first
        end = self.start + len(self.values)
        if last >= end:
            self.values.extend(self._defaults(end, last))

    def _defaults(self, first: int, last: int) -> array[int]:
        length = last - first + 1
        if len(set(self.defaults)) == 1:
            return array("q", [self.defaults[0]]) * length
        week = [self.defaults[(first - 1 + day) % 7] for day in range(7)]
        return array("q", (week * (length // 7 + 1))[:length])

    def dump(self) -> dict[str, Any]:
        """The series as JSON can carry it."""
        packed = base64.b64encode(zlib.compress(self.values.tobytes(), 1)).decode()
        return {"defaults": self.defaults, "start": self.start, "values": packed}


def load_series(given: dict[str, Any]) -> Series:
    """A series from what `dump` returned."""
    values = array("q")
    values.frombytes(zlib.decompress(base64.b64decode(given["values"])))
    return Series(given["defaults"], given["start"], values)


def weekly(value: Any, default: int) -> list[int]:
    """Seven defaults from one value, a list of seven, or nothing. Monday first."""
    if isinstance(value, list) and len(value) == 7:
        return [int(each) for each in value]
    return [default if value is None else int(value)] * 7
