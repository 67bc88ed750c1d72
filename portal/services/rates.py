"""Rate plans, seasons and prices. Every change marks the plan and those derived from it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import rates as rule
from portal.domain.nights import Window, clip
from portal.extensions import db
from portal.models import RatePlan, RateRule, RoomType
from portal.services import audit, lanes, properties, rate_terms
from portal.services.errors import NotFound, Refused
from portal.services.rate_calendar import FIELDS, calendar
from portal.services.rate_days import DayEdit, set_days

__all__ = [
    "DayEdit",
    "PlanFacts",
    "add_rule",
    "archive_plan",
    "calendar",
    "change_rule",
    "create_plan",
    "find_plan",
    "find_rule",
    "plans",
    "remove_rule",
    "rules",
    "set_base",
    "set_days",
]


@dataclass(frozen=True, kw_only=True)
class PlanFacts:
    """A new rate plan: a price of its own, or a parent and how much dearer or cheaper than it."""

    room_type_id: UUID
    name: str
    base_rate: Decimal | None = None
    parent_id: UUID | None = None
    derived_percent: Decimal | None = None  # -10 = ten percent below the parent
    derived_amount: Decimal | None = None  # added after the percentage
    meal_plan: str = "room_only"
    cancellation_policy: str = ""
    min_stay_arrival: int = 1
    min_stay_through: int = 1
    max_stay: int = 0  # 0 = no limit
    floor: Decimal | None = None
    ceiling: Decimal | None = None
    position: int = 0


def create_plan(property_id: UUID, facts: PlanFacts) -> RatePlan:
    """Open a rate plan in the property's currency. Raises `Refused`, `NotFound`."""
    with unit_of_work():
        currency = properties.find(property_id).currency
        _check_place(property_id, facts)
        values = {**vars(facts), **_checked_money(facts, currency)}
        plan = RatePlan(property_id=property_id, currency=currency, **values)
        db.session.add(plan)
        changes = {name: (None, value) for name, value in values.items() if value is not None}
        audit.record("rate_plan.created", "rate_plan", plan.id, changes, property_id=property_id)
    return plan


def set_base(property_id: UUID, rate_plan_id: UUID, rate: Decimal | None) -> None:
    """Set the price of all nights that no rule and no override speaks of; None takes them off sale."""
    with unit_of_work():
        plan = find_plan(property_id, rate_plan_id, lock=True)
        if plan.parent_id is not None:
            raise Refused("The price of a derived plan follows its parent.", field="rate")
        new = None if rate is None else rate_terms.price(rate, plan.currency)
        _check_limits(new, plan.floor, plan.ceiling)
        audit.record(
            "rates.changed", "rate_plan", plan.id, {"base_rate": (plan.base_rate, new)}, property_id=property_id
        )
        plan.base_rate = new
        _mark(property_id, plan, [properties.horizon(properties.find(property_id))], new is None, "base price")


def archive_plan(property_id: UUID, rate_plan_id: UUID) -> None:
    """Take a plan out of use: its nights are closed wherever it is on sale. Raises `Refused` while others derive."""
    with unit_of_work():
        plan = find_plan(property_id, rate_plan_id, lock=True)
        children = [child.name for child in plans(property_id) if child.parent_id == plan.id]
        if children:
            raise Refused(f"{', '.join(children)} derive their price from this plan: archive them first.")
        plan.archived_at = datetime.now(UTC)
        audit.record("rate_plan.archived", "rate_plan", plan.id, property_id=property_id)
        _mark(property_id, plan, [properties.horizon(properties.find(property_id))], True, "plan archived")


def add_rule(property_id: UUID, rate_plan_id: UUID, terms: rule.Rule, name: str = "") -> RateRule:
    """Add a season or weekday rule. Raises `Refused` for terms that cannot be."""
    with unit_of_work():
        plan = find_plan(property_id, rate_plan_id, lock=True)
        values = _rule_values(plan, terms, name)
        row = RateRule(rate_plan_id=plan.id, **values)
        db.session.add(row)
        _mark_rule(property_id, plan, [(terms.first, terms.last)], terms)
        changes = {f"rule.{key}": (None, value) for key, value in values.items() if value is not None}
        audit.record("rates.rule_added", "rate_plan", plan.id, changes, property_id=property_id)
    return row


