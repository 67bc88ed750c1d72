"""The second step of a set-up: room types in rows, each with its rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from portal.domain.room_list import suggest
from portal.schemas import clean
from portal.schemas.rooms import numbers_of
from portal.web.forms import Form

COLUMNS = ("key", "name", "count", "adults", "children", "numbers")
MOST_TYPES = 40
Row = Mapping[str, str]


@dataclass(frozen=True)
class RoomRow:
    """A room type as it was described; `key` is its own for good."""

    key: UUID
    name: str
    adults: int
    children: int
    numbers: tuple[str, ...]


def typed(source: MultiDict[str, str]) -> list[dict[str, str]]:
    """The rows as they were typed, those with nothing in them left out."""
    columns = {name: source.getlist(name) for name in COLUMNS}
    most = min(len(columns["name"]), MOST_TYPES)
    rows = []
    for place in range(most):
        row = {name: values[place][:4000] if place < len(values) else "" for name, values in columns.items()}
        if row["name"].strip() or row["count"].strip() or row["numbers"].strip():
            rows.append({**row, "key": _key(row["key"])})
    return rows


def blank(**values: str) -> dict[str, str]:
    """A row to fill in."""
    return {"key": str(uuid4()), "name": "", "count": "", "adults": "2", "children": "0", "numbers": "", **values}


def numbered(rows: Sequence[Row]) -> list[dict[str, str]]:
    """The rows, with room numbers where there is only a count: 101 … for the first, 201 … for the next."""
    taken = {number for row in rows for number in _numbers(row["numbers"]) or ()}
    found = []
    for place, row in enumerate(rows):
        count = _whole(row["count"], 1, 500)
        if count is not None and not row["numbers"].strip():
            made = suggest(count, place, taken)
            taken |= set(made)
            row = {**row, "numbers": ", ".join(made)}
        found.append(dict(row))
    return found


def read(rows: Sequence[Row]) -> tuple[Form, list[RoomRow]]:
    """The room types, and a form that says what is wrong with which row (`name-0`, `count-0` …)."""
    form, found = Form(data={"rows": rows}), []
    names: set[str] = set()
    taken: dict[str, str] = {}
    if not rows:
        form.refuse("name-0", gettext("A hotel has at least one room type."))
    for place, row in enumerate(numbered(rows)):
        name = _name(form, place, row["name"], names)
        adults, children = _people(form, place, row)
        numbers = _rooms(form, place, row, taken)
        found.append(RoomRow(UUID(row["key"]), name, adults, children, tuple(numbers)))
    return form, found


def _name(form: Form, place: int, text: str, names: set[str]) -> str:
    try:
        name = clean(text).strip()
    except ValidationError as error:
        form.refuse(f"name-{place}", str(error.messages[0]))
        return ""
    if not name:
        form.refuse(f"name-{place}", gettext("This is needed."))
    elif len(name) > 200:
        form.refuse(f"name-{place}", gettext("This is too long."))
    elif name.casefold() in names:
        form.refuse(f"name-{place}", gettext("Another room type has this name."))
    names.add(name.casefold())
    return name


def _people(form: Form, place: int, row: Row) -> tuple[int, int]:
    adults, children = _whole(row["adults"], 1, 50), _whole(row["children"] or "0", 0, 50)
    if adults is None:
        form.refuse(f"adults-{place}", gettext("Between 1 and 50 adults."))
    if children is None:
        form.refuse(f"children-{place}", gettext("Between 0 and 50 children."))
    return adults or 1, children or 0


def _rooms(form: Form, place: int, row: Row, taken: dict[str, str]) -> list[str]:
    count = _whole(row["count"], 1, 500) if row["count"].strip() else None
    numbers = _numbers(row["numbers"])
    if row["count"].strip() and count is None:
        form.refuse(f"count-{place}", gettext("Between 1 and 500 rooms."))
        return []
    if numbers is None or any(len(number) > 32 for number in numbers):
        form.refuse(f"numbers-{place}", gettext("Write numbers with commas between them; 101-120 stands for twenty."))
        return []
    if not numbers:
        form.refuse(f"count-{place}", gettext("How many rooms are there?"))
    if count is not None and count != len(numbers):
        form.refuse(f"count-{place}", gettext("You say %(count)d rooms, and give %(numbers)d numbers.",
                                              count=count, numbers=len(numbers)))  # fmt: skip
    for number in numbers:
        if number in taken:
            form.refuse(f"numbers-{place}", gettext("Room %(number)s is there twice.", number=number))
        taken[number] = row["key"]
    return numbers


def _numbers(text: str) -> list[str] | None:
    try:
        return numbers_of(clean(text.replace("\n", " ").replace("\r", " ")))
    except (ValueError, ValidationError):
        return None


def _whole(text: Any, least: int, most: int) -> int | None:
    digits = str(text).strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 4):
        return None
    return int(digits) if least <= int(digits) <= most else None


def _key(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return str(uuid4())
