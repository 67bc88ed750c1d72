"""Hotels to break things with: built by plain rows, connected by the portal's own workers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from chaos.world import World
from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db
from portal.models import Connection, ConnectionState, Lane, Property, RatePlan, Room, RoomType
from portal.services import organizations, provision

ZONES = ("Europe/Lisbon", "Asia/Tokyo", "America/New_York", "Pacific/Auckland")


@dataclass(frozen=True)
class Hotel:
    """One tenant's hotel and where it is at the simulated Channex."""

    organization_id: UUID
    connection_id: UUID
    external_id: str


def build(world: World, count: int, *, types: int = 3, rooms: int = 6, plans: int = 2) -> list[Hotel]:
    """Found so many tenants with a hotel each, and wait until the portal has connected them and sent everything."""
    connections: list[tuple[UUID, UUID]] = []
    for number in range(count):
        organization_id = organizations.create(f"Chaos Hotels {number}").id
        with tenancy.of(organization_id):
            property = _property(number, types, rooms, plans)
            connections.append((organization_id, provision.request(property).id))
    hotels = [_connected(world, *ids) for ids in connections]
    for hotel in hotels:
        world.control("POST", f"properties/{hotel.external_id}/channels", json={"code": "BDC"}).raise_for_status()
        world.control("POST", f"properties/{hotel.external_id}/channels", json={"code": "EXP"}).raise_for_status()
    return hotels


def _property(number: int, types: int, rooms: int, plans: int) -> Property:
    with unit_of_work():
        zone = ZONES[number % len(ZONES)]
        property = Property(name=f"Hotel {number}", currency="EUR", timezone=zone, country="PT")
        db.session.add(property)
        db.session.flush()
        for kind in range(types):
            row = RoomType(property_id=property.id, name=f"Type {kind}", max_adults=3, position=kind)
            db.session.add(row)
            db.session.flush()
            for room in range(rooms):
                db.session.add(Room(property_id=property.id, room_type_id=row.id, number=f"{kind}{room:02}"))
            for plan in range(plans):
                rate = Decimal(80 + 20 * kind + 5 * plan)
                facts = {"name": f"Plan {plan}", "currency": "EUR", "base_rate": rate}
                db.session.add(RatePlan(property_id=property.id, room_type_id=row.id, **facts))
    return property


def _connected(world: World, organization_id: UUID, connection_id: UUID) -> Hotel:
    with tenancy.of(organization_id):
        world.wait(lambda: _in_step(connection_id), "connecting the hotels")
        query = select(Connection.external_property_id).where(Connection.id == connection_id)
        external_id = db.session.scalar(query) or ""
        end_reading()
    return Hotel(organization_id, connection_id, external_id)


def _in_step(connection_id: UUID) -> bool:
    active = select(Connection.id).where(Connection.id == connection_id, Connection.state == ConnectionState.ACTIVE)
    waiting = select(Lane.id).where(Lane.connection_id == connection_id, Lane.due_at.is_not(None))
    found = db.session.scalar(active) is not None and db.session.scalar(waiting.limit(1)) is None
    end_reading()
    return found
