"""A bulk edit in values: what each of its lines asks of a night, and what deserves a second look before it is saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.domain import rates as rule
from portal.domain.money import quantize
from portal.domain.nights import Window, each
from portal.domain.rates import Problem
from providers.types import Cell

# A slip of the decimal point is a factor of ten or a hundred, taken together with an ordinary change of price.
JUMP = 7


class How(StrEnum):
    """What happens to the price."""

    KEEP = "keep"
    SET = "set"
    AMOUNT = "amount"  # added; negative: taken off
    PERCENT = "percent"
    RULES = "rules"  # the night's own price goes, the rules of the plan speak again


class Concern(StrEnum):
    """Why a cell is looked at twice. The first ones cannot be saved at all, the others by who means them."""

    NOT_POSITIVE = "not_positive"
    NO_PRICE = "no_price"
    STAY_TOO_SHORT = "stay_too_short"
    MINIMUM_OVER_MAXIMUM = "minimum_over_maximum"
    CHANNEL_CANNOT = "channel_cannot"
    BELOW_FLOOR = "below_floor"
    ABOVE_CEILING = "above_ceiling"
    FALLS_FAR = "falls_far"  # to a seventh or less: a tenth, a hundredth
    RISES_FAR = "rises_far"
    CLOSES_EVERYTHING = "closes_everything"

    @property
    def forbids(self) -> bool:
        return self in IMPOSSIBLE


IMPOSSIBLE = frozenset(
    {
        Concern.NOT_POSITIVE,
        Concern.NO_PRICE,
        Concern.STAY_TOO_SHORT,
        Concern.MINIMUM_OVER_MAXIMUM,
        Concern.CHANNEL_CANNOT,
    }
)
# What a person may decide to do all the same.
ALLOWABLE = frozenset({Problem.BELOW_FLOOR, Problem.ABOVE_CEILING})


@dataclass(frozen=True, kw_only=True)
class Copy:
    """Take the values of another cell: of one night for all nights, of one plan for all plans, or of one cell."""

    night: date | None = None
    plan: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """One wish of a bulk edit. `price` is what `how` speaks of; fields missing in `fields` stay as they are."""

    plans: tuple[UUID, ...]
    spans: tuple[Window, ...]
    weekdays: int = rule.EVERY_DAY
    how: How = How.KEEP
    price: Decimal | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)  # stays and closings; None: as the rules say
    copy: Copy | None = None

    def nights(self) -> Iterator[date]:
        """The nights it speaks of, each once, in order."""
        seen = {night for first, last in self.spans for night in each(first, last)}
        return (night for night in sorted(seen) if self.weekdays >> night.weekday() & 1)

    def says_something(self) -> bool:
        return self.copy is not None or self.how is not How.KEEP or bool(self.fields)

    def relative(self) -> bool:
        """Whether the new price depends on the one there is."""
        return self.how in (How.AMOUNT, How.PERCENT)


def wanted(line: Line, now: Cell, currency: str, source: Cell | None = None) -> dict[str, Any]:
    """The fields the line sets for a night that stands at `now`; None in a field takes the night's own word away.

    `source` is the cell a copy is taken from. A relative price of a night without a price stays none.
    """
    if line.copy is not None:
        return {} if source is None else {name: each for name, each in source._asdict().items() if each is not None}
    said = dict(line.fields)
    if line.how is How.RULES:
        said["rate"] = None
    elif line.how is How.SET:
        said["rate"] = line.price
    elif line.relative() and now.rate is not None and line.price is not None:
        more = line.price if line.how is How.AMOUNT else now.rate * line.price / 100
        said["rate"] = quantize(now.rate + more, currency)
    return said


def concerns(
    before: Cell, after: Cell, floor: Decimal | None = None, ceiling: Decimal | None = None
) -> frozenset[Concern]:
    """What to look at twice when a night goes from `before` to `after`; what was wrong before is no news."""
    old = set(rule.problems(before, floor, ceiling))
    changed_price = after.rate != before.rate
    found = {
        Concern(problem.value)
        for problem in rule.problems(after, floor, ceiling)
        if problem is not Problem.NOT_A_NUMBER and (problem not in old or (problem in ALLOWABLE and changed_price))
    }
    if before.rate and after.rate and after.rate > 0:
        if after.rate * JUMP <= before.rate:
            found.add(Concern.FALLS_FAR)
        elif after.rate >= before.rate * JUMP:
            found.add(Concern.RISES_FAR)
    return frozenset(found)
