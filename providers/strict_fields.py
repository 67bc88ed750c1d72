"""Single values from outside, read as what they must be. Each raises `Malformed` naming its field."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from providers.errors import Malformed
from providers.strict import clean_text

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,4}", re.ASCII)
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII
)


def day(value: Any, field: str) -> date:
    """Return a calendar date: YYYY-MM-DD in ASCII and nothing else, years 1900 to 2999."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            raise _malformed(value, "a date", field) from None
        if 1900 <= found.year <= 2999:
            return found
    raise _malformed(value, "a date", field)


def amount(value: Any, field: str, *, negative: bool = False) -> Decimal:
    """Return money: decimal text or a whole number, below 10^12, at most six decimals."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and _AMOUNT.fullmatch(text):
        found = Decimal(text) + 0  # no "-0"
        if negative or found >= 0:
            return found
    raise _malformed(value, "an amount", field)


def count(value: Any, field: str, most: int = 9999) -> int:
    """Return a whole number from 0 to `most`, given as a number or as ASCII digits."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and _COUNT.fullmatch(text) and int(text) <= most:
        return int(text)
    raise _malformed(value, f"a number from 0 to {most}", field)


def moment(value: Any, field: str) -> datetime:
    """Return an aware UTC time. Text without an offset is taken as UTC."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match:
        fraction = (match[3] or ".0")[:7]
        try:
            found = datetime.fromisoformat(f"{match[1]}T{match[2]}{fraction.ljust(7, '0')}{match[4] or '+00:00'}")
            return found.astimezone(UTC)
        except (ValueError, OverflowError):
            raise _malformed(value, "a time", field) from None
    raise _malformed(value, "a time", field)


def identifier(value: Any, field: str) -> str:
    """Return a name a provider gave to something: short printable text, kept to the letter."""
    if isinstance(value, str) and 0 < len(value) <= 200 and clean_text(value) == value and value.strip():
        return value
    raise _malformed(value, "an id", field)


def text(value: Any, longest: int = 500) -> str | None:
    """Return words for people, cleaned and cut; `None` when empty or not text. Never refuses."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    return clean_text(value).strip()[:longest].strip() or None


def _malformed(value: Any, wanted: str, field: str) -> Malformed:
    shown = clean_text(repr(value))[:60] if isinstance(value, str | int | float | bool | None) else type(value).__name__
    return Malformed(f"{field}: {shown} is not {wanted}", field=field)
