"""Selling a room ourselves: checked and taken under one lock per room type.

Unlike a channel's booking, which is sold already, a sale made here is refused when there is no room.
Restrictions (minimum stay, closed to arrival, stop sell) bind channels; a person at the desk may sell past them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.channels import DIRECT
from portal.domain.reservations import Source, Status
from portal.extensions import db
from portal.models import Guest, Property, Reservation, ReservationRoom
from portal.services import guests, locks, properties, rooms
from portal.services import reservation_desk as desk
from portal.services.errors import Refused
from portal.services.reservation_prices import RoomRequest as RoomRequest
from portal.services.reservation_prices import priced
from providers.types import Person as Person

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another over the phone
_MOST_ROOMS = 50


@dataclass(frozen=True, kw_only=True)
class SaleRequest:
    """What a guest asks for in one go."""

    rooms: tuple[RoomRequest, ...]
    guest: Person
    source: Source = Source.DIRECT
    channel: str = DIRECT
    pending: bool = False  # awaits confirmation, and holds its nights meanwhile
    guest_id: UUID | None = None  # one the house knows already; None: found by e-mail or phone, else new
    notes: str = ""
    arrival_hour: str = ""
    price_reason: str = ""  # why it is not the plan's price


def create(property_id: UUID, request: SaleRequest, idempotency_key: str | None = None) -> Reservation:
    """Sell rooms, or refuse in words when one is not there for all of its nights.

    The same `idempotency_key` again gives the reservation of the first time. Raises `Refused`, `NotFound`.
    """
    with unit_of_work():
        if idempotency_key:
            locks.hold(locks.Kind.REQUEST, [idempotency_key])
            if known := _sold_before(property_id, idempotency_key):
                return known
        hotel = properties.find(property_id)
        wanted = _checked(hotel, request)
        guest = _guest(hotel, request)
        reservation = _new(hotel, request, guest.id, idempotency_key)
        rows = [_new_room(reservation, position, room) for position, room in enumerate(wanted)]
        reservation.amount = total(rows)
        desk.span(reservation, rows)
        db.session.add(reservation)
        db.session.flush()
        db.session.add_all(rows)
        desk.take(property_id, rows, desk.Footprint(), desk.cause(reservation))
        _keep_to_the_rooms_asked_for(property_id, rows, wanted)
        desk.finish(reservation, rows, desk.SOLD, {})
        reservation.version = 1
    return reservation


def _sold_before(property_id: UUID, idempotency_key: str) -> Reservation | None:
    found: Reservation | None = db.session.scalar(
        select(Reservation).where(
            Reservation.organization_id == tenancy.required(),
            Reservation.idempotency_key == idempotency_key,
        )
    )
    if found is not None and found.property_id != property_id:
        raise Refused("This request was already used for another property.")
    return found


def _checked(hotel: Property, request: SaleRequest) -> list[RoomRequest]:
    """The rooms with their prices filled in. Raises `Refused`, `NotFound`."""
    if not 0 < len(request.rooms) <= _MOST_ROOMS:
        raise Refused("A reservation has from one to %(most)s rooms.", most=_MOST_ROOMS, field="rooms")
    if not request.guest.full_name:
        raise Refused("A reservation needs the guest's name.", field="name")
    return [priced(hotel, room) for room in request.rooms]


def _new(hotel: Property, request: SaleRequest, guest_id: UUID, idempotency_key: str | None) -> Reservation:
    return Reservation(
        property_id=hotel.id,
        code="RW-" + "".join(secrets.choice(_LETTERS) for _ in range(8)),
        source=request.source,
        channel=request.channel[:8],
        status=Status.PENDING if request.pending else Status.CONFIRMED,
        guest_id=guest_id,
        currency=hotel.currency,
        payment_collect="property",
        details={
            "notes": request.notes or None,
            "arrival_hour": request.arrival_hour or None,
            "price_reason": request.price_reason or None,
        },
        booked_at=datetime.now(UTC),
        idempotency_key=idempotency_key,
    )


def _new_room(reservation: Reservation, position: int, room: RoomRequest) -> ReservationRoom:
    values = {key: value for key, value in vars(room).items() if key != "guest_name"}
    row = ReservationRoom(
        reservation_id=reservation.id,
        property_id=reservation.property_id,
        position=position,
        active=True,
        **values,
    )
    row.guest_name = room.guest_name or None
    return row


def _guest(hotel: Property, request: SaleRequest) -> Guest:
    if request.guest_id is None:
        return guests.find_or_create(request.guest, provider="desk", country=hotel.country)
    known = guests.going_on(request.guest_id)
    # Who was chosen from the list keeps the name the house knows, however little of it was typed.
    contact = replace(request.guest, name=None, surname=None)
    guests.refresh(known, contact, provider="desk", country=hotel.country)
    return known


def _keep_to_the_rooms_asked_for(
    property_id: UUID, rows: Sequence[ReservationRoom], wanted: Sequence[RoomRequest]
) -> None:
    for row, request in zip(rows, wanted, strict=True):
        if request.room_id is not None and row.room_id != request.room_id:
            number = rooms.find(property_id, request.room_id).number
            raise Refused("Room %(number)s is not free for all of these nights.", number=number, field="room_id")


def sold_with(property_id: UUID, idempotency_key: str) -> Reservation | None:
    """What was sold by the form that carries this key, None when it was not sent yet."""
    found: Reservation | None = db.session.scalar(
        select(Reservation).where(
            Reservation.organization_id == tenancy.required(),
            Reservation.property_id == property_id,
            Reservation.idempotency_key == idempotency_key,
        )
    )
    return found


def total(rows: Sequence[ReservationRoom]) -> Decimal | None:
    """What the active rooms cost together; None while one of them has no price."""
    amounts = [row.amount for row in rows if row.active]
    return None if any(amount is None for amount in amounts) else sum((a for a in amounts if a is not None), Decimal(0))
