"""What every change of a reservation shares: hold it, count what it takes, check, mark, write down.

Helpers for use cases: they run inside the caller's unit of work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from portal import tenancy
from portal.domain.nights import nights, windows_of
from portal.domain.problems import Trouble
from portal.domain.reservations import Status, can_move
from portal.extensions import db
from portal.models import BookingLink, Conflict, ConflictType, Reservation, ReservationRoom, Room, RoomType
from portal.services import audit, availability, guests, incidents, lanes, reservation_pushes, rooms, waiting
from portal.services.errors import NotFound, Refused, StaleEdit
from portal.services.sentences import Counted

Footprint = Counter[tuple[UUID | None, date]]
"""How many units of a type each night takes; None: of a type nobody knows, so of any."""

_BOOKING = ("status", "check_in", "check_out", "adults", "children", "infants", "amount", "cancel_reason")
_ROOM = ("active", "check_in", "check_out", "room_type_id", "rate_plan_id", "room_id", "amount", "adults", "children")
_NAMED_NIGHTS = 6
SOLD = "reservation.created"


def hold(
    property_id: UUID, reservation_id: UUID, version: int | None = None
) -> tuple[Reservation, list[ReservationRoom]]:
    """The reservation and its rooms, held against other changes. Raises `NotFound`, `StaleEdit`.

    `version` is the one the person was shown; None takes the newest.
    """
    reservation: Reservation | None = db.session.scalar(
        select(Reservation)
        .where(
            Reservation.organization_id == tenancy.required(),
            Reservation.property_id == property_id,
            Reservation.id == reservation_id,
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if reservation is None:
        raise NotFound(f"reservation {reservation_id}")
    if version is not None and version != reservation.version:
        raise StaleEdit("This reservation was changed since you opened it: please look again.")
    return reservation, rooms_of(reservation_id)


def rooms_of(reservation_id: UUID) -> list[ReservationRoom]:
    """The rooms of a reservation in their order, the cancelled ones too."""
    query = (
        select(ReservationRoom)
        .where(ReservationRoom.organization_id == tenancy.required(), ReservationRoom.reservation_id == reservation_id)
        .order_by(ReservationRoom.position, ReservationRoom.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def go(reservation: Reservation, status: Status) -> None:
    """Move the reservation to a state it may have next. Raises `Refused`."""
    if not can_move(reservation.status, status):
        raise Refused(
            "A reservation that is “%(status)s” cannot become “%(wanted)s”.",
            status=Status(reservation.status), wanted=status, field="status",
        )  # fmt: skip
    reservation.status = status


def footprint(rows: Iterable[ReservationRoom]) -> Footprint:
    """What the active rooms take: of the type of their room, or of the type sold while they have none."""
    rows = [row for row in rows if row.active]
    query = select(Room.id, Room.room_type_id).where(
        Room.organization_id == tenancy.required(), Room.id.in_({row.room_id for row in rows if row.room_id})
    )
    types = {room_id: found for room_id, found in db.session.execute(query)}
    return Counter(
        (types[row.room_id] if row.room_id else row.room_type_id, night)
        for row in rows
        for night in nights(row.check_in, row.check_out)
    )


def take(
    property_id: UUID,
    rows: Sequence[ReservationRoom],
    before: Footprint,
    cause: str,
    *,
    among: Sequence[ReservationRoom] | None = None,
    keep: bool = False,
) -> None:
    """Give these rooms physical ones, refuse what is oversold by it, and mark the nights.

    `among`: all rooms of a reservation that existed before; those that waited for a room already may go on waiting.
    """
    unroomed = {row.id for row in rows if row.room_id is None} if among else set()
    unplaced = set(rooms.take(property_id, rows, keep_upgrades=keep)) - unroomed
    after = footprint(among or rows)
    refuse_oversold(property_id, before, after)
    if unplaced:
        raise Refused(
            "No single room is free for the whole stay: move another stay first, or sell it in two parts.",
            field="room_type_id",
        )
    mark(property_id, cause, before, after)


def refuse_oversold(property_id: UUID, before: Footprint, after: Footprint) -> None:
    """Refuse what takes a night that is not there, counting bookings that still wait for a room."""
    gained = {night for (_, night) in after - before}
    if not gained:
        return
    short = availability.oversold(property_id, min(gained), max(gained))
    for room_type_id in sorted({found for (found, _) in after - before if found is not None}):
        full = sorted(night for night in short.get(room_type_id, ()) if (room_type_id, night) in after - before)
        if full:
            raise _full(_name(room_type_id), full)


def mark(property_id: UUID, cause: str, before: Footprint, after: Footprint) -> None:
    """Mark old ∪ new nights. Urgent where there is less to sell than before: that must not wait.

    Nights that come free go to the stays that wait for a room.
    """
    touched: dict[UUID | None, set[date]] = {}
    for room_type_id, night in before | after:
        touched.setdefault(room_type_id, set()).add(night)
    falling = {room_type_id for room_type_id, _ in after - before}
    for room_type_id, days in touched.items():
        lanes.mark(
            property_id,
            room_types=lanes.ALL if room_type_id is None else [room_type_id],
            windows=windows_of(days),
            urgent=room_type_id in falling,
            cause=cause,
        )
    freed: dict[UUID | None, set[date]] = {}
    for room_type_id, night in before - after:
        freed.setdefault(room_type_id, set()).add(night)
    waiting.place(property_id, [(kind, window) for kind, days in freed.items() for window in windows_of(days)])


def span(reservation: Reservation, rows: Sequence[ReservationRoom]) -> None:
    """Keep the reservation's dates and head count those of its active rooms."""
    counted = [row for row in rows if row.active] or list(rows)
    reservation.check_in = min(row.check_in for row in counted)
    reservation.check_out = max(row.check_out for row in counted)
    for name in ("adults", "children", "infants"):
        setattr(reservation, name, sum(getattr(row, name) for row in counted))