def change_rule(property_id: UUID, rule_id: UUID, terms: rule.Rule, name: str = "") -> None:
    """Replace what a rule says; the nights it spoke of before go out again too."""
    with unit_of_work():
        row, plan = find_rule(property_id, rule_id)
        windows = [(row.first_night, row.last_night), (terms.first, terms.last)]
        changes = {}
        for key, value in _rule_values(plan, terms, name).items():
            if getattr(row, key) != value:
                changes[f"rule.{key}"] = getattr(row, key), value
                setattr(row, key, value)
        if changes:
            _mark_rule(property_id, plan, windows, terms)
            audit.record("rates.rule_changed", "rate_plan", plan.id, changes, property_id=property_id)


def remove_rule(property_id: UUID, rule_id: UUID) -> None:
    """Take a rule away; what it covered falls back to the rules below it and to the base."""
    with unit_of_work():
        row, plan = find_rule(property_id, rule_id)
        _mark_rule(property_id, plan, [(row.first_night, row.last_night)], None)
        before = {f"rule.{key}": (getattr(row, key), None) for key in ("name", "first_night", "last_night", *FIELDS)}
        audit.record("rates.rule_removed", "rate_plan", plan.id, before, property_id=property_id)
        db.session.delete(row)


def plans(property_id: UUID) -> Sequence[RatePlan]:
    """The rate plans in use, in the house's order."""
    query = select(RatePlan).where(
        RatePlan.organization_id == tenancy.required(),
        RatePlan.property_id == property_id,
        RatePlan.archived_at.is_(None),
    )
    return db.session.scalars(query.order_by(RatePlan.position, RatePlan.name)).all()


def rules(property_id: UUID) -> Sequence[RateRule]:
    """The seasons and weekday rules of all plans of a property, oldest first."""
    query = select(RateRule).join(
        RatePlan, (RatePlan.organization_id == RateRule.organization_id) & (RatePlan.id == RateRule.rate_plan_id)
    )
    query = query.where(RateRule.organization_id == tenancy.required(), RatePlan.property_id == property_id)
    return db.session.scalars(query.order_by(RateRule.first_night, RateRule.id)).all()


def find_plan(property_id: UUID, rate_plan_id: UUID, *, lock: bool = False) -> RatePlan:
    """The property's own plan in use; `lock` holds it against other edits. Raises `NotFound`."""
    query = select(RatePlan).where(
        RatePlan.organization_id == tenancy.required(),
        RatePlan.property_id == property_id,
        RatePlan.id == rate_plan_id,
        RatePlan.archived_at.is_(None),
    )
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    plan: RatePlan | None = db.session.scalar(query)
    if plan is None:
        raise NotFound(f"rate plan {rate_plan_id}")
    return plan


def find_rule(property_id: UUID, rule_id: UUID) -> tuple[RateRule, RatePlan]:
    """A rule and its plan, the plan held against other edits. Raises `NotFound`."""
    query = select(RateRule).where(RateRule.organization_id == tenancy.required(), RateRule.id == rule_id)
    row: RateRule | None = db.session.scalar(query)
    if row is None:
        raise NotFound(f"rate rule {rule_id}")
    plan = find_plan(property_id, row.rate_plan_id, lock=True)
    db.session.refresh(row)
    return row, plan


def _check_place(property_id: UUID, facts: PlanFacts) -> None:
    if not 0 < len(facts.name.strip()) <= 200:
        raise Refused("A rate plan needs a name of at most 200 letters.", field="name")
    room_type = db.session.scalar(
        select(RoomType.id).where(
            RoomType.organization_id == tenancy.required(),
            RoomType.property_id == property_id,
            RoomType.id == facts.room_type_id,
        )
    )
    if room_type is None:
        raise NotFound(f"room type {facts.room_type_id}")
    if facts.parent_id is not None:
        find_plan(property_id, facts.parent_id)
    query = select(RatePlan.id).where(
        RatePlan.organization_id == tenancy.required(),
        RatePlan.room_type_id == facts.room_type_id,
        RatePlan.name == facts.name,
    )
    if db.session.scalar(query) is not None:
        raise Refused(f"This room type already has a rate plan called {facts.name}.", field="name")


