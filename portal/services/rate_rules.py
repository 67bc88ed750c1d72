"""Seasons and weekday rules of a rate plan. Every change marks the plan and those derived from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import rates as rule
from portal.domain.nights import Window, clip
from portal.extensions import db
from portal.models import RatePlan, RateRule
from portal.services import audit, properties, rate_terms
from portal.services.errors import NotFound, Refused
from portal.services.rate_calendar import FIELDS
from portal.services.rate_plans import check_limits, find_plan, mark


def add_rule(property_id: UUID, rate_plan_id: UUID, terms: rule.Rule, name: str = "") -> RateRule:
    """Add a season or weekday rule. Raises `Refused` for terms that cannot be."""
    with unit_of_work():
        return put_rule(find_plan(property_id, rate_plan_id, lock=True), terms, name)


def put_rule(plan: RatePlan, terms: rule.Rule, name: str = "") -> RateRule:
    """Add a rule to a plan; a helper, inside a unit of work. Raises `Refused`."""
    values = _rule_values(plan, terms, name)
    row = RateRule(rate_plan_id=plan.id, **values)
    db.session.add(row)
    _mark_rule(plan.property_id, plan, [(terms.first, terms.last)], terms)
    changes = {f"rule.{key}": (None, value) for key, value in values.items() if value is not None}
    audit.record("rates.rule_added", "rate_plan", plan.id, changes, property_id=plan.property_id)
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


def rules(property_id: UUID) -> Sequence[RateRule]:
    """The seasons and weekday rules of all plans of a property, oldest first."""
    query = select(RateRule).join(
        RatePlan, (RatePlan.organization_id == RateRule.organization_id) & (RatePlan.id == RateRule.rate_plan_id)
    )
    query = query.where(RateRule.organization_id == tenancy.required(), RatePlan.property_id == property_id)
    return db.session.scalars(query.order_by(RateRule.first_night, RateRule.id)).all()


def find_rule(property_id: UUID, rule_id: UUID) -> tuple[RateRule, RatePlan]:
    """A rule and its plan, the plan held against other edits. Raises `NotFound`."""
    query = select(RateRule).where(RateRule.organization_id == tenancy.required(), RateRule.id == rule_id)
    row: RateRule | None = db.session.scalar(query)
    if row is None:
        raise NotFound(f"rate rule {rule_id}")
    plan = find_plan(property_id, row.rate_plan_id, lock=True)
    db.session.refresh(row)
    return row, plan


def _rule_values(plan: RatePlan, terms: rule.Rule, name: str) -> dict[str, Any]:
    if terms.last < terms.first:
        raise Refused("A season ends on its first night or later.", field="last_night")
    if not 1 <= terms.weekdays <= rule.EVERY_DAY:
        raise Refused("A rule is for at least one day of the week.", field="weekdays")
    if not terms.said():
        raise Refused("A rule says something about the price or the stay.", field="rate")
    said: Mapping[str, Any] = rate_terms.checked({key: getattr(terms, key) for key in FIELDS}, plan.currency)
    check_limits(said["rate"], plan.floor, plan.ceiling, plan.currency)
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
    mark(property_id, plan, windows, closing, "season")
