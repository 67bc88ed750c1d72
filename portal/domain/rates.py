"""What a rate plan asks of a night: the plan's base, its seasons and weekdays, the night's own word.

Layers, weakest first: the plan's base (or, for a derived plan, the parent's cell with the derivation),
then the rules that match the night, then the night's override. Each field is decided by itself: the
strongest layer that says something about it wins, and None says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.domain.money import quantize
from portal.domain.nights import ONE_NIGHT, each
from providers.types import Cell

UNPRICED = Cell(None)
EVERY_DAY = 0b1111111
Said = dict[str, Any]


def weekdays(*days: int) -> int:
    """Return the mask for these weekdays, Monday 0 to Sunday 6: `weekdays(4, 5)` is Friday and Saturday night."""
    mask = 0
    for day in days:
        if not 0 <= day <= 6:
            raise ValueError("weekdays count from 0, Monday, to 6, Sunday")
        mask |= 1 << day
    return mask


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A price and restrictions, as far as someone has said something about them. None says nothing."""

    rate: Decimal | None = None
    min_stay_arrival: int | None = None
    min_stay_through: int | None = None
    max_stay: int | None = None  # 0 = no limit
    closed_to_arrival: bool | None = None
    closed_to_departure: bool | None = None
    stop_sell: bool | None = None

    def said(self) -> Said:
        """Return the fields these terms speak about."""
        return {name: value for name in Cell._fields if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, kw_only=True)
class Plan(Terms):
    """A rate plan's base. A derived plan has `percent` and `amount` on top of its parent and no base price."""

    currency: str
    percent: Decimal = Decimal(0)  # +10 is a tenth dearer than the parent
    amount: Decimal = Decimal(0)  # major units, added after the percentage


@dataclass(frozen=True, kw_only=True)
class Rule(Terms):
    """A season, some weekdays, or both. Of the rules that match a night the strongest is the one with the
    highest priority, then the narrower one (fewer nights), then the newer one (higher `serial`)."""

    first: date
    last: date  # included
    weekdays: int = EVERY_DAY
    priority: int = 0
    serial: int = 0

    def matches(self, night: date) -> bool:
        return self.first <= night <= self.last and bool(self.weekdays >> night.weekday() & 1)

    @property
    def strength(self) -> tuple[int, int, int]:
        """Sorts rules from the weakest to the strongest."""
        breadth = ((self.last - self.first).days + 1) * self.weekdays.bit_count()
        return self.priority, -breadth, self.serial


@dataclass(frozen=True, kw_only=True)
class Day(Terms):
    """One night's override."""


class Problem(StrEnum):
    NO_PRICE = "no_price"
    NOT_A_NUMBER = "not_a_number"
    NOT_POSITIVE = "not_positive"
    BELOW_FLOOR = "below_floor"
    ABOVE_CEILING = "above_ceiling"
    STAY_TOO_SHORT = "stay_too_short"  # a minimum below one night, or a negative maximum
    MINIMUM_OVER_MAXIMUM = "minimum_over_maximum"


def derive(parent: Cell, percent: Decimal, amount: Decimal, currency: str) -> Cell:
    """Return the parent's cell at the derived price, rounded half up to the currency; restrictions come along.

    Percentage first, then the amount. A parent without a price leaves the child without one, and so
    does a derivation that ends at zero or below: a closed night is repaired, a free one is sold.
    """
    if parent.rate is None:
        return parent
    rate = quantize(parent.rate * (100 + percent) / 100 + amount, currency)
    return parent._replace(rate=rate) if rate > 0 else parent._replace(rate=None, stop_sell=True)


def cell(plan: Plan, rules: Iterable[Rule], day: Day | None, night: date, parent: Cell | None = None) -> Cell:
    """Return what the plan asks of one night. Without a price from any layer the night is closed.

    `parent` is the parent plan's cell for the same night when the plan is derived. A closed parent
    closes the child unless a layer of the child says `stop_sell=False`.
    """
    matching = sorted((rule for rule in rules if rule.matches(night)), key=lambda rule: rule.strength)
    said = _overlaid(rule.said() for rule in matching)
    return _close_without_price(_base(plan, parent)._replace(**said | (day.said() if day else {})))


