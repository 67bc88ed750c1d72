"""What a push of prices has to say of whole room types, for providers that keep restrictions with the room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain.nights import each
from portal.extensions import db
from portal.models import Connection, RateMapping, RatePlan, RoomMapping
from portal.services import availability, rates
from providers.registry import connector_class
from providers.types import Cell, LaneKind, RoomNights

if TYPE_CHECKING:
    from portal.services.push_batch import LanePlan


def wanted(connection: Connection, lanes: Sequence[LanePlan]) -> dict[str, RoomNights]:
    """Per room type of the provider: the units for sale and every mapped plan's cell, on the nights that go out."""
    if connector_class(connection.provider).restrictions_of != "room_type":
        return {}
    plans = {plan: (room, external) for plan, room, external in _plans(connection)}
    nights: dict[UUID, set[date]] = {}
    for lane in lanes:
        if lane.kind is LaneKind.RATES and lane.subject_id in plans:
            spoken = {night for run in lane.runs for night in each(run.first, run.last)}
            if spoken:
                nights.setdefault(plans[lane.subject_id][0], set()).update(spoken)
    if not nights:
        return {}
    first, last = min(min(each) for each in nights.values()), max(max(each) for each in nights.values())
    units = availability.calendar(connection.property_id, first, last)
    beside = {plan: external for plan, (room, external) in plans.items() if room in nights}
    cells = rates.calendar(connection.property_id, first, last, list(beside))
    return {
        external: RoomNights(
            {night: units[room][night] for night in nights[room] if night in units.get(room, {})},
            {beside[plan]: _only(cells.get(plan, {}), nights[room]) for plan in beside if plans[plan][0] == room},
        )
        for room, external in _rooms(connection)
        if room in nights
    }


def _only(cells: Mapping[date, Cell], nights: set[date]) -> dict[date, Cell]:
    return {night: cells[night] for night in nights if night in cells}


def _plans(connection: Connection) -> list[tuple[UUID, UUID, str]]:
    """Each mapped plan: ours, our room type, the provider's name of the plan."""
    rows = db.session.execute(
        select(RateMapping.rate_plan_id, RatePlan.room_type_id, RateMapping.external_id)
        .join(
            RatePlan,
            (RatePlan.organization_id == RateMapping.organization_id) & (RatePlan.id == RateMapping.rate_plan_id),
        )
        .where(RateMapping.organization_id == tenancy.required(), RateMapping.connection_id == connection.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _rooms(connection: Connection) -> list[tuple[UUID, str]]:
    rows = db.session.execute(
        select(RoomMapping.room_type_id, RoomMapping.external_id).where(
            RoomMapping.organization_id == tenancy.required(), RoomMapping.connection_id == connection.id
        )
    )
    return [(row[0], row[1]) for row in rows]
