"""What a rate plan says by itself: base price, limits, stays; and the limits of the whole house."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from portal.db import unit_of_work
from portal.models import RatePlan
from portal.services import audit, properties, rate_plans, rate_terms
from portal.services.errors import Refused, StaleEdit


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Money in major units of the plan's currency; None: no price of its own, no limit. A maximum stay of 0: none."""

    base_rate: Decimal | None
    floor: Decimal | None
    ceiling: Decimal | None
    min_stay_arrival: int = 1
    min_stay_through: int = 1
    max_stay: int = 0
    derived_percent: Decimal | None = None
    derived_amount: Decimal | None = None


def stamp(plan: RatePlan) -> str:
    """A plan's terms in one word: what a form was drawn with."""
    return "_".join(str(getattr(plan, name)) for name in Terms.__dataclass_fields__)


def change(property_id: UUID, rate_plan_id: UUID, terms: Terms, shown: str) -> bool:
    """Change what a plan says by itself; its nights ahead go out again. False: it says so already.

    Raises `StaleEdit` when the plan is not as it was `shown`, `Refused` for terms that cannot be, `NotFound`.
    """
    with unit_of_work():
        plan = rate_plans.find_plan(property_id, rate_plan_id, lock=True)
        if stamp(plan) != shown:
            raise StaleEdit("This plan was changed while you looked at it. Look again, then decide.")
        values = _checked(plan, terms)
        changes = {name: (old, new) for name, new in values.items() if (old := getattr(plan, name)) != new}
        if not changes:
            return False
        for name, (_, new) in changes.items():
            setattr(plan, name, new)
        audit.record("rate_plan.changed", "rate_plan", plan.id, changes, property_id=property_id)
        if changes.keys() - {"floor", "ceiling"}:
            ahead = properties.horizon(properties.find(property_id))
            closing = "base_rate" in changes and plan.base_rate is None
            rate_plans.mark(property_id, plan, [ahead], closing, "base price")
    return True


def set_house_limits(property_id: UUID, floor: Decimal | None, ceiling: Decimal | None) -> None:
    """Set the lowest and highest price of every plan that has no limits of its own. Raises `Refused`."""
    with unit_of_work():
        hotel = properties.find(property_id)
        new = {
            "price_floor": None if floor is None else rate_terms.price(floor, hotel.currency, "floor"),
            "price_ceiling": None if ceiling is None else rate_terms.price(ceiling, hotel.currency, "ceiling"),
        }
        rate_plans.check_limits(None, new["price_floor"], new["price_ceiling"], hotel.currency)
        changes = {name: (old, value) for name, value in new.items() if (old := getattr(hotel, name)) != value}
        for name, (_, value) in changes.items():
            setattr(hotel, name, value)
        if changes:
            audit.record("property.price_limits", "property", hotel.id, changes, property_id=property_id)


def _checked(plan: RatePlan, terms: Terms) -> dict[str, object]:
    values: dict[str, object] = dict(vars(terms))
    for name in ("base_rate", "floor", "ceiling"):
        amount = getattr(terms, name)
        values[name] = None if amount is None else rate_terms.price(amount, plan.currency, name)
    if plan.parent_id is None:
        values["derived_percent"], values["derived_amount"] = plan.derived_percent, plan.derived_amount
    else:
        values["base_rate"] = None
        if terms.derived_percent is not None and not -100 < terms.derived_percent < 1000:
            raise Refused("A derivation lies between -100 % and +1000 %.", field="derived_percent")
        if terms.derived_amount is not None:
            rate_terms.number(terms.derived_amount, plan.currency, "derived_amount")
    stays = {name: values[name] for name in ("min_stay_arrival", "min_stay_through", "max_stay")}
    rate_terms.checked(stays, plan.currency)
    if 0 < terms.max_stay < max(terms.min_stay_arrival, terms.min_stay_through):
        raise Refused("The minimum stay is longer than the maximum stay.", field="max_stay")
    rate_plans.check_limits(terms.base_rate, terms.floor, terms.ceiling, plan.currency)
    return values