def calendar(
    plan: Plan,
    rules: Sequence[Rule],
    days: Mapping[date, Day],
    first: date,
    last: date,
    parent: Mapping[date, Cell] | None = None,
) -> dict[date, Cell]:
    """Return `cell` for every night of `first`..`last`, both included, in one pass over the rules.

    Pass `parent`, the parent plan's calendar, for a derived plan; a night it lacks has no price.
    Equal nights share one Cell where that is cheap to know, so that runs are found quickly.
    """
    ranked = sorted(rules, key=lambda rule: rule.strength)
    result: dict[date, Cell] = {}
    for start, end in _seasons(rules, first, last):
        by_weekday = _said_by_weekday([rule for rule in ranked if rule.first <= start <= rule.last])
        known: dict[tuple[int, Cell | None], Cell] = {}
        for night in each(start, end):
            key = night.weekday(), None if parent is None else parent.get(night, UNPRICED)
            cell = known.get(key)
            if cell is None:
                cell = known[key] = _base(plan, key[1])._replace(**by_weekday[key[0]])
            own = days.get(night)
            result[night] = cell._replace(**own.said()) if own else cell
    return {night: _close_without_price(cell) for night, cell in result.items()}


def problems(cell: Cell, floor: Decimal | None = None, ceiling: Decimal | None = None) -> list[Problem]:
    """Return what is wrong with a cell before it is sold at: an empty list when nothing is.

    `floor` and `ceiling` are the lowest and highest price the property allows, both included.
    """
    return [
        *_price_problems(cell.rate, floor, ceiling),
        *([Problem.NO_PRICE] if cell.rate is None and not cell.stop_sell else []),
        *_stay_problems(cell),
    ]


def _price_problems(rate: Decimal | None, floor: Decimal | None, ceiling: Decimal | None) -> Iterator[Problem]:
    if rate is None:
        return
    if not rate.is_finite():  # NaN passes every comparison below by failing it
        yield Problem.NOT_A_NUMBER
        return
    if rate <= 0:
        yield Problem.NOT_POSITIVE
    if floor is not None and rate < floor:
        yield Problem.BELOW_FLOOR
    if ceiling is not None and rate > ceiling:
        yield Problem.ABOVE_CEILING


def _stay_problems(cell: Cell) -> Iterator[Problem]:
    shortest = min(cell.min_stay_arrival, cell.min_stay_through)
    if shortest < 1 or cell.max_stay < 0:
        yield Problem.STAY_TOO_SHORT
    if 0 < cell.max_stay < max(cell.min_stay_arrival, cell.min_stay_through):
        yield Problem.MINIMUM_OVER_MAXIMUM


def _base(plan: Plan, parent: Cell | None) -> Cell:
    start = UNPRICED if parent is None else derive(parent, plan.percent, plan.amount, plan.currency)
    return start._replace(**plan.said())


def _overlaid(layers: Iterable[Said]) -> Said:
    merged: Said = {}
    for said in layers:
        merged.update(said)
    return merged


def _said_by_weekday(rules: Sequence[Rule]) -> list[Said]:
    said = [(rule.weekdays, rule.said()) for rule in rules]
    return [_overlaid(words for mask, words in said if mask >> weekday & 1) for weekday in range(7)]


def _close_without_price(cell: Cell) -> Cell:
    return cell._replace(stop_sell=True) if cell.rate is None and not cell.stop_sell else cell


def _seasons(rules: Iterable[Rule], first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the stretches of nights within which the same rules are in force."""
    starts = {first}
    for rule in rules:
        starts |= {start for start in (rule.first, rule.last + ONE_NIGHT) if first < start <= last}
    ordered = sorted(starts)
    for start, following in zip(ordered, [*ordered[1:], last + ONE_NIGHT], strict=True):
        yield start, following - ONE_NIGHT
