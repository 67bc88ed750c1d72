"""Prices and restrictions as they stand: rows read in three statements, the rest is `domain.rates`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain import money
from portal.domain import rates as rule
from portal.extensions import db
from portal.models import RateDay, RatePlan, RateRule
from providers.types import Cell

Cells = dict[date, Cell]
Days = dict[date, rule.Day]

FIELDS = Cell._fields  # of rules, overrides and cells alike
_USUAL = Cell(None)
_FRESH: dict[str, Any] = {"populate_existing": True}  # what another transaction changed meanwhile counts


@dataclass
class Book:
    """What a property's prices are made of, over some nights. `days` may be replaced to ask "what if"."""

    plans: dict[UUID, RatePlan]
    rules: dict[UUID, list[rule.Rule]]
    days: dict[UUID, Days]

    def family(self, plan_ids: Collection[UUID]) -> set[UUID]:
        """These plans and all that derive from them."""
        found = set(plan_ids)
        while more := {plan.id for plan in self.plans.values() if plan.parent_id in found} - found:
            found |= more
        return found


def calendar(property_id: UUID, first: date, last: date, plans: Collection[UUID] | None = None) -> dict[UUID, Cells]:
    """What each rate plan asks of every night of `first`..`last`, both included, derived plans resolved.

    Without `plans`: all that are in use. A plan named in `plans` that is no longer in use is closed.
    """
    book = load(property_id, first, last, plans)
    chosen = [plan_id for plan_id, plan in book.plans.items() if plan.archived_at is None] if plans is None else plans
    return cells(book, chosen, first, last)


def load(
    property_id: UUID, first: date, last: date, plans: Collection[UUID] | None = None, *, descend: bool = False
) -> Book:
    """Read the plans of a property with the rules and overrides of those asked for and of their parents.

    `descend` reads those of the plans derived from them too.
    """
    query = select(RatePlan).where(RatePlan.organization_id == tenancy.required(), RatePlan.property_id == property_id)
    rows = db.session.scalars(query.order_by(RatePlan.position, RatePlan.id).execution_options(**_FRESH)).all()
    book = Book({plan.id: plan for plan in rows}, {}, {})
    wanted = set(book.plans) if plans is None else book.plans.keys() & plans
    if descend:
        wanted = book.family(wanted)
    while parents := {parent for plan_id in wanted if (parent := book.plans[plan_id].parent_id)} - wanted:
        wanted |= parents
    book.rules = _rules(book, wanted, first, last)
    book.days = _days(book, wanted, first, last)
    return book


def cells(book: Book, plan_ids: Collection[UUID], first: date, last: date) -> dict[UUID, Cells]:
    """The calendars of these plans; those of their parents are worked out once."""
    known: dict[UUID, Cells] = {}

    def of(plan_id: UUID) -> Cells:
        if plan_id not in known:
            plan = book.plans[plan_id]
            parent = None if plan.parent_id is None else of(plan.parent_id)
            rules, days = book.rules.get(plan_id, []), book.days.get(plan_id, {})
            known[plan_id] = rule.calendar(_plan(plan), rules, days, first, last, parent)
        return known[plan_id]

    return {
        plan_id: _closed(of(plan_id)) if book.plans[plan_id].archived_at else of(plan_id)
        for plan_id in plan_ids
        if plan_id in book.plans
    }


def _closed(calendar: Mapping[date, Cell]) -> Cells:
    return {night: cell._replace(stop_sell=True) for night, cell in calendar.items()}


def _plan(row: RatePlan) -> rule.Plan:
    """A derived plan says nothing of a restriction that stands at its usual value: the parent's counts."""
    stays = {
        name: value
        for name in ("min_stay_arrival", "min_stay_through", "max_stay")
        if (value := getattr(row, name)) != getattr(_USUAL, name) or row.parent_id is None
    }
    return rule.Plan(
        currency=row.currency,
        rate=_exact(row.base_rate, row.currency),
        percent=row.derived_percent or Decimal(0),
        amount=row.derived_amount or Decimal(0),
        **stays,
    )


def _rules(book: Book, plan_ids: Collection[UUID], first: date, last: date) -> dict[UUID, list[rule.Rule]]:
    query = select(RateRule).where(
        RateRule.organization_id == tenancy.required(),
        RateRule.rate_plan_id.in_(plan_ids),
        RateRule.last_night >= first,
        RateRule.first_night <= last,
    )
    found: dict[UUID, list[rule.Rule]] = {}
    for serial, row in enumerate(db.session.scalars(query.order_by(RateRule.id).execution_options(**_FRESH))):
        currency = book.plans[row.rate_plan_id].currency
        found.setdefault(row.rate_plan_id, []).append(
            rule.Rule(
                first=row.first_night,
                last=row.last_night,
                weekdays=row.weekdays,
                priority=row.priority,
                serial=serial,
                rate=_exact(row.rate, currency),
                **{name: getattr(row, name) for name in FIELDS[1:]},
            )
        )
    return found


def _days(book: Book, plan_ids: Collection[UUID], first: date, last: date) -> dict[UUID, Days]:
    table = RateDay.__table__.c
    query = select(table.rate_plan_id, table.night, *(table[name] for name in FIELDS)).where(
        table.organization_id == tenancy.required(), table.rate_plan_id.in_(plan_ids), table.night.between(first, last)
    )
    found: dict[UUID, Days] = {plan_id: {} for plan_id in plan_ids}
    for plan_id, night, *values in db.session.execute(query):
        found[plan_id][night] = _day(book.plans[plan_id].currency, *values)
    return found


@lru_cache(maxsize=4096)
def _day(currency: str, rate: Decimal | None, *restrictions: int | bool | None) -> rule.Day:
    """Bulk edits leave thousands of equal overrides: they share one object."""
    return rule.Day(rate=_exact(rate, currency), **dict(zip(FIELDS[1:], restrictions, strict=True)))  # type: ignore[arg-type]


def _exact(amount: Decimal | None, currency: str) -> Decimal | None:
    """The column holds three decimals for every currency; a price has its currency's."""
    return None if amount is None else money.quantize(amount, currency)
