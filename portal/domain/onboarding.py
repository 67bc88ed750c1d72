"""Setting a hotel up: the steps, and what its first prices come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from portal.domain.money import quantize
from portal.domain.rates import EVERY_DAY, Rule, weekdays

WEEKEND = weekdays(4, 5)  # Friday and Saturday night


class Step(StrEnum):
    """In the order in which they are walked."""

    PROPERTY = "property"
    ROOMS = "rooms"
    PLANS = "plans"
    CONNECT = "connect"
    PROVISION = "provision"
    MAPPING = "mapping"
    EXTRANET = "extranet"
    PREVIEW = "preview"
    ACTIVATE = "activate"


class State(StrEnum):
    DONE = "done"
    OPEN = "open"  # can be done now
    WORKING = "working"  # a worker is at it
    OTA = "ota"  # waits for the OTA
    COLLEAGUE = "colleague"  # needs somebody else of the house
    LATER = "later"  # after the steps before it
    SKIPPED = "skipped"  # not needed on the way that was chosen


@dataclass(frozen=True)
class Season:
    """Nights `first` to `last`, both included, dearer (or cheaper, below zero) by a percentage."""

    name: str
    first: date
    last: date
    percent: Decimal


def rules(
    base: Decimal,
    currency: str,
    uplift: Decimal,
    seasons: Sequence[Season],
    first: date,
    last: date,
    weekend: str = "Weekend",
) -> list[tuple[str, Rule]]:
    """Name and rule of each season, and of the weekends of `first`..`last`; nothing for what changes no price.

    `weekend` is the name of the weekends' rule. A season's weekend gets both: its rule covers fewer nights than the
    season's, so it is the stronger one.
    """
    found: list[tuple[str, Rule]] = []
    if uplift:
        found.append((weekend, _rule(base, currency, uplift, first, last, WEEKEND)))
    for season in seasons:
        at_rest = base * (100 + season.percent) / 100
        found.append((season.name, _rule(at_rest, currency, Decimal(0), season.first, season.last, EVERY_DAY)))
        if uplift:
            name = f"{season.name}, {weekend}"
            found.append((name, _rule(at_rest, currency, uplift, season.first, season.last, WEEKEND)))
    return found


def _rule(base: Decimal, currency: str, percent: Decimal, first: date, last: date, days: int) -> Rule:
    return Rule(first=first, last=last, weekdays=days, rate=quantize(base * (100 + percent) / 100, currency))
