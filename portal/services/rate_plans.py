"""What every change of a rate plan shares: the plan held, its limits kept, its family marked. Helpers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain.nights import Window
from portal.extensions import db
from portal.models import RatePlan
from portal.services import lanes
from portal.services.errors import NotFound, Refused
from portal.services.sentences import Amount


def plans(property_id: UUID) -> Sequence[RatePlan]:
    """The rate plans in use, in the house's order."""
    query = select(RatePlan).where(
        RatePlan.organization_id == tenancy.required(),
        RatePlan.property_id == property_id,
        RatePlan.archived_at.is_(None),
    )
    return db.session.scalars(query.order_by(RatePlan.position, RatePlan.name)).all()


def find_plan(property_id: UUID, rate_plan_id: UUID, *, lock: bool = False, archived: bool = False) -> RatePlan:
    """The property's own plan in use; `lock` holds it against other edits, `archived` finds those out of use too.

    Raises `NotFound`.
    """
    query = select(RatePlan).where(
        RatePlan.organization_id == tenancy.required(),
        RatePlan.property_id == property_id,
        RatePlan.id == rate_plan_id,
    )
    if not archived:
        query = query.where(RatePlan.archived_at.is_(None))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    plan: RatePlan | None = db.session.scalar(query)
    if plan is None:
        raise NotFound(f"rate plan {rate_plan_id}")
    return plan


def check_limits(rate: Decimal | None, floor: Decimal | None, ceiling: Decimal | None, currency: str) -> None:
    """Refuse a price outside what the plan allows, and limits that allow none."""
    if floor is not None and ceiling is not None and floor > ceiling:
        raise Refused("The lowest price is above the highest one.", field="floor")
    if rate is not None and floor is not None and rate < floor:
        raise Refused(
            "The price is below the lowest one allowed for this plan, %(least)s.",
            least=Amount(floor, currency), field="rate",
        )  # fmt: skip
    if rate is not None and ceiling is not None and rate > ceiling:
        raise Refused(
            "The price is above the highest one allowed for this plan, %(most)s.",
            most=Amount(ceiling, currency), field="rate",
        )  # fmt: skip


def mark(property_id: UUID, plan: RatePlan, windows: Sequence[Window], urgent: bool, cause: str) -> None:
    """Mark these nights of a plan and of all that derive from it; inside a unit of work."""
    family = {plan.id}
    everyone = plans(property_id)
    while more := {child.id for child in everyone if child.parent_id in family} - family:
        family |= more
    lanes.mark(property_id, rate_plans=family, windows=windows, urgent=urgent, cause=f"{cause} of {plan.name}")
