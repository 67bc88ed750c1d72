"""The rooms of a channel's booking: made, merged, placed, and their nights marked to go out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from portal.domain import merge
from portal.domain.nights import Window, stay_window
from portal.domain.reservations import OCCUPYING, Status
from portal.extensions import db
from portal.models import Reservation, ReservationRoom
from portal.services import booking_state as state
from portal.services import lanes, rooms
from providers.types import BookedRoom, Revision

if TYPE_CHECKING:
    from portal.services.bookings import Desk

Footprint = dict[UUID, tuple[UUID | None, Window]]
"""The nights each active room of a reservation takes, and of which type; None: of any."""


def new(
    at: Desk, reservation: Reservation, revision: Revision, position: int, key: str, room: BookedRoom, *, active: bool
) -> ReservationRoom:
    guest_name = room.guests[0].full_name if room.guests else ""
    return ReservationRoom(
        organization_id=reservation.organization_id,
        reservation_id=reservation.id,
        property_id=at.property.id,
        position=position,
        room_type_id=at.products.room_type(room),
        rate_plan_id=at.products.rate_plan(room),
        active=active,
        check_in=room.check_in,
        check_out=room.check_out,
        adults=room.occupancy.adults,
        children=room.occupancy.children,
        infants=room.occupancy.infants,
        amount=room.amount,
        nightly=nightly(room),
        external_id=None if key.startswith("#") else key[:64],
        external_room_type_id=room.external_room_type_id,
        external_rate_plan_id=room.external_rate_plan_id,
        guest_name=guest_name or revision.customer.full_name or None,
    )


def nightly(room: BookedRoom) -> dict[str, str]:
    return {night.isoformat(): format(amount, "f") for night, amount in sorted(room.nightly.items())}


def details(revision: Revision) -> dict[str, Any]:
    """What staff read and no rule needs; sealed on the row."""
    return {
        "notes": revision.notes,
        "arrival_hour": revision.arrival_hour,
        "payment_type": revision.payment_type,
        "payment_card": dict(revision.payment_card),
        "channel_name": revision.channel_name,
        "kind": revision.kind.value,
        "charges": [
            {"kind": c.kind, "name": c.name, "amount": format(c.amount, "f"), "inclusive": c.inclusive, "note": c.note}
            for c in (*revision.charges, *(charge for room in revision.rooms for charge in room.charges))
        ],
    }


def merge_rooms(
    at: Desk,
    reservation: Reservation,
    booked: list[ReservationRoom],
    revision: Revision,
    base: dict[str, Any] | None,
    ours: dict[str, Any],
    theirs: dict[str, Any],
) -> dict[str, list[merge.Decision]]:
    """Bring each room to what the merge decides; a room they added is made, one they dropped ends."""
    base_rooms = base["rooms"] if base else {}
    rows = {state.room_key(row): row for row in booked}
    found: dict[str, list[merge.Decision]] = {}
    for position, (key, room) in enumerate(state.keyed(revision.rooms)):
        row = rows.get(key)
        if row is None:
            if key not in base_rooms:  # else staff took it off: ours stands
                row = new(at, reservation, revision, position, key, room, active=not room.cancelled)
                db.session.add(row)
                booked.append(row)
            continue
        found[key] = merge.decide(base_rooms.get(key), ours["rooms"][key], theirs["rooms"][key])
        _take(row, room, found[key])
    for key, row in rows.items():
        if key in base_rooms and key not in theirs["rooms"]:
            row.active = False
    if reservation.status in OCCUPYING and ours["booking"]["status"] == Status.CANCELLED:
        for key, row in rows.items():  # revived: what they still book is ours again
            row.active = bool(theirs["rooms"].get(key, {}).get("active", row.active))
    return found


def _take(row: ReservationRoom, room: BookedRoom, decisions: Sequence[merge.Decision]) -> None:
    columns = {"check_in": "check_in", "check_out": "check_out", "room_type": "room_type_id",
               "rate_plan": "rate_plan_id", "amount": "amount", "active": "active"}  # fmt: skip
    for decision in decisions:
        if decision.result is not merge.Result.TAKE:
            continue
        if decision.field == "occupancy":
            row.adults, row.children, row.infants = decision.value
        else:
            setattr(row, columns[decision.field], decision.value)
        if decision.field == "room_type":
            row.room_id = None  # another kind of room was sold: the old one no longer counts
    if any(d.field in ("check_in", "check_out", "amount") and d.result is merge.Result.TAKE for d in decisions):
        row.nightly = nightly(room)
    row.external_room_type_id = room.external_room_type_id
    row.external_rate_plan_id = room.external_rate_plan_id


def footprint(reservation: Reservation, booked: Sequence[ReservationRoom]) -> Footprint:
    if reservation.status not in OCCUPYING:
        return {}
    return {row.id: (row.room_type_id, stay_window(row.check_in, row.check_out)) for row in booked if row.active}


def place(at: Desk, reservation: Reservation, booked: list[ReservationRoom], before: Footprint) -> list[UUID]:
    """Give up the nights that are no longer ours and take the new ones; return the rooms left unplaced."""
    db.session.flush()
    after = footprint(reservation, booked)
    moved = [row for row in booked if before.get(row.id) != after.get(row.id)]
    given_up = [row.id for row in moved if row.id in before]
    if given_up:
        rooms.release(given_up)
    taking = [row for row in moved if row.id in after]
    waiting = [row for row in booked if row.id in after and row not in moved and row.room_id is None]
    unplaced = rooms.take(at.property.id, taking + waiting, keep_upgrades=True) if taking or waiting else []
    for row in booked:
        if row.id not in after:
            row.room_id = None
    return unplaced


def freed(
    reservation: Reservation, booked: Sequence[ReservationRoom], before: Footprint
) -> list[tuple[UUID | None, Window]]:
    """What the reservation took and takes no more, or not as it did."""
    after = footprint(reservation, booked)
    return [taken for row_id, taken in before.items() if after.get(row_id) != taken]


def span(reservation: Reservation, booked: Sequence[ReservationRoom]) -> None:
    """Keep the reservation's own dates and head count those of its rooms."""
    counted = [row for row in booked if row.active] or list(booked)
    if not counted:
        return
    reservation.check_in = min(row.check_in for row in counted)
    reservation.check_out = max(row.check_out for row in counted)
    reservation.adults = sum(row.adults for row in counted)
    reservation.children = sum(row.children for row in counted)
    reservation.infants = sum(row.infants for row in counted)


