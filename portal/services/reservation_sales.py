"""Selling a room ourselves, and changing what was sold: checked and taken under one lock per room type.

Unlike a channel's booking, which is sold already, a sale made here is refused when there is no room.
Restrictions (minimum stay, closed to arrival, stop sell) bind channels; a person at the desk may sell past them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.channels import DIRECT
from portal.domain.reservations import OCCUPYING, Source, Status
from portal.extensions import db
from portal.models import Property, Reservation, ReservationRoom
from portal.services import guests, locks, properties, room_types, rooms
from portal.services import reservation_desk as desk
from portal.services.errors import NotFound, Refused
from portal.services.reservation_prices import RoomRequest as RoomRequest
from portal.services.reservation_prices import amount, check_people, check_stay, priced, spread
from providers.types import Person

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
    notes: str = ""
    arrival_hour: str = ""


@dataclass(frozen=True, kw_only=True)
class StayChange:
    """What is to be different; None leaves a field as it is."""

    check_in: date | None = None
    check_out: date | None = None
    room_type_id: UUID | None = None
    rate_plan_id: UUID | None = None
    adults: int | None = None
    children: int | None = None
    infants: int | None = None
    amount: Decimal | None = None  # of the room
    notes: str | None = None
    guest: Person | None = None


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
        guest = guests.find_or_create(request.guest, provider="desk", country=hotel.country)
        reservation = _new(hotel, request, guest.id, idempotency_key)
        rows = [_new_room(reservation, position, room) for position, room in enumerate(wanted)]
        reservation.amount = _total(rows)
        desk.span(reservation, rows)
        db.session.add(reservation)
        db.session.flush()
        db.session.add_all(rows)
        _take(property_id, rows, desk.Footprint(), desk.cause(reservation))
        desk.finish(reservation, rows, "reservation.created", {})
        reservation.version = 1
    return reservation


def change(
    property_id: UUID,
    reservation_id: UUID,
    wanted: StayChange,
    *,
    reservation_room_id: UUID | None = None,
    version: int | None = None,
) -> Reservation:
    """Change one room of a reservation, or all of them; refuse in words what there is no room for.

    `version` is the one the person saw: raises `StaleEdit` when it moved on, `Refused`, `NotFound`.
    """
    with unit_of_work():
        reservation, rows = desk.hold(property_id, reservation_id, version)
        if reservation.status not in OCCUPYING:
            raise Refused(f"A reservation that is {reservation.status.replace('_', ' ')} is not changed any more.")
        chosen = [row for row in rows if row.active and reservation_room_id in (None, row.id)]
        if not chosen:
            raise NotFound(f"room {reservation_room_id} of reservation {reservation_id}")
        hotel = properties.find(property_id)
        before, footprint = desk.snapshot(reservation, rows), desk.footprint(rows)
        if wanted.guest is not None:
            guest = guests.find_or_create(wanted.guest, provider="desk", country=hotel.country)
            reservation.guest_id = guest.id
        moved = [row for row in chosen if _change_room(property_id, row, wanted, reservation.currency)]
        if wanted.notes is not None:
            reservation.details = {**(reservation.details or {}), "notes": wanted.notes or None}
        if wanted.amount is not None:
            reservation.amount = _total(rows)
        desk.span(reservation, rows)
        if moved:
            _take(property_id, moved, footprint, desk.cause(reservation), among=rows, keep=wanted.room_type_id is None)
            desk.close_room_tasks(reservation, rows)
        desk.finish(reservation, rows, "reservation.changed", before)
    return reservation


def _take(
    property_id: UUID,
    rows: Sequence[ReservationRoom],
    before: desk.Footprint,
    cause: str,
    *,
    among: Sequence[ReservationRoom] | None = None,
    keep: bool = False,
) -> None:
    waiting = {row.id for row in rows if row.room_id is None} if among else set()
    unplaced = set(rooms.take(property_id, rows, keep_upgrades=keep)) - waiting
    after = desk.footprint(among or rows)
    desk.refuse_oversold(property_id, before, after)
    if unplaced:
        raise Refused(
            "No single room is free for the whole stay: move another stay first, or sell it in two parts.",
            field="room_type_id",
        )
    desk.mark(property_id, cause, before, after)


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
        raise Refused(f"A reservation has from one to {_MOST_ROOMS} rooms.", field="rooms")
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
        details={"notes": request.notes or None, "arrival_hour": request.arrival_hour or None},
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
        nightly=spread(room.amount, room.check_in, room.check_out, reservation.currency),
        **values,
    )
    row.guest_name = room.guest_name or None
    return row


def _total(rows: Sequence[ReservationRoom]) -> Decimal | None:
    amounts = [row.amount for row in rows if row.active]
    return None if any(amount is None for amount in amounts) else sum((a for a in amounts if a is not None), Decimal(0))


def _change_room(property_id: UUID, row: ReservationRoom, wanted: StayChange, currency: str) -> bool:
    """Write the wishes into the row; True when it wants other nights, or another kind of room."""
    fields = ("check_in", "check_out", "room_type_id", "rate_plan_id", "adults", "children", "infants", "amount")
    new: dict[str, Any] = {name: value for name in fields if (value := getattr(wanted, name)) is not None}
    old = {name: getattr(row, name) for name in new}
    if wanted.amount is not None:
        new["amount"] = amount(wanted.amount, currency)
    for name, value in new.items():
        setattr(row, name, value)
    check_stay(row.check_in, row.check_out)
    if row.room_type_id is not None and new.keys() & {"room_type_id", "adults", "children", "infants"}:
        check_people(room_types.find(property_id, row.room_type_id), row.adults, row.children, row.infants)
    if new.keys() & {"check_in", "check_out", "amount"} and row.amount is not None:
        row.nightly = spread(row.amount, row.check_in, row.check_out, currency)
    return any(old.get(name, new.get(name)) != new.get(name) for name in ("check_in", "check_out", "room_type_id"))
