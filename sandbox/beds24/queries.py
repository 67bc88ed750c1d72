"""Query arguments as Beds24 reads them: arrays by repetition, unknown names ignored, bad values a 400."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from urllib.parse import parse_qs

from sandbox.beds24.errors import Refused
from sandbox.beds24.words import BadField, day

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ?)?")


class Query:
    """The arguments of one request. Every reader raises Refused (400) for a value it cannot take."""

    def __init__(self, query_string: str) -> None:
        self._given = parse_qs(query_string, keep_blank_values=True) if query_string else {}

    def __contains__(self, name: object) -> bool:
        return name in self._given

    def texts(self, name: str) -> list[str]:
        """Every value of a repeated argument."""
        return self._given.get(name, [])

    def text(self, name: str) -> str | None:
        """The last value of an argument."""
        return self._given[name][-1] if name in self._given else None

    def words(self, name: str, allowed: Collection[str]) -> list[str]:
        """Values out of a list. A comma-separated list is one bad value."""
        for value in self.texts(name):
            if value not in allowed:
                raise _bad(name, f"one of {', '.join(sorted(allowed)[:12])}")
        return self.texts(name)

    def numbers(self, name: str) -> list[int]:
        """Integers."""
        for value in self.texts(name):
            if not re.fullmatch(r"\d{1,18}", value):
                raise _bad(name, "integer")
        return [int(value) for value in self.texts(name)]

    def number(self, name: str, otherwise: int, most: int = 1_000_000) -> int:
        """One integer from 1 on."""
        found = self.numbers(name)
        if not found:
            return otherwise
        if not 1 <= found[-1] <= most:
            raise _bad(name, "integer")
        return found[-1]

    def day(self, name: str) -> date | None:
        """A date."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return day(value)
        except BadField as error:
            raise _bad(name, "YYYY-MM-DD") from error

    def required_day(self, name: str) -> date:
        """A date that must be there."""
        found = self.day(name)
        if found is None:
            raise Refused(400, f"Parameter {name} is required")
        return found

    def moment(self, name: str) -> datetime | None:
        """A moment, taken as UTC: a date alone is its first second."""
        value = self.text(name)
        if value is None:
            return None
        try:
            if not MOMENT.fullmatch(value):
                raise ValueError(value)
            return datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC)
        except ValueError as error:
            raise _bad(name, "YYYY-MM-DDTHH:MM:SS") from error

    def flag(self, name: str) -> bool:
        """A switch, off unless it is there."""
        value = self.text(name)
        if value in (None, "", "false", "0"):
            return False
        if value in ("true", "1"):
            return True
        raise _bad(name, "boolean")

    def flags(self, *names: str) -> set[str]:
        """Which of these switches are on."""
        return {name for name in names if self.flag(name)}


def _bad(name: str, expected: str) -> Refused:
    return Refused(400, f"Parameter {name} is in an invalid format. Expected format: {expected}")
