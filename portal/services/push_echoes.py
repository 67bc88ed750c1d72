"""What comes back of our own writes: recognised, kept as the agreed state, and the nights they moved put right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from portal.domain.nights import Window, stay_window
from portal.domain.reservations import OCCUPYING
from portal.models import BookingLink, Connection, Reservation, ReservationRoom
from portal.services import booking_state as state
from portal.services import bookings, lanes
from providers.types import OutgoingReservation, OutgoingRoom, Revision

Taken = tuple[UUID | None, Window]


def recognise(
    at: bookings.Desk, reservation_id: UUID, sent: OutgoingReservation, revision: Revision
) -> tuple[Mapping[str, Any] | None, str]:
    """Link the booking that was read back after our write to our reservation; a helper, inside a unit of work.

    Returns the state agreed on before, and in words what the provider holds otherwise than it was sent; empty: nothing.
    What is read back is the base of the next merge: it comes again by webhook and by schedule, and is no news then.
    """
    link: BookingLink = bookings.lock_link(at.connection.id, revision)
    if link.reservation_id not in (None, reservation_id):
        return None, f"its booking {revision.external_booking_id} belongs to another reservation"
    before = state.from_json(link.base)
    link.reservation_id, link.missed_at = reservation_id, None
    if not revision.ordering or revision.ordering > link.last_ordering:
        link.last_ordering = revision.ordering or link.last_ordering
        link.last_revision_id = revision.external_revision_id
        link.base = state.to_json(state.theirs(revision, at.products))
    return before, _otherwise(sent, revision)


def put_right(
    connection: Connection,
    reservation: Reservation,
    rows: Sequence[ReservationRoom],
    before: Mapping[str, Any] | None,
) -> None:
    """The provider took and freed nights by itself: what it acknowledged of them is void. A helper.

    `before` is the state agreed on last; where the write moved no night, nothing is sent again.
    """
    was = _held(before)
    gone = reservation.status not in OCCUPYING
    now = Counter(
        (row.room_type_id, stay_window(row.check_in, row.check_out)) for row in rows if row.active and not gone
    )
    moved = (was - now) | (now - was)
    by_type: dict[UUID | None, list[Window]] = {}
    for room_type_id, window in moved:
        by_type.setdefault(room_type_id, []).append(window)
    for room_type_id, windows in by_type.items():
        lanes.mark(
            reservation.property_id,
            room_types=lanes.ALL if room_type_id is None else [room_type_id],
            windows=windows,
            urgent=True,
            cause=f"{reservation.channel} {reservation.code}",
            forget_connection=connection.id,
        )


def _held(agreed: Mapping[str, Any] | None) -> Counter[Taken]:
    if agreed is None or agreed["booking"]["status"] not in OCCUPYING:
        return Counter()
    return Counter(
        (room["room_type"], stay_window(room["check_in"], room["check_out"]))
        for room in agreed["rooms"].values()
        if room["active"]
    )


def _otherwise(sent: OutgoingReservation, revision: Revision) -> str:
    """A write that was called a success and had no effect is found here."""
    there = {room.our_key: room for room in revision.rooms if room.our_key}
    for room in sent.rooms:
        held = there.get(room.key)
        if held is None:
            if not room.cancelled:
                return "one of its rooms is not there"
        elif held.cancelled != room.cancelled:
            return "a room that was cancelled here stands there" if room.cancelled else "a room is cancelled there"
        elif not room.cancelled and (stay := _stay(room)) != (held.check_in, held.check_out):
            return f"it holds {held.check_in} – {held.check_out} instead of {stay[0]} – {stay[1]}"
        elif not room.cancelled and held.external_room_type_id != room.external_room_type_id:
            return "it holds another room type"
    return ""


def _stay(room: OutgoingRoom) -> tuple[date, date]:
    return room.check_in, room.check_out
