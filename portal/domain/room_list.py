"""A list of rooms from a spreadsheet: one line a room. Every mistake names its line."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

COLUMNS = ("room_type", "room", "adults", "children")
MOST_ROOMS = 2000
_DELIMITERS = ";\t,"


@dataclass(frozen=True)
class Problem:
    """What is wrong: `line` counts from 1, the heading included. `kind` is one of the words `read` uses."""

    line: int
    kind: str
    value: str = ""


@dataclass
class Listed:
    """A room type of the list, in the order of its first line."""

    name: str
    adults: int
    children: int
    numbers: list[str] = field(default_factory=list)


def read(text: str) -> tuple[list[Listed], list[Problem]]:
    """Return the room types with their rooms, and what is wrong with the list; nothing is guessed.

    The first line holds the headings `room_type`, `room`, `adults`, `children` (the last two may be left out: 2
    and 0). Comma, semicolon and tab separate. Problems: no_heading, no_column, no_type, no_room, twice,
    not_a_number, differs, too_many, too_long, empty.
    """
    lines = [line for line in text.lstrip("\ufeff").splitlines()]
    if not any(line.strip() for line in lines):
        return [], [Problem(1, "empty")]
    heading = next(line for line in lines if line.strip())
    delimiter = max(_DELIMITERS, key=heading.count)
    reader = csv.DictReader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    reader.fieldnames = [_column(name) for name in reader.fieldnames or ()]
    missing = [name for name in COLUMNS[:2] if name not in reader.fieldnames]
    if missing:
        return [], [Problem(1, "no_column", name) for name in missing]
    return _rows(reader)


def _rows(reader: csv.DictReader[str]) -> tuple[list[Listed], list[Problem]]:
    found: dict[str, Listed] = {}
    problems: list[Problem] = []
    taken: set[str] = set()
    for row in reader:
        values = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if not any(values.values()):
            continue
        wrong = _wrong(values, taken, found)
        problems += [Problem(reader.line_num, kind, value) for kind, value in wrong]
        if wrong:
            continue
        if len(taken) >= MOST_ROOMS:
            problems.append(Problem(reader.line_num, "too_many", str(MOST_ROOMS)))
            break
        taken.add(values["room"])
        adults, children = int(values["adults"] or 2), int(values["children"] or 0)
        found.setdefault(values["room_type"], Listed(values["room_type"], adults, children)).numbers.append(
            values["room"]
        )
    if not found and not problems:
        problems.append(Problem(1, "empty"))
    return list(found.values()), problems


def _wrong(values: dict[str, str], taken: set[str], found: dict[str, Listed]) -> list[tuple[str, str]]:
    wrong = []
    if not values["room_type"]:
        wrong.append(("no_type", ""))
    if not values["room"]:
        wrong.append(("no_room", ""))
    if len(values["room_type"]) > 200 or len(values["room"]) > 32:
        wrong.append(("too_long", values["room"][:40]))
    if values["room"] in taken:
        wrong.append(("twice", values["room"]))
    for name, least in (("adults", 1), ("children", 0)):
        text = values[name]
        if text and not (text.isascii() and text.isdigit() and least <= int(text[:4]) <= 50):
            wrong.append(("not_a_number", text[:40]))
    known = found.get(values["room_type"])
    if not wrong and known:
        said = (values["adults"] or str(known.adults), values["children"] or str(known.children))
        if (int(said[0]), int(said[1])) != (known.adults, known.children):
            wrong.append(("differs", values["room_type"][:40]))
    return wrong


def _column(name: str | None) -> str:
    return (name or "").strip().lower().replace(" ", "_")


def suggest(count: int, place: int, taken: set[str]) -> list[str]:
    """Room numbers for a room type nobody numbered: 101 … for the first (`place` 0), 201 … for the second."""
    found: list[str] = []
    number = (place + 1) * 100 + 1
    while len(found) < count:
        if str(number) not in taken:
            found.append(str(number))
        number += 1
    return found
