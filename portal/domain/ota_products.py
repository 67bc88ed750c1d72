"""An OTA's products beside our plans: what goes together without any doubt, and what a choice lacks. Pure.

Doubt is left to a person: here only names that are equal on both sides, once on each, are put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from providers.channel_types import OtaProduct

NOT_SOLD = "none"  # a person decided that this product is not sold through us


@dataclass(frozen=True)
class OurPlan:
    """A plan of ours that the channel manager has. `external_id` is its id there."""

    id: str
    room_name: str
    name: str
    occupancy: int
    external_id: str

    @property
    def label(self) -> str:
        return f"{self.room_name} · {self.name}"


def exact(products: Sequence[OtaProduct], plans: Sequence[OurPlan]) -> dict[str, str]:
    """Product key → plan id, for each pair of the same names that is the only one on both sides."""
    ours = Counter(_names(plan.room_name, plan.name) for plan in plans)
    theirs = Counter(_names(each.room_name, each.rate_name) for each in products)
    by_names = {_names(plan.room_name, plan.name): plan for plan in plans}
    found = {}
    for each in products:
        names = _names(each.room_name, each.rate_name)
        plan = by_names.get(names)
        if plan and ours[names] == theirs[names] == 1 and not each.readonly and _fits(each, plan):
            found[each.key] = plan.id
    return found


def is_clear(products: Sequence[OtaProduct], plans: Sequence[OurPlan]) -> bool:
    """Whether nothing is left to decide: every product has its one plan."""
    return bool(products) and len(exact(products, plans)) == len(products)


def problems(products: Sequence[OtaProduct], plans: Sequence[OurPlan], choices: Mapping[str, str]) -> dict[str, str]:
    """Product key → what is wrong: undecided, unknown, too_many_people, readonly. Under "": nothing_sold."""
    by_id = {plan.id: plan for plan in plans}
    found = {}
    for each in products:
        choice = choices.get(each.key, "")
        if not choice:
            found[each.key] = "undecided"
        elif choice == NOT_SOLD:
            continue
        elif choice not in by_id:
            found[each.key] = "unknown"
        elif each.readonly:
            found[each.key] = "readonly"
        elif not _fits(each, by_id[choice]):
            found[each.key] = "too_many_people"
    if not found and all(choices.get(each.key) == NOT_SOLD for each in products):
        found[""] = "nothing_sold"
    return found


def _fits(product: OtaProduct, plan: OurPlan) -> bool:
    return product.occupancy is None or product.occupancy <= plan.occupancy


def _names(room: str, rate: str) -> tuple[str, str]:
    return " ".join(room.casefold().split()), " ".join(rate.casefold().split())