def snapshot(reservation: Reservation, rows: Sequence[ReservationRoom]) -> dict[str, Any]:
    """The fields an audit entry compares, by their path."""
    found = {name: getattr(reservation, name) for name in _BOOKING}
    found |= {name: (reservation.details or {}).get(name) for name in ("notes", "price_reason")}
    if reservation.guest_id is not None:
        found["guest_name"] = guests.find(reservation.guest_id).name
    for row in rows:
        found |= {f"rooms.{row.position}.{name}": getattr(row, name) for name in _ROOM}
    return found


def finish(reservation: Reservation, rows: Sequence[ReservationRoom], action: str, before: Mapping[str, Any]) -> bool:
    """Count the change and write it down, before → after; False when nothing changed."""
    after = snapshot(reservation, rows)
    changes = {name: (before.get(name), value) for name, value in after.items() if before.get(name) != value}
    if changes:
        reservation.version += 1
        reservation.updated_at = func.now()
        audit.record(action, "reservation", reservation.id, changes, property_id=reservation.property_id)
        reservation_pushes.wish(reservation, new=action == SOLD)
    return bool(changes)


def close_room_tasks(reservation: Reservation, rows: Sequence[ReservationRoom]) -> None:
    """Close what was open because a room was missing, for the rooms that are placed or no longer wanted."""
    done = [row.id for row in rows if row.room_id is not None or not row.active]
    if not done:
        return
    db.session.execute(
        update(Conflict)
        .where(
            Conflict.organization_id == tenancy.required(),
            Conflict.reservation_room_id.in_(done),
            Conflict.type.in_([ConflictType.OVERBOOKING, ConflictType.UNMAPPED, ConflictType.ROOM]),
            Conflict.resolved_at.is_(None),
        )
        .values(
            resolved_at=func.clock_timestamp(), resolved_by=audit.actor().name, strategy="RESOLVED", action="placed"
        )
        .execution_options(synchronize_session=False)
    )
    if len(done) == len(rows):
        links = select(BookingLink.connection_id).where(
            BookingLink.organization_id == tenancy.required(), BookingLink.reservation_id == reservation.id
        )
        for connection_id in db.session.scalars(links).all():
            incidents.closed(Trouble.NO_ROOM_FREE, connection_id, about=reservation.id, by=audit.actor().name)


def cause(reservation: Reservation) -> str:
    return f"{reservation.channel} {reservation.code}"


def _name(room_type_id: UUID) -> str:
    query = select(RoomType.name).where(RoomType.organization_id == tenancy.required(), RoomType.id == room_type_id)
    return db.session.scalar(query) or "This room type"


def _full(room_type: str, nights: Sequence[date]) -> Refused:
    named, more = tuple(nights[:_NAMED_NIGHTS]), len(nights) - _NAMED_NIGHTS
    if more <= 0:
        return Refused("%(type)s is full on %(nights)s.", type=room_type, nights=named, field="room_type_id")
    return Refused(
        Counted("%(type)s is full on %(nights)s and one night more.",
                "%(type)s is full on %(nights)s and %(num)s nights more."),
        num=more, type=room_type, nights=named, field="room_type_id",
    )  # fmt: skip
