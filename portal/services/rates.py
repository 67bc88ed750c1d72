"""Rate plans, seasons and prices. Every change marks the plan and those derived from it, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import RatePlan, RoomType
from portal.services import audit, properties, rate_terms
from portal.services.errors import NotFound, Refused
from portal.services.rate_calendar import calendar
from portal.services.rate_days import DayEdit, set_days
from portal.services.rate_plans import check_limits, find_plan, mark, plans
from portal.services.rate_rules import add_rule, change_rule, find_rule, remove_rule, rules
from portal.services.sentences import Counted

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
        return add_plan(property_id, facts)


def add_plan(property_id: UUID, facts: PlanFacts, plan_id: UUID | None = None) -> RatePlan:
    """The same, as a helper inside a unit of work."""
    currency = properties.find(property_id).currency
    _check_place(property_id, facts)
    values = {**vars(facts), **_checked_money(facts, currency)}
    plan = RatePlan(id=plan_id, property_id=property_id, currency=currency, **values)
    db.session.add(plan)
    db.session.flush()
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
        check_limits(new, plan.floor, plan.ceiling, plan.currency)
        audit.record(
            "rates.changed", "rate_plan", plan.id, {"base_rate": (plan.base_rate, new)}, property_id=property_id
        )
        plan.base_rate = new
        mark(property_id, plan, [properties.horizon(properties.find(property_id))], new is None, "base price")


def archive_plan(property_id: UUID, rate_plan_id: UUID) -> None:
    """Take a plan out of use: its nights are closed wherever it is on sale. Raises `Refused` while others derive."""
    with unit_of_work():
        plan = find_plan(property_id, rate_plan_id, lock=True)
        children = [child.name for child in plans(property_id) if child.parent_id == plan.id]
        if children:
            raise Refused(
                Counted("%(plans)s derives its price from this plan: archive it first.",
                        "%(plans)s derive their price from this plan: archive them first."),
                num=len(children), plans=tuple(children),
            )  # fmt: skip
        plan.archived_at = datetime.now(UTC)
        audit.record("rate_plan.archived", "rate_plan", plan.id, property_id=property_id)
        mark(property_id, plan, [properties.horizon(properties.find(property_id))], True, "plan archived")


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
        find_plan(property_id, facts.parent_id, lock=True)  # it may not end meanwhile
    query = select(RatePlan.id).where(
        RatePlan.organization_id == tenancy.required(),
        RatePlan.room_type_id == facts.room_type_id,
        RatePlan.name == facts.name,
    )
    if db.session.scalar(query) is not None:
        raise Refused("This room type already has a rate plan called %(name)s.", name=facts.name, field="name")


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
    check_limits(values.get("base_rate"), values.get("floor"), values.get("ceiling"), currency)
    return values
