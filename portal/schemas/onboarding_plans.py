"""The third step of a set-up: prices, seasons, and the plans that derive from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext, lazy_gettext
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from portal.domain import money
from portal.domain.nights import parse_date
from portal.domain.onboarding import Season
from portal.schemas import clean
from portal.schemas.onboarding_rooms import RoomRow
from portal.web.forms import Form

MEALS = {
    "room_only": lazy_gettext("Room only"),
    "bed_and_breakfast": lazy_gettext("Breakfast included"),
    "half_board": lazy_gettext("Half board"),
    "full_board": lazy_gettext("Full board"),
    "all_inclusive": lazy_gettext("All inclusive"),
}
MOST_ROWS = 8
_DERIVED = ("plan", "change", "unit", "meal", "policy")
_SEASON = ("season", "first", "last", "percent")
Typed = dict[str, Any]


@dataclass(frozen=True)
class Derived:
    """A plan that follows the standard one: `percent` or `amount` (major units) above it, below zero beneath it."""

    name: str
    percent: Decimal | None
    amount: Decimal | None
    meal: str
    policy: str


@dataclass(frozen=True)
class Plans:
    """`prices` by the room type's key."""

    name: str
    meal: str
    policy: str
    uplift: Decimal
    prices: Mapping[str, Decimal]
    derived: Sequence[Derived]
    seasons: Sequence[Season]


def presets() -> Typed:
    """What most hotels begin with: one plan with free cancellation, one a tenth cheaper without."""
    return {
        "name": gettext("Flexible"),
        "meal": "room_only",
        "policy": gettext("Free cancellation until the day before arrival."),
        "uplift": "",
        "prices": {},
        "derived": [
            {"plan": gettext("Non-refundable"), "change": "-10", "unit": "percent", "meal": "",
             "policy": gettext("No refund after booking.")},
        ],
        "seasons": [],
    }  # fmt: skip


def typed(source: MultiDict[str, str], rooms: Sequence[RoomRow]) -> Typed:
    """The step as it was typed; rows with nothing in them left out."""
    said = {name: source.get(name, "")[:500] for name in ("name", "meal", "policy", "uplift")}
    prices = {str(room.key): source.get(f"price-{room.key}", "")[:20] for room in rooms}
    return {
        **said,
        "prices": prices,
        "derived": _rows(source, _DERIVED, ("plan", "change")),
        "seasons": _rows(source, _SEASON, ("season", "first", "last", "percent")),
    }


def read(typed: Typed, rooms: Sequence[RoomRow], currency: str) -> tuple[Form, Plans]:
    """The plans, and a form that says what is wrong with which field (`price-0`, `change-1`, `first-0` …)."""
    form = Form(data=typed)
    name = _text(form, "name", typed["name"], 200, needed=True)
    policy = _text(form, "policy", typed["policy"], 500)
    meal = _meal(form, "meal", typed["meal"])
    uplift = _percent(form, "uplift", typed["uplift"] or "0")
    prices = _prices(form, typed["prices"], rooms, currency)
    names = {name.casefold()}
    derived = [_derived(form, place, row, currency, names) for place, row in enumerate(typed["derived"])]
    seasons = [_season(form, place, row) for place, row in enumerate(typed["seasons"])]
    _check_derived_prices(form, derived, prices)
    kept = [season for season in seasons if season is not None]
    return form, Plans(name, meal, policy, uplift, prices, derived, kept)


def _rows(source: MultiDict[str, str], columns: Sequence[str], telling: Sequence[str]) -> list[dict[str, str]]:
    lists = {name: source.getlist(f"{columns[0]}-{name}" if name != columns[0] else name) for name in columns}
    rows = []
    for place in range(min(len(lists[columns[0]]), MOST_ROWS)):
        row = {name: values[place][:500] if place < len(values) else "" for name, values in lists.items()}
        if any(row[name].strip() for name in telling):
            rows.append(row)
    return rows


