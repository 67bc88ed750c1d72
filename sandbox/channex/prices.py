"""What a night costs and allows, after derivation and inheritance: what reads show and OTAs sell by."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.channex import money
from sandbox.channex.state import Option, RatePlan, World


def parent_of(world: World, plan: RatePlan) -> RatePlan | None:
    """The plan this one follows, if it follows one that still exists."""
    return world.rate_plans.get(str(plan.attributes["parent_rate_plan_id"]))


def rates(world: World, plan: RatePlan, option: Option, first: int, last: int, depth: int = 0) -> Sequence[int]:
    """Prices in minor units of nights first..last (date ordinals, both included)."""
    source = _source(world, plan, option)
    if source is None or depth > 5:
        return option.rate.slice(first, last)
    base = rates(world, source[0], source[1], first, last, depth + 1)
    rules = (option.derived_option or {}).get("rate") or []
    if not rules:
        return base
    return [money.derive(units, rules, plan.attributes["currency"]) for units in base]


def _source(world: World, plan: RatePlan, option: Option) -> tuple[RatePlan, Option] | None:
    parent = parent_of(world, plan)
    mode = plan.attributes["rate_mode"]
    if parent is not None and mode == "cascade":
        same = [each for each in parent.options if each.occupancy == option.occupancy]
        return parent, same[0] if same else parent.primary
    if parent is not None and mode == "derived" and option.is_primary:
        return parent, parent.primary
    if not option.is_primary and (option.derived_option or {}).get("rate"):
        return plan, plan.primary
    return None


def restriction(world: World, plan: RatePlan, name: str, first: int, last: int, depth: int = 0) -> Sequence[int]:
    """One restriction of nights first..last (date ordinals, both included); flags are 0 or 1."""
    parent = parent_of(world, plan)
    if parent is not None and plan.attributes[f"inherit_{name}"] and depth <= 5:
        return restriction(world, parent, name, first, last, depth + 1)
    return plan.restrictions[name].slice(first, last)
