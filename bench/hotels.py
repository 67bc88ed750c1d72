"""Hotels to measure with: made through the services, connected by the workers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from bench.house import House
from portal import tenancy
from portal.services import organizations, properties, provision, rates, room_types


@dataclass(frozen=True)
class Hotel:
    """One property of one organization, connected. The ids are ours, `external_id` the provider's."""

    organization_id: UUID
    property_id: UUID
    connection_id: UUID
    external_id: str
    room_types: tuple[UUID, ...]
    rate_plans: tuple[UUID, ...]


def connected(house: House, count: int, *, types: int = 2, plans: int = 1, rooms: int = 12) -> list[Hotel]:
    """Make hotels, have the workers create them at the provider, and wait until their calendars are accepted.

    Each is of an organization of its own. `plans` are per room type, `rooms` too.
    """
    made = [_make(f"Hotel {number}", types, plans, rooms) for number in range(1, count + 1)]
    house.start("workers", "scheduler")
    house.wait("hotels connected and in step", lambda: _ready(house, [each[2] for each in made]), 300)
    externals = dict(house.ask("select id, external_property_id from connections"))
    return [
        Hotel(organization, hotel, connection, externals[connection], tuple(type_ids), tuple(plan_ids))
        for organization, hotel, connection, type_ids, plan_ids in made
    ]


def _make(name: str, types: int, plans: int, rooms: int) -> tuple[UUID, UUID, UUID, list[UUID], list[UUID]]:
    organization = organizations.create(f"{name} Ltd")
    with tenancy.of(organization.id):
        hotel = properties.create(properties.Facts(name=name, currency="EUR", timezone="Europe/Lisbon", country="PT"))
        type_ids: list[UUID] = []
        plan_ids: list[UUID] = []
        for kind in range(1, types + 1):
            numbers = [f"{kind}{number:02}" for number in range(1, rooms + 1)]
            facts = room_types.TypeFacts(name=f"Type {kind}", position=kind)
            room_type = room_types.create(hotel.id, facts, numbers)
            type_ids.append(room_type.id)
            for number in range(1, plans + 1):
                terms = rates.PlanFacts(
                    room_type_id=room_type.id, name=f"Plan {number}", base_rate=Decimal(80 + 10 * kind + 5 * number)
                )
                plan_ids.append(rates.create_plan(hotel.id, terms).id)
        connection = provision.request(hotel)
    return organization.id, hotel.id, connection.id, type_ids, plan_ids


def _ready(house: House, connections: list[UUID]) -> bool:
    rows = house.ask(
        """
        select c.id from connections c where c.id = any(%(ids)s) and c.state = 'active'
            and exists (select from lanes l where l.connection_id = c.id)
            and not exists (select from lanes l where l.connection_id = c.id and l.due_at is not null)
        """,
        {"ids": connections},
    )
    return len(rows) == len(connections)


def quiet(house: House) -> bool:
    """True when nothing waits anywhere: no delivery, no message, no acknowledgement, no lane."""
    (counts,) = house.ask(
        """
        select (select count(*) from webhook_events where state = 'received'),
               (select count(*) from inbox where state = 'received' or acknowledged_at is null),
               (select count(*) from lanes where due_at is not null)
        """
    )
    return not any(counts)
