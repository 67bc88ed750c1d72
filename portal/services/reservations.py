"""The life of a reservation at the desk: sold, changed, arrived, moved, left, cancelled, never came.

Every step marks the nights that changed hands and is written down before → after, in one transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from portal.db import unit_of_work
from portal.domain.reservations import OCCUPYING, Status
from portal.models import Reservation, ReservationRoom
from portal.services import properties, rooms
from portal.services import reservation_desk as desk
from portal.services.errors import NotFound, Refused
from portal.services.reservation_changes import Preview, StayChange, change, preview
from portal.services.reservation_prices import share
from portal.services.reservation_sales import Person, RoomRequest, SaleRequest, create, sold_with
from portal.services.reservation_undo import undo, undoable
from portal.services.reservation_views import Detail, Filters, Line, Page, count, detail, find, first_pages, list_page

__all__ = [
    "Detail",
    "Filters",
    "Line",
    "Page",
    "Person",
    "Preview",
    "RoomRequest",
    "SaleRequest",
    "StayChange",
    "cancel",
    "change",
    "check_in",
    "check_out",
    "confirm",
    "count",
    "create",
    "detail",
    "find",
    "first_pages",
    "list_page",
    "move_room",
    "no_show",
    "preview",
    "share",
    "sold_with",
    "undo",
    "undoable",
]


def confirm(property_id: UUID, reservation_id: UUID, *, version: int | None = None) -> Reservation:
    """Confirm what was pending. Its nights were held all along."""
    with unit_of_work():
        reservation, rows = desk.hold(property_id, reservation_id, version)
        before = desk.snapshot(reservation, rows)
        if reservation.status != Status.PENDING:
            raise Refused("Only a pending reservation is confirmed.", field="status")
        desk.go(reservation, Status.CONFIRMED)
        desk.finish(reservation, rows, "reservation.confirmed", before)
    return reservation


def cancel(property_id: UUID, reservation_id: UUID, reason: str, *, version: int | None = None) -> Reservation:
    """Cancel a reservation: all its rooms are for sale again."""
    if not reason.strip():
        raise Refused("Say why it is cancelled: somebody will ask.", field="reason")
    with unit_of_work():
        reservation, rows = desk.hold(property_id, reservation_id, version)
        before = desk.snapshot(reservation, rows)
        reservation.cancel_reason = reason.strip()[:500]
        reservation.cancelled_at = datetime.now(UTC)
        _leave(property_id, reservation, rows, Status.CANCELLED)
        desk.finish(reservation, rows, "reservation.cancelled", before)
    return reservation


def no_show(property_id: UUID, reservation_id: UUID, *, version: int | None = None) -> Reservation:
    """Note that the guest never came: the rooms are for sale again. Not before the day of arrival."""
    with unit_of_work():
        reservation, rows = desk.hold(property_id, reservation_id, version)
        if properties.today(properties.find(property_id)) < reservation.check_in:
            raise Refused("The day of arrival has not come yet.", field="status")
        before = desk.snapshot(reservation, rows)
        _leave(property_id, reservation, rows, Status.NO_SHOW)
        desk.finish(reservation, rows, "reservation.no_show", before)
    return reservation


def check_in(property_id: UUID, reservation_id: UUID, *, version: int | None = None) -> Reservation:
    """Let the guest in. Every room needs a number by then, and it must be a night of the stay."""
    with unit_of_work():
        reservation, rows = desk.hold(property_id, reservation_id, version)
        today = properties.today(properties.find(property_id))
        if not reservation.check_in <= today < reservation.check_out:
            raise Refused(
                "The stay is %(arrival)s – %(departure)s: change its dates first.",
                arrival=reservation.check_in,
                departure=reservation.check_out,
                field="check_in",
            )
        if any(row.active and row.room_id is None for row in rows):
            raise Refused("A room of this reservation has no number yet: place it first.", field="room")
        before = desk.snapshot(reservation, rows)
        desk.go(reservation, Status.IN_HOUSE)
        desk.finish(reservation, rows, "reservation.checked_in", before)
    return reservation


def check_out(property_id: UUID, reservation_id: UUID, *, version: int | None = None) -> Reservation:
    """Let the guest go. A stay that ends early is shortened: the nights that are left are for sale again."""
    with unit_of_work():
        reservation, rows = desk.hold(property_id, reservation_id, version)
        today = properties.today(properties.find(property_id))
        before, footprint = desk.snapshot(reservation, rows), desk.footprint(rows)
        desk.go(reservation, Status.CHECKED_OUT)
        for row in rows:
            leaves = max(today, row.check_in + timedelta(days=1))
            if row.active and leaves < row.check_out:
                row.check_out = leaves
                rooms.release([row.id], since=leaves)
        desk.span(reservation, rows)
        desk.mark(property_id, desk.cause(reservation), footprint, desk.footprint(rows))
        desk.finish(reservation, rows, "reservation.checked_out", before)
    return reservation


def move_room(
    property_id: UUID, reservation_id: UUID, reservation_room_id: UUID, room_id: UUID, *, version: int | None = None
) -> Reservation:
    """Put one room of the reservation into this very room, whatever its type; what waited is placed so too.

    Raises `Refused` when the room is taken in one of the nights.
    """
    with unit_of_work():
        reservation, rows = desk.hold(property_id, reservation_id, version)
        row = _active(rows, reservation_room_id)
        if reservation.status not in OCCUPYING:
            raise Refused("A reservation that is “%(status)s” takes no room.", status=Status(reservation.status))
        before, footprint = desk.snapshot(reservation, rows), desk.footprint(rows)
        rooms.move(row, rooms.find(property_id, room_id))
        desk.mark(property_id, desk.cause(reservation), footprint, desk.footprint(rows))
        desk.close_room_tasks(reservation, rows)
        desk.finish(reservation, rows, "reservation.moved", before)
    return reservation


def _leave(property_id: UUID, reservation: Reservation, rows: list[ReservationRoom], status: Status) -> None:
    footprint = desk.footprint(rows)
    desk.go(reservation, status)
    rooms.release([row.id for row in rows if row.active])
    for row in rows:
        row.active = False
        row.room_id = None
    desk.mark(property_id, desk.cause(reservation), footprint, desk.Footprint())
    desk.close_room_tasks(reservation, rows)


def _active(rows: list[ReservationRoom], reservation_room_id: UUID) -> ReservationRoom:
    for row in rows:
        if row.id == reservation_room_id and row.active:
            return row
    raise NotFound(f"room {reservation_room_id} of the reservation")