def _checked_money(facts: PlanFacts, currency: str) -> dict[str, Any]:
    if facts.parent_id is not None and facts.base_rate is not None:
        raise Refused("A derived plan has no price of its own.", field="base_rate")
    if facts.parent_id is None and (facts.derived_percent or facts.derived_amount):
        raise Refused("A derivation needs a parent plan.", field="parent_id")
    percent = facts.derived_percent
    if percent is not None and not (percent.is_finite() and -100 < percent < 1000):
        raise Refused("A derivation lies between -100 % and +1000 %.", field="derived_percent")
    rate_terms.checked(
        {name: getattr(facts, name) for name in ("min_stay_arrival", "min_stay_through", "max_stay")}, currency
    )
    if 0 < facts.max_stay < max(facts.min_stay_arrival, facts.min_stay_through):
        raise Refused("The minimum stay is longer than the maximum stay.", field="max_stay")
    values: dict[str, Any] = {
        name: rate_terms.price(value, currency, name)
        for name in ("base_rate", "floor", "ceiling")
        if (value := getattr(facts, name)) is not None
    }
    if facts.derived_amount is not None:
        values["derived_amount"] = rate_terms.number(facts.derived_amount, currency, "derived_amount")
    _check_limits(values.get("base_rate"), values.get("floor"), values.get("ceiling"))
    return values


def _check_limits(rate: Decimal | None, floor: Decimal | None, ceiling: Decimal | None) -> None:
    if floor is not None and ceiling is not None and floor > ceiling:
        raise Refused("The lowest price is above the highest one.", field="floor")
    if rate is not None and floor is not None and rate < floor:
        raise Refused(f"The price is below the lowest one allowed for this plan, {floor}.", field="rate")
    if rate is not None and ceiling is not None and rate > ceiling:
        raise Refused(f"The price is above the highest one allowed for this plan, {ceiling}.", field="rate")


def _rule_values(plan: RatePlan, terms: rule.Rule, name: str) -> dict[str, Any]:
    if terms.last < terms.first:
        raise Refused("A season ends on its first night or later.", field="last_night")
    if not 1 <= terms.weekdays <= rule.EVERY_DAY:
        raise Refused("A rule is for at least one day of the week.", field="weekdays")
    if not terms.said():
        raise Refused("A rule says something about the price or the stay.", field="rate")
    said: Mapping[str, Any] = rate_terms.checked({key: getattr(terms, key) for key in FIELDS}, plan.currency)
    _check_limits(said["rate"], plan.floor, plan.ceiling)
    shortest = max(said["min_stay_arrival"] or 1, said["min_stay_through"] or 1)
    if 0 < (said["max_stay"] or 0) < shortest:
        raise Refused("The minimum stay is longer than the maximum stay.", field="max_stay")
    return {
        "name": name[:100],
        "first_night": terms.first,
        "last_night": terms.last,
        "weekdays": terms.weekdays,
        "priority": terms.priority,
        **said,
    }


def _mark_rule(property_id: UUID, plan: RatePlan, spans: Sequence[tuple[date, date]], terms: rule.Rule | None) -> None:
    ahead = properties.horizon(properties.find(property_id))
    windows = [window for first, last in spans if (window := clip(Window(first, last), *ahead))]
    closing = terms is not None and bool(terms.stop_sell or terms.closed_to_arrival)
    _mark(property_id, plan, windows, closing, "season")


def _mark(property_id: UUID, plan: RatePlan, windows: Sequence[Window], urgent: bool, cause: str) -> None:
    family = {plan.id}
    everyone = plans(property_id)
    while more := {child.id for child in everyone if child.parent_id in family} - family:
        family |= more
    lanes.mark(property_id, rate_plans=family, windows=windows, urgent=urgent, cause=f"{cause} of {plan.name}")