def mark(
    at: Desk, reservation: Reservation, *, before: Sequence[tuple[UUID | None, Window]],
    after: Sequence[ReservationRoom], urgent: bool,
) -> None:  # fmt: skip
    """Mark the nights of a new booking. They are forgotten even when it took none: the provider has
    lowered them by itself."""
    nights = [(row.room_type_id, stay_window(row.check_in, row.check_out)) for row in after]
    _mark(at, reservation, [*before, *nights], urgent)


def mark_change(at: Desk, reservation: Reservation, before: Footprint, booked: Sequence[ReservationRoom]) -> bool:
    """Mark old ∪ new nights; True when the reservation now takes nights it did not take before."""
    after = footprint(reservation, booked)
    grown = any(before.get(row_id) != taken for row_id, taken in after.items())
    spoken = [(row.room_type_id, stay_window(row.check_in, row.check_out)) for row in booked]
    _mark(at, reservation, [*before.values(), *after.values(), *spoken], grown)
    return grown or before != after


def _mark(at: Desk, reservation: Reservation, nights: Sequence[tuple[UUID | None, Window]], urgent: bool) -> None:
    by_type: dict[UUID | None, list[Window]] = {}
    for room_type_id, window in nights:
        by_type.setdefault(room_type_id, []).append(window)
    for room_type_id, windows in by_type.items():
        lanes.mark(
            at.property.id,
            room_types=lanes.ALL if room_type_id is None else [room_type_id],
            windows=windows,
            urgent=urgent,
            cause=f"{reservation.channel} {reservation.code}",
            forget_connection=at.connection.id,
        )
