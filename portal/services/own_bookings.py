"""Bookings at a provider that are our own: found again by the keys we gave to their rooms, not made twice."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.extensions import db
from portal.models import BookingLink, ReservationRoom
from providers.types import Revision

if TYPE_CHECKING:
    from portal.services.bookings import Desk


def room_key(room: ReservationRoom) -> str:
    """The key under which a room of ours travels: unique for ever, and it tells nothing of the guest."""
    return str(room.id)


def adopt(at: Desk, revision: Revision) -> UUID | None:
    """The reservation of ours that a booking nobody linked yet is; None for everybody else's. A helper.

    Its rooms are told their provider's ids. A copy of our booking that somebody made there holds our keys too: a
    room that is linked already is not claimed again.
    """
    if not revision.our_keys:
        return None
    ids = {key: found for key in revision.our_keys if (found := _room_id(key)) is not None}
    rows = {
        row.id: row
        for row in db.session.scalars(
            select(ReservationRoom)
            .where(
                ReservationRoom.organization_id == tenancy.required(),
                ReservationRoom.property_id == at.property.id,
                ReservationRoom.id.in_(ids.values()),
            )
            .with_for_update(key_share=True)
        )
    }
    reservations = {row.reservation_id for row in rows.values()}
    if len(reservations) != 1 or _is_linked(at, reservation_id := reservations.pop()):
        return None
    for room in revision.rooms:
        row = rows.get(ids[room.our_key]) if room.our_key in ids else None
        if row is not None and row.external_id is None and room.external_id:
            row.external_id = room.external_id[:64]
    return reservation_id


def _is_linked(at: Desk, reservation_id: UUID) -> bool:
    found = db.session.scalar(
        select(BookingLink.id).where(
            BookingLink.organization_id == tenancy.required(),
            BookingLink.connection_id == at.connection.id,
            BookingLink.reservation_id == reservation_id,
        )
    )
    return found is not None


def _room_id(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
