"""Reads one value of an ARI call: what it changes, or what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sandbox.channex import money
from sandbox.channex.calendar import FLAGS
from sandbox.channex.checks import BLANK, INVALID
from sandbox.channex.state import World

DAYS = {"mo": 0, "tu": 1, "we": 2, "th": 3, "fr": 4, "sa": 5, "su": 6}
NO_NULL = "Should be a non null value or not existed field"
NO_DATE = "Should be included field date or fields pair date_from-date_to"
PAST = "Past date is not allowed"
MOVED = "Date range starts in the past, date_from was moved to today"
NO_VIRTUAL = "property doesn't support `min_stay` restriction, please use `min_stay_through` or `min_stay_arrival`"
LEAST = {"min_stay_arrival": 1, "min_stay_through": 1, "min_stay": 1, "max_stay": 0}
CHANGEABLE = ("rate", "rates", *LEAST, *sorted(FLAGS))


@dataclass(slots=True)
class Span:
    """Nights first..last as date ordinals, both included, perhaps only some weekdays of them (Monday is 0)."""

    first: int
    last: int
    weekdays: frozenset[int] | None = None
    note: str | None = None


@dataclass(slots=True)
class Change:
    """What one value asks for: prices per occupancy (None: the primary option) and restrictions."""

    span: Span
    rates: dict[int | None, int] = field(default_factory=dict)
    restrictions: dict[str, int] = field(default_factory=dict)
    availability: int | None = None


Problems = dict[str, list[str]]


def read_span(value: dict[str, Any], today: date, problems: Problems) -> Span | None:
    """The nights a value is about. A range that starts in the past is moved to today and says so in `note`."""
    first, last = value.get("date_from"), value.get("date_to")
    if value.get("date") is not None:
        first = last = value["date"]
    if first is None or last is None:
        problems["date"] = [NO_DATE]
        return None
    start, end = _day(first), _day(last)
    if start is None or end is None:
        wrong = "date" if value.get("date") is not None else "date_from" if start is None else "date_to"
        problems[wrong] = [INVALID]
        return None
    if end < start:
        problems["date_from"] = ["should be before or equal to date_to"]
        return None
    if end < today:
        problems["date" if value.get("date") is not None else "date_to"] = [PAST]
        return None
    note = MOVED if start < today else None
    return Span(max(start, today).toordinal(), end.toordinal(), _weekdays(value, problems), note)


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _weekdays(value: dict[str, Any], problems: Problems) -> frozenset[int] | None:
    days = value.get("days")
    if days is None:
        return None
    if not isinstance(days, list) or any(each not in DAYS for each in days):
        problems["days"] = [INVALID]
        return None
    return frozenset(DAYS[each] for each in days) if days else None


def read_availability(value: dict[str, Any], today: date) -> tuple[Change | None, Problems]:
    """One value of `POST /availability`."""
    problems: Problems = {}
    span = read_span(value, today, problems)
    for name in ("property_id", "room_type_id", "availability"):
        if value.get(name) is None:
            problems[name] = [NO_NULL if name in value and name == "availability" else BLANK]
    count = value.get("availability")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool)):
        problems["availability"] = [INVALID]
    elif count is not None and count < 0:
        problems["availability"] = ["must be greater than or equal to 0"]
    if problems or span is None:
        return None, problems
    return Change(span, availability=count), problems


def read_restrictions(value: dict[str, Any], today: date, world: World) -> tuple[Change | None, Problems]:
    """One value of `POST /restrictions`."""
    problems: Problems = {}
    span = read_span(value, today, problems)
    for name in ("property_id", "rate_plan_id"):
        if value.get(name) is None:
            problems[name] = [BLANK]
    plan = world.rate_plans.get(str(value.get("rate_plan_id")))
    currency = plan.attributes["currency"] if plan else "EUR"
    change = Change(span or Span(0, 0))
    sent = [name for name in CHANGEABLE if name in value]
    if not sent and not problems:
        problems["restrictions"] = ["at least one restriction should be present"]
    for name in sent:
        given = value[name]
        if given is None:
            problems[name] = [NO_NULL]
        elif name == "rate":
            _rate(given, None, currency, change, problems)
        elif name == "rates":
            _rates(given, currency, change, problems, {each.occupancy for each in plan.options} if plan else None)
        elif name in FLAGS:
            _flag(name, given, change, problems)
        else:
            _stay(name, given, change, problems)
    if "min_stay" in change.restrictions:
        _virtual(value, world, change, problems)
    return (None if problems or span is None else change), problems


def _rate(given: Any, occupancy: int | None, currency: str, change: Change, problems: Problems) -> None:
    name = "rate" if occupancy is None else "rates"
    try:
        units = money.minor(given, currency)
    except money.NotMoney:
        problems[name] = [INVALID]
        return
    if units <= 0:
        problems[name] = ["must be greater than 0"]
    change.rates[occupancy] = units


def _rates(given: Any, currency: str, change: Change, problems: Problems, known: set[int] | None) -> None:
    if not isinstance(given, list) or not given:
        problems["rates"] = [INVALID]
        return
    change.rates.pop(None, None)
    for each in given:
        occupancy = each.get("occupancy") if isinstance(each, dict) else None
        if not isinstance(occupancy, int) or (known is not None and occupancy not in known):
            problems["rates"] = [f"occupancy {occupancy} is not an option of this rate plan"]
            return
        _rate(each.get("rate"), occupancy, currency, change, problems)


def _flag(name: str, given: Any, change: Change, problems: Problems) -> None:
    if isinstance(given, bool) or (isinstance(given, int) and given in (0, 1)):
        change.restrictions[name] = int(given)
    else:
        problems[name] = [INVALID]


def _stay(name: str, given: Any, change: Change, problems: Problems) -> None:
    if not isinstance(given, int) or isinstance(given, bool):
        problems[name] = [INVALID]
    elif given < LEAST[name]:
        problems[name] = [f"must be greater than or equal to {LEAST[name]}"]
    else:
        change.restrictions[name] = given


def _virtual(value: dict[str, Any], world: World, change: Change, problems: Problems) -> None:
    place = world.properties.get(str(value.get("property_id")))
    kind = place.settings["min_stay_type"] if place else "both"
    if kind == "both":
        problems["min_stay"] = [NO_VIRTUAL]
        return
    change.restrictions[f"min_stay_{kind}"] = change.restrictions.pop("min_stay")
