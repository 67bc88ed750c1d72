"""Hotels for the tests of the services: plain functions with defaults, each through the services themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.extensions import db
from portal.models import (
    Connection,
    Lane,
    Organization,
    Property,
    RatePlan,
    Reservation,
    ReservationRoom,
    Room,
    RoomType,
)
from portal.models.base import new_id
from portal.services import organizations, properties, rates, reservations, room_types, rooms
from portal.services.lanes import windows_of
from providers.types import LaneKind, Person

MAY = date(2031, 5, 1)


def night(number: int) -> date:
    """The night of the given day of May 2031; 32 is the first of June."""
    return MAY + timedelta(days=number - 1)


@dataclass
class Hotel:
    """One property with a room type and its rooms."""

    organization: Organization
    property: Property
    room_type: RoomType
    rooms: Sequence[Room]
    id: UUID  # of the property; a plain value, readable for whomever the code works


def make_hotel(name: str = "Seaview", *, numbers: Sequence[str] = ("101", "102"), **facts: Any) -> Hotel:
    """A hotel of an organization of its own. The caller works for it with `tenancy.of(hotel.organization.id)`."""
    organization = organizations.create(f"{name} Ltd")
    with tenancy.of(organization.id):
        values = {"currency": "EUR", "timezone": "Europe/Lisbon", "country": "PT", **facts}
        property = properties.create(properties.Facts(name=name, **values))
        facts_of_type = room_types.TypeFacts(name="Double", max_children=2)
        room_type = room_types.create(property.id, facts_of_type, numbers)
        return Hotel(organization, property, room_type, rooms.listed(property.id), property.id)


def make_plan(hotel: Hotel, name: str = "Flexible", rate: str | None = "100", **facts: Any) -> RatePlan:
    values = {"room_type_id": hotel.room_type.id, "base_rate": Decimal(rate) if rate else None, **facts}
    return rates.create_plan(hotel.id, rates.PlanFacts(name=name, **values))


def sell(
    hotel: Hotel, first: int, until: int, *, guest: str = "Ana Silva", key: str | None = None, **room: Any
) -> Reservation:
    """Sell one room from the night of `first` to the morning of `until`, days of May 2031."""
    values = {"room_type_id": hotel.room_type.id, "amount": Decimal(300), **room}
    request = reservations.RoomRequest(check_in=night(first), check_out=night(until), **values)
    person = Person(name=guest.split()[0], surname=guest.split()[1])
    return reservations.create(hotel.id, reservations.SaleRequest(rooms=(request,), guest=person), key)


def store_unplaced(hotel: Hotel, first: int, until: int, room_type_id: UUID | None) -> ReservationRoom:
    """What an OTA sold and no room was found for. None: sold as a product nobody mapped."""
    reservation = Reservation(
        property_id=hotel.id,
        code=f"OTA{first}{until}",
        source="ota",
        channel="BDC",
        status="confirmed",
        check_in=night(first),
        check_out=night(until),
        currency=hotel.property.currency,
    )
    db.session.add(reservation)
    db.session.flush()
    row = ReservationRoom(
        reservation_id=reservation.id,
        property_id=hotel.id,
        room_type_id=room_type_id,
        check_in=night(first),
        check_out=night(until),
    )
    db.session.add(row)
    db.session.commit()
    return row


def room_of(reservation: Reservation) -> ReservationRoom:
    """The first room of a reservation, as the database has it."""
    query = select(ReservationRoom).where(ReservationRoom.reservation_id == reservation.id)
    query = query.order_by(ReservationRoom.position).execution_options(populate_existing=True)
    return db.session.scalars(query).first()


def make_lanes(hotel: Hotel, plans: Sequence[RatePlan] = ()) -> None:
    """A connection with a clean lane for the room type and for each plan."""
    connection = Connection(property_id=hotel.id, provider="channex", external_property_id=str(new_id()))
    db.session.add(connection)
    db.session.flush()
    kinds = [(LaneKind.AVAILABILITY, hotel.room_type.id, None), *((LaneKind.RATES, None, plan.id) for plan in plans)]
    for kind, room_type_id, plan_id in kinds:
        db.session.add(
            Lane(
                connection_id=connection.id,
                property_id=hotel.id,
                kind=kind,
                room_type_id=room_type_id,
                rate_plan_id=plan_id,
                external_id=str(new_id()),
            )
        )
    db.session.commit()


def dirty(subject: RoomType | RatePlan) -> list[tuple[date, date]]:
    """The nights waiting to go out for a room type or a plan, as closed windows."""
    query = select(Lane).where((Lane.room_type_id == subject.id) | (Lane.rate_plan_id == subject.id))
    lane = db.session.scalars(query.execution_options(populate_existing=True)).one()
    return [tuple(window) for window in windows_of(lane.dirty)]