def _prices(form: Form, typed: Mapping[str, str], rooms: Sequence[RoomRow], currency: str) -> dict[str, Decimal]:
    found = {}
    for place, room in enumerate(rooms):
        price = _amount(form, f"price-{place}", typed.get(str(room.key), ""), currency)
        if price is not None and price <= 0:
            form.refuse(f"price-{place}", gettext("A price is above zero."))
        elif price is not None:
            found[str(room.key)] = price
    return found


def _derived(form: Form, place: int, row: Mapping[str, str], currency: str, names: set[str]) -> Derived:
    name = _text(form, f"plan-{place}", row["plan"], 200, needed=True)
    if name and name.casefold() in names:
        form.refuse(f"plan-{place}", gettext("Another plan has this name."))
    names.add(name.casefold())
    policy = _text(form, f"plan-policy-{place}", row["policy"], 500)
    meal = _meal(form, f"plan-meal-{place}", row["meal"]) if row["meal"] else ""
    field = f"change-{place}"
    if row["unit"] == "amount":
        return Derived(name, None, _amount(form, field, row["change"], currency, signed=True), meal, policy)
    percent = _percent(form, field, row["change"])
    return Derived(name, percent, None, meal, policy)


def _check_derived_prices(form: Form, derived: Sequence[Derived], prices: Mapping[str, Decimal]) -> None:
    for place, plan in enumerate(derived):
        if plan.amount is not None and any(price + plan.amount <= 0 for price in prices.values()):
            form.refuse(f"change-{place}", gettext("A room type would cost nothing with this plan."))


def _season(form: Form, place: int, row: Mapping[str, str]) -> Season | None:
    name = _text(form, f"season-{place}", row["season"], 80, needed=True)
    first, last = _day(form, f"first-{place}", row["first"]), _day(form, f"last-{place}", row["last"])
    percent = _percent(form, f"percent-{place}", row["percent"])
    if first is None or last is None:
        return None
    if last < first:
        form.refuse(f"last-{place}", gettext("The season ends before it begins."))
    if (last - first).days > 1100:
        form.refuse(f"last-{place}", gettext("A season has at most three years."))
    return Season(name, first, last, percent)


def _text(form: Form, field: str, text: str, longest: int, *, needed: bool = False) -> str:
    try:
        found = clean(text).strip()
    except ValidationError as error:
        form.refuse(field, str(error.messages[0]))
        return ""
    if needed and not found:
        form.refuse(field, gettext("This is needed."))
    if len(found) > longest:
        form.refuse(field, gettext("This is too long."))
    return found


def _meal(form: Form, field: str, word: str) -> str:
    if word not in MEALS:
        form.refuse(field, gettext("Choose one of the list."))
    return word


def _plain(text: str) -> str:
    """`1 250,50` as `1250.50`: people write amounts in several ways, this one is not ambiguous."""
    digits = text.strip().replace("\N{NO-BREAK SPACE}", "").replace(" ", "").replace("\N{MINUS SIGN}", "-")
    digits = digits.removesuffix("%").removeprefix("+")
    return digits.replace(",", ".") if digits.count(",") == 1 and "." not in digits else digits


def _amount(form: Form, field: str, text: str, currency: str, *, signed: bool = False) -> Decimal | None:
    if not text.strip():
        form.refuse(field, gettext("This is needed."))
        return None
    try:
        return money.parse_amount(_plain(text), currency, signed=signed)
    except ValueError:
        decimals = money.exponent(currency)
        example = f"120.{'0' * decimals}" if decimals else "12000"
        form.refuse(field, gettext("Write an amount in %(currency)s, like %(example)s.",
                                   currency=currency, example=example))  # fmt: skip
    return None


def _percent(form: Form, field: str, text: str) -> Decimal:
    try:
        percent = Decimal(_plain(text))
    except InvalidOperation:
        percent = Decimal("NaN")
    if not percent.is_finite() or not -100 < percent < 1000 or percent != round(percent, 2):
        form.refuse(field, gettext("Write a percentage between -99 and 999, like 10 or -5."))
        return Decimal(0)
    return percent


def _day(form: Form, field: str, text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        form.refuse(field, gettext("This is not a date."))
    return None
