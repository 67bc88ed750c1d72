"""What a bulk edit would do, as rows a person reads: neighbouring nights that change alike are one row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain.rate_edits import Concern
from portal.extensions import db
from portal.models import RatePlan, RoomType
from portal.services.rate_changes import Outcome
from providers.types import Cell


@dataclass(frozen=True)
class Row:
    """Nights `first` to `last`, both included, of one plan."""

    rate_plan_id: UUID
    first: date
    last: date
    before: Cell
    after: Cell
    concerns: frozenset[Concern]


@dataclass(frozen=True)
class Sums:
    """The live sentence in numbers."""

    nights: int
    changed: int
    equal: int
    following: int
    past: int
    odd: int
    forbidden: bool
    concerns: Sequence[tuple[Concern, int]]


@dataclass(frozen=True)
class PlanName:
    """A rate plan with its room type, as lists name it."""

    id: UUID
    room_type_id: UUID
    room_type: str
    name: str
    currency: str

    def __str__(self) -> str:
        return f"{self.room_type} · {self.name}"


def rows(outcome: Outcome) -> list[Row]:
    """The changed cells by plan and night."""
    found: list[Row] = []
    for plan_id, night in outcome.changed:
        row = Row(
            plan_id, night, night, outcome.before[plan_id][night], outcome.after[plan_id][night],
            outcome.odd.get((plan_id, night), frozenset()),
        )  # fmt: skip
        last = found[-1] if found else None
        if (
            last is not None
            and last.last + timedelta(days=1) == night
            and row == replace(last, first=night, last=night)
        ):
            found[-1] = replace(last, last=night)
        else:
            found.append(row)
    return found


def sums(outcome: Outcome) -> Sums:
    changed = outcome.changed
    concerns = Counter(concern for each in outcome.odd.values() for concern in each)
    return Sums(
        nights=len({night for _, night in outcome.asked}),
        changed=len(changed),
        equal=len(outcome.asked) - len(changed),
        following=outcome.following,
        past=outcome.past,
        odd=len(outcome.odd),
        forbidden=outcome.forbidden(),
        concerns=sorted(concerns.items()),
    )


def plan_names(property_id: UUID, *, in_use: bool = False) -> dict[UUID, PlanName]:
    """Every plan of a property in the house's order, also those not in use any more unless `in_use` says so."""
    query = (
        select(RatePlan, RoomType.name)
        .join(RoomType, (RoomType.organization_id == RatePlan.organization_id) & (RoomType.id == RatePlan.room_type_id))
        .where(RatePlan.organization_id == tenancy.required(), RatePlan.property_id == property_id)
        .order_by(RoomType.position, RoomType.name, RatePlan.position, RatePlan.name)
    )
    if in_use:
        query = query.where(RatePlan.archived_at.is_(None))
    return {
        plan.id: PlanName(plan.id, plan.room_type_id, room_type, plan.name, plan.currency)
        for plan, room_type in db.session.execute(query)
    }
