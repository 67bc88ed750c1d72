"""The lines of a bulk edit as they are kept in its row, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from portal.domain import rates as rule
from portal.domain.nights import Window, each
from portal.domain.rate_edits import Copy, How, Line
from portal.services.errors import Refused
from portal.services.rate_calendar import FIELDS

MOST_LINES = 50


def encode(line: Line) -> dict[str, Any]:
    """A line as JSON; prices as text, exact."""
    copied = line.copy
    return {
        "plans": [str(plan_id) for plan_id in line.plans],
        "spans": [[first.isoformat(), last.isoformat()] for first, last in line.spans],
        "weekdays": line.weekdays,
        "how": line.how.value,
        "price": None if line.price is None else format(line.price, "f"),
        "fields": dict(line.fields),
        "copy": None
        if copied is None
        else {"night": copied.night and copied.night.isoformat(), "plan": copied.plan and str(copied.plan)},
    }


def decode(kept: Mapping[str, Any]) -> Line:
    copied = kept["copy"]
    return Line(
        plans=tuple(UUID(plan_id) for plan_id in kept["plans"]),
        spans=tuple(Window(date.fromisoformat(first), date.fromisoformat(last)) for first, last in kept["spans"]),
        weekdays=kept["weekdays"],
        how=How(kept["how"]),
        price=None if kept["price"] is None else Decimal(kept["price"]),
        fields=kept["fields"],
        copy=None
        if copied is None
        else Copy(
            night=date.fromisoformat(copied["night"]) if copied["night"] else None,
            plan=UUID(copied["plan"]) if copied["plan"] else None,
        ),
    )


def refuse(line: Line, ahead: Window) -> None:
    """Raises `Refused`, naming the field, for a line that cannot mean anything."""
    if not line.says_something():
        raise Refused("Say what changes: the price, a stay or a closing.", field="how")
    if not line.spans:
        raise Refused("Name the nights.", field="first_0")
    for number, (first, last) in enumerate(line.spans):
        if last < first:
            raise Refused("The last night lies before the first.", field=f"last_{number}")
        if last < ahead.first:
            raise Refused("These nights are over: their prices cannot change any more.", field=f"last_{number}")
        if last > ahead.last:
            raise Refused("Calendars are kept until %(night)s.", night=ahead.last, field=f"last_{number}")
    if not any(True for _ in line.nights()):
        raise Refused("None of these nights is on a day of the week you chose.", field="weekdays")
    if not line.plans:
        raise Refused("Choose at least one rate plan.", field="plans")


def encode_days(days: Mapping[date, rule.Day]) -> list[list[Any]]:
    """Overrides as runs `[first night, how many, their fields]`; a price as text, a field nobody set as null."""
    found: list[list[Any]] = []
    following = None
    for night, day in sorted(days.items()):
        values = [None if day.rate is None else format(day.rate, "f"), *(getattr(day, name) for name in FIELDS[1:])]
        if found and night == following and found[-1][2] == values:
            found[-1][1] += 1
        else:
            found.append([night.isoformat(), 1, values])
        following = date.fromordinal(night.toordinal() + 1)
    return found


def decode_days(kept: Iterable[Sequence[Any]]) -> dict[date, rule.Day]:
    found: dict[date, rule.Day] = {}
    for start, many, values in kept:
        rate, *rest = values
        said = dict(zip(FIELDS[1:], rest, strict=True))
        day = rule.Day(rate=None if rate is None else Decimal(rate), **said)
        first = date.fromisoformat(start)
        found.update(dict.fromkeys(each(first, date.fromordinal(first.toordinal() + many - 1)), day))
    return found
