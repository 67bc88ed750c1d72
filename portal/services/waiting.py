"""Stays that were sold and found no room: placed as soon as somebody else's nights come free."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select, update

from portal import tenancy
from portal.domain.nights import Window
from portal.domain.problems import Trouble
from portal.domain.reservations import OCCUPYING
from portal.extensions import db
from portal.models import BookingLink, Conflict, ConflictType, Reservation, ReservationRoom
from portal.services import audit, incidents, rooms

MOST = 20  # placed by one change; what is left waits for the next


def place(property_id: UUID, freed: Iterable[tuple[UUID | None, Window]]) -> int:
    """Give waiting stays the nights that came free, oldest first, and return how many got a room.

    A helper, among the last steps of the unit of work that freed the nights. What is left to sell does
    not change by it: a waiting stay was counted all along.
    """
    placed = 0
    for room_type_id, window in _unique(freed):
        for row in _candidates(property_id, room_type_id, window):
            if not rooms.take(property_id, [row]):
                _settled(row)
                placed += 1
    return placed


def _unique(freed: Iterable[tuple[UUID | None, Window]]) -> list[tuple[UUID, Window]]:
    return sorted({(room_type_id, window) for room_type_id, window in freed if room_type_id is not None})


def _candidates(property_id: UUID, room_type_id: UUID, window: Window) -> list[ReservationRoom]:
    """Waiting rooms of this type that touch these nights. One that somebody works on is his to place."""
    query = (
        select(ReservationRoom)
        .join(
            Reservation,
            (Reservation.organization_id == ReservationRoom.organization_id)
            & (Reservation.id == ReservationRoom.reservation_id),
        )
        .where(
            ReservationRoom.organization_id == tenancy.required(),
            ReservationRoom.property_id == property_id,
            ReservationRoom.room_type_id == room_type_id,
            ReservationRoom.room_id.is_(None),
            ReservationRoom.active,
            ReservationRoom.check_in <= window.last,
            ReservationRoom.check_out > window.first,
            Reservation.status.in_(OCCUPYING),
        )
        .order_by(ReservationRoom.id)
        .limit(MOST)
        # Skipping, because the types are locked already and reservations come before them in line.
        .with_for_update(of=Reservation, key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def _settled(row: ReservationRoom) -> None:
    """The reservation changed, its task is done, and it is written down."""
    mine = (Reservation.organization_id == row.organization_id, Reservation.id == row.reservation_id)
    db.session.execute(
        update(Reservation)
        .where(*mine)
        .values(version=Reservation.version + 1, updated_at=func.now())
        .execution_options(synchronize_session="fetch")
    )
    db.session.execute(
        update(Conflict)
        .where(
            Conflict.organization_id == row.organization_id,
            Conflict.reservation_room_id == row.id,
            Conflict.type.in_([ConflictType.OVERBOOKING, ConflictType.ROOM]),
            Conflict.resolved_at.is_(None),
        )
        .values(resolved_at=func.clock_timestamp(), strategy="RESOLVED", action="placed")
        .execution_options(synchronize_session=False)
    )
    changes = {"room_id": (None, row.room_id)}
    audit.record("reservation.placed", "reservation", row.reservation_id, changes, property_id=row.property_id)
    if not _others_wait(row):
        links = select(BookingLink.connection_id).where(
            BookingLink.organization_id == row.organization_id, BookingLink.reservation_id == row.reservation_id
        )
        for connection_id in db.session.scalars(links).all():
            incidents.closed(Trouble.NO_ROOM_FREE, connection_id, about=row.reservation_id)


def _others_wait(row: ReservationRoom) -> bool:
    query = select(ReservationRoom.id).where(
        ReservationRoom.organization_id == row.organization_id,
        ReservationRoom.reservation_id == row.reservation_id,
        ReservationRoom.active,
        ReservationRoom.room_id.is_(None),
    )
    return db.session.scalar(query.limit(1)) is not None
