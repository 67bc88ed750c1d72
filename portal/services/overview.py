"""A hotel this morning: who comes, goes and stays, how its connections are, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import and_, select

from portal import tenancy
from portal.extensions import db
from portal.models import Conflict, ConflictType, Connection, ConnectionState, Incident, Property, RatePlan, RoomType
from portal.services import connection_health, connections, incidents, properties, reservations
from portal.services.connection_health import Report

MOST_STAYS = 30
MOST_PROBLEMS = 50
_MISSING_ROOM = (ConflictType.OVERBOOKING, ConflictType.UNMAPPED)


@dataclass(frozen=True)
class Stays:
    """Some reservations, and how many there are in all."""

    lines: Sequence[reservations.Line]
    total: int


@dataclass(frozen=True)
class Overview:
    """`conflicts` and `incidents` leave out what `unplaced` shows already. `names`: of room types and plans, by id."""

    today: date  # the property's
    arrivals: Stays
    departures: Stays
    in_house: Stays
    reports: Sequence[Report]
    unplaced: Stays
    incidents: Sequence[Incident]
    conflicts: Sequence[Conflict]
    names: dict[str, str] = field(default_factory=dict)

    @property
    def problems(self) -> int:
        return self.unplaced.total + len(self.incidents) + len(self.conflicts)

    def provider_of(self, incident: Incident) -> str:
        """The provider the incident's connection talks to."""
        found = {report.connection.id: report.connection.provider for report in self.reports}
        return found.get(incident.connection_id, "channex") if incident.connection_id else "channex"


def read(property: Property) -> Overview:
    """Everything the overview shows, in the property's own today."""
    today = properties.today(property)
    unplaced, arrivals, departures, in_house = _stays(
        property.id,
        reservations.Filters(unplaced=True, first=today),
        reservations.Filters(arriving=today),
        reservations.Filters(departing=today),
        reservations.Filters(in_house=today),
    )
    known = {str(line.reservation.id) for line in unplaced.lines}
    open_incidents = [row for row in incidents.open_ones(property.id, MOST_PROBLEMS) if not _shown(row, known)]
    found = connection_health.reports(_open_connections(property.id))
    return Overview(
        today=today,
        arrivals=arrivals,
        departures=departures,
        in_house=in_house,
        reports=found,
        unplaced=unplaced,
        incidents=open_incidents,
        conflicts=[row for row in _conflicts(property.id) if not _says_the_same(row, known)],
        names=subject_names(property.id) if open_incidents else {},
    )


def subject_names(property_id: UUID) -> dict[str, str]:
    """What people call the room types and rate plans of a property, by id as text: `Double · Flexible`."""
    plan_of_type = and_(RatePlan.organization_id == RoomType.organization_id, RatePlan.room_type_id == RoomType.id)
    query = (
        select(RoomType.id, RoomType.name, RatePlan.id, RatePlan.name)
        .outerjoin(RatePlan, plan_of_type)
        .where(RoomType.organization_id == tenancy.required(), RoomType.property_id == property_id)
    )
    found: dict[str, str] = {}
    for type_id, room_type, plan_id, plan in db.session.execute(query):
        found[str(type_id)] = room_type
        if plan_id is not None:
            found[str(plan_id)] = f"{room_type} · {plan}"
    return found


def _stays(property_id: UUID, *lists: reservations.Filters) -> list[Stays]:
    pages = reservations.first_pages(property_id, lists, size=MOST_STAYS)
    return [Stays(page.lines, page.total or 0) for page in pages]


def _open_connections(property_id: UUID) -> list[Connection]:
    return [
        connection
        for connection in connections.of_property(property_id)
        if connection.state is not ConnectionState.DISCONNECTED
    ]


def _shown(incident: Incident, unplaced: set[str]) -> bool:
    return incident.facts.get("reservation_id") in unplaced


def _says_the_same(conflict: Conflict, unplaced: set[str]) -> bool:
    return conflict.type in _MISSING_ROOM and str(conflict.reservation_id) in unplaced


def _conflicts(property_id: UUID) -> Sequence[Conflict]:
    return db.session.scalars(
        select(Conflict)
        .where(
            Conflict.organization_id == tenancy.required(),
            Conflict.property_id == property_id,
            Conflict.resolved_at.is_(None),
        )
        .order_by(Conflict.id.desc())
        .limit(MOST_PROBLEMS)
    ).all()
