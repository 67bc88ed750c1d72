"""Changing what was sold, and looking first what a change would do: one code for both, so the preview is the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from portal.db import unit_of_work
from portal.domain import money
from portal.domain.nights import Window, windows_of
from portal.domain.reservations import OCCUPYING, Status
from portal.models import Property, Reservation, ReservationRoom
from portal.services import guests, properties, room_types
from portal.services import reservation_desk as desk
from portal.services.errors import NotFound, Refused
from portal.services.reservation_prices import RoomRequest, amount, by_plan, check_people, check_stay, spread
from portal.services.reservation_sales import total
from providers.types import Person

_FIELDS = ("check_in", "check_out", "room_type_id", "rate_plan_id", "adults", "children", "infants", "amount")


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
    reprice: bool = False  # the rate plan says the price of the new stay; wins over `amount`
    price_reason: str | None = None
    notes: str | None = None
    guest: Person | None = None


@dataclass(frozen=True)
class Preview:
    """What a change would do. `changes` is {field: (before, after)}; nights are windows per room type (None: any)."""

    changes: Mapping[str, tuple[Any, Any]]
    freed: Mapping[UUID | None, Sequence[Window]]
    taken: Mapping[UUID | None, Sequence[Window]]
    before: Decimal | None  # of the whole reservation
    after: Decimal | None


class _OnlyLooking(Exception):
    """Ends the unit of work of a preview: nothing of it stays."""


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
        before, footprint = desk.snapshot(reservation, rows), desk.footprint(rows)
        _apply(property_id, reservation, rows, wanted, reservation_room_id, footprint)
        desk.finish(reservation, rows, "reservation.changed", before)
    return reservation


def preview(
    property_id: UUID,
    reservation_id: UUID,
    wanted: StayChange,
    *,
    reservation_room_id: UUID | None = None,
    version: int | None = None,
) -> Preview:
    """Say what `change` would do with the same arguments, and do nothing. Raises what `change` raises."""
    found: list[Preview] = []
    try:
        with unit_of_work():
            reservation, rows = desk.hold(property_id, reservation_id, version)
            before, footprint, costs = desk.snapshot(reservation, rows), desk.footprint(rows), reservation.amount
            _apply(property_id, reservation, rows, wanted, reservation_room_id, footprint)
            after, takes = desk.snapshot(reservation, rows), desk.footprint(rows)
            changes = {name: (before.get(name), value) for name, value in after.items() if before.get(name) != value}
            freed, taken = _by_type(footprint - takes), _by_type(takes - footprint)
            found.append(Preview(changes, freed, taken, costs, reservation.amount))
            raise _OnlyLooking
    except _OnlyLooking:
        return found[0]


def _apply(
    property_id: UUID,
    reservation: Reservation,
    rows: Sequence[ReservationRoom],
    wanted: StayChange,
    reservation_room_id: UUID | None,
    footprint: desk.Footprint,
) -> None:
    if reservation.status not in OCCUPYING:
        raise Refused("A reservation that is “%(status)s” is not changed any more.", status=Status(reservation.status))
    chosen = [row for row in rows if row.active and reservation_room_id in (None, row.id)]
    if not chosen:
        raise NotFound(f"room {reservation_room_id} of reservation {reservation.id}")
    hotel = properties.find(property_id)
    if wanted.guest is not None:
        reservation.guest_id = guests.find_or_create(wanted.guest, provider="desk", country=hotel.country).id
    moved = [row for row in chosen if _change_room(hotel, row, wanted, reservation.currency)]
    for name in ("notes", "price_reason"):
        if (said := getattr(wanted, name)) is not None:
            reservation.details = {**(reservation.details or {}), name: said or None}
    if wanted.amount is not None or wanted.reprice:
        reservation.amount = total(rows)
    desk.span(reservation, rows)
    if moved:
        keep = wanted.room_type_id is None
        desk.take(property_id, moved, footprint, desk.cause(reservation), among=rows, keep=keep)
        desk.close_room_tasks(reservation, rows)


def _change_room(hotel: Property, row: ReservationRoom, wanted: StayChange, currency: str) -> bool:
    """Write the wishes into the row; True when it wants other nights, or another kind of room."""
    new: dict[str, Any] = {name: value for name in _FIELDS if (value := getattr(wanted, name)) is not None}
    old = {name: getattr(row, name) for name in new}
    if wanted.amount is not None:
        new["amount"] = amount(wanted.amount, currency)
    for name, value in new.items():
        setattr(row, name, value)
    check_stay(row.check_in, row.check_out)
    if row.room_type_id is not None and new.keys() & {"room_type_id", "adults", "children", "infants"}:
        check_people(room_types.find(hotel.id, row.room_type_id), row.adults, row.children, row.infants)
    if wanted.reprice:
        _reprice(hotel, row, currency)
    elif new.keys() & {"check_in", "check_out", "amount"} and row.amount is not None:
        row.nightly = spread(row.amount, row.check_in, row.check_out, currency)
    return any(old.get(name, new.get(name)) != new.get(name) for name in ("check_in", "check_out", "room_type_id"))


def _reprice(hotel: Property, row: ReservationRoom, currency: str) -> None:
    if currency != hotel.currency:
        raise Refused("This stay is paid in %(paid)s, the plans are in %(plans)s: say what it costs.",
                      paid=currency, plans=hotel.currency, field="amount")  # fmt: skip
    if row.room_type_id is None:
        raise Refused("Choose a room type first.", field="room_type_id")
    stay = RoomRequest(
        room_type_id=row.room_type_id, rate_plan_id=row.rate_plan_id, check_in=row.check_in, check_out=row.check_out
    )
    prices = by_plan(hotel, stay)
    row.amount = sum(prices.values(), Decimal(0))
    row.nightly = {night.isoformat(): money.wire(price, currency) for night, price in prices.items()}


def _by_type(nights: desk.Footprint) -> dict[UUID | None, Sequence[Window]]:
    found: dict[UUID | None, set[date]] = {}
    for room_type_id, night in nights:
        found.setdefault(room_type_id, set()).add(night)
    return {room_type_id: windows_of(days) for room_type_id, days in found.items()}
