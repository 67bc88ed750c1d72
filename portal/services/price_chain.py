"""Why a night of a rate plan costs what it costs: the layers that spoke, weakest first, and which one won."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain import rates as rule
from portal.extensions import db
from portal.models import RatePlan, RateRule
from portal.services import rate_calendar, rates
from portal.services.rate_calendar import FIELDS


@dataclass(frozen=True)
class Layer:
    """One layer's word on the night. `kind`: base, derived, season, night. `wins`: fields it decides."""

    kind: str
    name: str  # the parent plan's or the season's name
    said: Mapping[str, Any]
    wins: frozenset[str] = field(default=frozenset())
    percent: Decimal | None = None  # derived: on top of the parent
    amount: Decimal | None = None
    first: date | None = None  # season: its nights, both included
    last: date | None = None
    weekdays: int = rule.EVERY_DAY


def read(property_id: UUID, rate_plan_id: UUID, night: date) -> Sequence[Layer]:
    """The layers of one plan on one night, weakest first. Raises `NotFound` for a stranger's plan."""
    plan = rates.find_plan(property_id, rate_plan_id)
    book = rate_calendar.load(property_id, night, night, [plan.id])
    layers = [_base(book, plan, night), *_seasons(plan, night)]
    own = book.days.get(plan.id, {}).get(night)
    if own and own.said():
        layers.append(Layer("night", "", own.said()))
    return _with_winners(layers)


def _base(book: rate_calendar.Book, plan: RatePlan, night: date) -> Layer:
    if plan.parent_id is None:
        said = {name: getattr(plan, name) for name in ("min_stay_arrival", "min_stay_through", "max_stay")}
        return Layer("base", plan.name, {"rate": plan.base_rate, **said})
    parent = book.plans[plan.parent_id]
    cell = rate_calendar.cells(book, [parent.id], night, night)[parent.id][night]
    derived = rule.derive(cell, plan.derived_percent or Decimal(0), plan.derived_amount or Decimal(0), plan.currency)
    return Layer("derived", parent.name, derived._asdict(), percent=plan.derived_percent, amount=plan.derived_amount)


def _seasons(plan: RatePlan, night: date) -> list[Layer]:
    """The seasons that match the night, in the order in which they overrule each other."""
    rows = db.session.scalars(
        select(RateRule)
        .where(
            RateRule.organization_id == tenancy.required(),
            RateRule.rate_plan_id == plan.id,
            RateRule.first_night <= night,
            RateRule.last_night >= night,
        )
        .order_by(RateRule.id)
    ).all()
    matching = [(row, terms) for serial, row in enumerate(rows) if (terms := _terms(row, serial)).matches(night)]
    matching.sort(key=lambda pair: pair[1].strength)
    return [
        Layer("season", row.name, terms.said(), first=row.first_night, last=row.last_night, weekdays=row.weekdays)
        for row, terms in matching
    ]


def _terms(row: RateRule, serial: int) -> rule.Rule:
    return rule.Rule(
        first=row.first_night,
        last=row.last_night,
        weekdays=row.weekdays,
        priority=row.priority,
        serial=serial,
        **{name: getattr(row, name) for name in FIELDS},
    )


def _with_winners(layers: Sequence[Layer]) -> list[Layer]:
    """For each field the strongest layer that speaks of it wins."""
    last = {name: index for index, layer in enumerate(layers) for name in layer.said}
    return [
        replace(layer, wins=frozenset(name for name in layer.said if last[name] == index))
        for index, layer in enumerate(layers)
    ]
