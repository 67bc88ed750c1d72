"""A rate plan's beginning and end: opened here and, when wished, at the channel managers; out of use, and back.

Ending is fail-closed: a plan out of use stays mapped, its nights are sent as closed, and so are those that come into
reach day by day. So it can be used again, and no channel goes on selling what nobody looks at any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, DutyRow, Lane, RatePlan, ReservationRoom, RoomMapping
from portal.services import audit, connections, duties, properties, provision, rate_plans, rates, room_types, switches
from portal.services.errors import NotFound, Refused
from providers.registry import connector_class


class At(StrEnum):
    """Where a plan stands at one channel manager."""

    ABSENT = "absent"  # it does not know the plan
    WISHED = "wished"  # a worker is to create it there
    WAITING = "waiting"  # nights are on their way
    RESTING = "resting"  # nights wait, and this connection sends nothing at the moment
    REFUSED = "refused"
    SETTLED = "settled"  # it has what we say


@dataclass(frozen=True)
class Place:
    """`error`: what the last try of creating it said. `can_create`: a worker may create it there.

    `sends`: the connection says something at all at the moment.
    """

    connection: Connection
    at: At
    sends: bool
    can_create: bool = False
    error: str = ""

    @property
    def is_pending(self) -> bool:
        return self.at in (At.WISHED, At.WAITING)


@dataclass(frozen=True)
class Ending:
    """What taking a plan out of use would do: stays ahead sold by it stay as they are."""

    places: Sequence[Place]
    stays: int
    children: Sequence[str]  # derive their price from it, and have to end first
    is_last: bool  # nothing else sells its room type

    @property
    def sold_at(self) -> list[Place]:
        return [place for place in self.places if place.at is not At.ABSENT]


def open_plan(property_id: UUID, facts: rates.PlanFacts, *, there: bool) -> RatePlan:
    """Open a rate plan and, when wished, ask the workers to create it `there`. Raises `Refused`, `NotFound`."""
    with unit_of_work():
        plan = rates.add_plan(property_id, facts)
        if there:
            for connection in creators(property_id):
                if _knows_room(connection, plan):
                    duties.request(connection.id, Duty.PROVISION, {provision.wish(plan.id): True})
    return plan


def create_there(property_id: UUID, rate_plan_id: UUID, connection_id: UUID) -> bool:
    """Ask a worker to create a plan in use at one channel manager. False: it cannot, or knows it. Raises `NotFound`."""
    with unit_of_work():
        plan = rate_plans.find_plan(property_id, rate_plan_id)
        connection = connections.find(property_id, connection_id)
        asks = any(place.can_create and place.connection.id == connection.id for place in places(plan))
        if asks:
            duties.request(connection.id, Duty.PROVISION, {provision.wish(plan.id): True})
    return asks


def creators(property_id: UUID) -> list[Connection]:
    """The working connections of a property that can create a rate plan at their channel manager."""
    return [
        row
        for row in connections.of_property(property_id)
        if row.state is ConnectionState.ACTIVE and connector_class(row.provider).can("create_rate_plan")
    ]


def ending(property_id: UUID, rate_plan_id: UUID) -> Ending:
    """What `rates.archive_plan` would do. Raises `NotFound`."""
    plan = rate_plans.find_plan(property_id, rate_plan_id)
    stays = select(func.count(ReservationRoom.reservation_id.distinct())).where(
        ReservationRoom.organization_id == tenancy.required(),
        ReservationRoom.rate_plan_id == plan.id,
        ReservationRoom.active,
        ReservationRoom.check_out > properties.today(properties.find(property_id)),
    )
    others = [each for each in rate_plans.plans(property_id) if each.id != plan.id]
    return Ending(
        places=places(plan),
        stays=db.session.scalar(stays) or 0,
        children=[each.name for each in others if each.parent_id == plan.id],
        is_last=not any(each.room_type_id == plan.room_type_id for each in others),
    )


def restore(property_id: UUID, rate_plan_id: UUID) -> None:
    """Use a plan again: its nights go out as they are set. Raises `Refused` without its parent, `NotFound`."""
    with unit_of_work():
        plan = rate_plans.find_plan(property_id, rate_plan_id, lock=True, archived=True)
        if plan.archived_at is None:  # a second click
            return
        if room_types.find(property_id, plan.room_type_id).archived_at is not None:
            raise Refused("Its room type is out of use.")
        if plan.parent_id is not None:
            _check_parent(property_id, plan.parent_id)
        plan.archived_at = None
        audit.record("rate_plan.restored", "rate_plan", plan.id, property_id=property_id)
        db.session.flush()
        rate_plans.mark(property_id, plan, [properties.horizon(properties.find(property_id))], False, "plan restored")


def archived(property_id: UUID) -> Sequence[RatePlan]:
    """The plans out of use, the last one first."""
    query = select(RatePlan).where(
        RatePlan.organization_id == tenancy.required(),
        RatePlan.property_id == property_id,
        RatePlan.archived_at.is_not(None),
    )
    return db.session.scalars(query.order_by(RatePlan.archived_at.desc(), RatePlan.id)).all()


def places(plan: RatePlan) -> list[Place]:
    """Where a plan stands at each channel manager the property is connected to."""
    query = select(Lane).where(Lane.organization_id == tenancy.required(), Lane.rate_plan_id == plan.id)
    lanes = {lane.connection_id: lane for lane in db.session.scalars(query.execution_options(populate_existing=True))}
    able = {row.id for row in creators(plan.property_id)}
    found = []
    for row in connections.of_property(plan.property_id):
        if row.state is ConnectionState.DISCONNECTED:
            continue
        sends = row.state is ConnectionState.ACTIVE and switches.may(row, "push")
        if row.id in lanes:
            found.append(Place(row, _told(lanes[row.id], sends), sends))
            continue
        wished, error = _wished(row, plan)
        can_create = row.id in able and plan.archived_at is None and _knows_room(row, plan)
        found.append(Place(row, At.WISHED if wished and row.id in able else At.ABSENT, sends, can_create, error))
    return found


def _told(lane: Lane, sends: bool) -> At:
    if lane.due_at is not None:
        return At.WAITING if sends else At.RESTING
    return At.REFUSED if lane.refused else At.SETTLED


def _wished(connection: Connection, plan: RatePlan) -> tuple[bool, str]:
    row = db.session.execute(
        select(DutyRow.request, DutyRow.error)
        .where(
            DutyRow.organization_id == tenancy.required(),
            DutyRow.connection_id == connection.id,
            DutyRow.duty == Duty.PROVISION,
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or not (row.request or {}).get(provision.wish(plan.id)):
        return False, ""
    return True, row.error or ""


def _knows_room(connection: Connection, plan: RatePlan) -> bool:
    query = select(RoomMapping.id).where(
        RoomMapping.organization_id == tenancy.required(),
        RoomMapping.connection_id == connection.id,
        RoomMapping.room_type_id == plan.room_type_id,
    )
    return db.session.scalar(query) is not None


def _check_parent(property_id: UUID, parent_id: UUID) -> None:
    try:
        rate_plans.find_plan(property_id, parent_id, lock=True)
    except NotFound as missing:
        raise Refused("The plan its price follows is out of use: use that one again first.") from missing
