"""Bookings that came for a product nobody had mapped: counted, and placed once it is.

They were never lost: each is stored, unassigned, and counts against availability. Placing them is a worker's, each in
a transaction of its own, so that one that cannot be placed never delays the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain.problems import Trouble
from portal.domain.reservations import OCCUPYING
from portal.extensions import db
from portal.models import (
    BookingLink,
    Connection,
    Duty,
    RemoteSnapshot,
    Reservation,
    ReservationRoom,
)
from portal.services import audit, booking_rooms, booking_state, bookings, duties, incidents, rooms, unrouted, waiting
from portal.services.booking_conflicts import Problems
from portal.services.errors import Refused

log = structlog.get_logger()

BATCH = 50
PATIENCE = 40.0  # seconds one bell works before it rings again


@dataclass(frozen=True)
class Held:
    """How many bookings wait for a mapping: those that can be placed now, those whose product is still not mapped,
    and messages that came before this property was connected."""

    ready: int
    unmapped: int
    unrouted: int

    @property
    def replayable(self) -> int:
        return self.ready + self.unrouted


def count(connection: Connection) -> Held:
    known = booking_state.products(connection.id)
    ready = _many(_waiting(connection.id).where(_resolvable(known)))
    unmapped = _many(_waiting(connection.id).where(~_resolvable(known)))
    return Held(ready, unmapped, unrouted.count(connection))


def wish(connection: Connection) -> None:
    """Ask a worker to place what can be placed. Raises `Refused` when nothing can be."""
    with unit_of_work():
        many = count(connection).replayable
        if not many:
            raise Refused("No booking waits for a mapping that is there now.")
        facts = {"asked_at": now().isoformat(), "all": many, "placed": 0, "left": 0, "finished_at": None}
        made = insert(RemoteSnapshot).values(
            organization_id=connection.organization_id, connection_id=connection.id, replay=facts
        )
        db.session.execute(
            made.on_conflict_do_update(index_elements=["organization_id", "connection_id"], set_={"replay": facts})
        )
        duties.create(connection.id)
        duties.request(connection.id, Duty.PRODUCTS, {"replay": True})
        audit.record(
            "mapping.replay",
            "connection",
            connection.id,
            {"bookings": (None, many)},
            property_id=connection.property_id,
        )


def place_all(lease: duties.Lease, connection: Connection) -> None:
    """The worker's part of `wish`. After a while it gives the rest to the next bell."""
    until = monotonic() + PATIENCE
    desk = bookings.desk(connection)
    failed: set[UUID] = set()
    routed = unrouted.route(connection)
    while True:
        end_reading()
        ids = [each for each in _ready(connection.id, desk.products, BATCH + len(failed)) if each not in failed]
        end_reading()
        for reservation_id in ids:
            placed = _try(desk, reservation_id)
            _note(connection, placed=placed)
            if not placed:
                failed.add(reservation_id)
        duties.keep(lease)
        if not ids:
            break
        if monotonic() > until or duties.handing_over.is_set():
            with unit_of_work():
                duties.request(connection.id, Duty.PRODUCTS, {"replay": True})
            return
    with unit_of_work():
        _close_incidents(connection)
        _progress(connection, {"finished_at": now().isoformat(), "routed": routed})
        if routed:
            duties.request(connection.id, Duty.DRAIN, {"pull": True})


def place(desk: bookings.Desk, reservation_id: UUID) -> bool:
    """Give one held booking the products it was sold as, and rooms where some are free; True when it changed."""
    with unit_of_work():
        reservation, booked, _ = bookings.load(reservation_id)
        before = booking_rooms.footprint(reservation, booked)
        changes: dict[str, tuple[Any, Any]] = {}
        for row in booked:
            changes.update(_resolve(row, desk.products))
        if not changes:
            return False
        rooms.lock_types(desk.property.id, [row.room_type_id for row in booked])
        unplaced = booking_rooms.place(desk, reservation, booked, before)
        problems = Problems(desk, reservation, None)
        problems.report_mapped(booked)
        problems.report_rooms(booked, unplaced)
        reservation.version += 1
        booking_rooms.mark_change(desk, reservation, before, booked)
        waiting.place(desk.property.id, booking_rooms.freed(reservation, booked, before))
        audit.record("reservation.mapped", "reservation", reservation.id, changes, property_id=desk.property.id)
    return True


def _try(desk: bookings.Desk, reservation_id: UUID) -> bool:
    try:
        return place(desk, reservation_id)
    except (Refused, LookupError, ValueError):
        log.exception("held_booking_failed", reservation_id=str(reservation_id))
        return False


def _resolve(row: ReservationRoom, known: booking_state.Products) -> dict[str, tuple[Any, Any]]:
    """Fill in what is mapped by now; what a person chose meanwhile stays."""
    changes: dict[str, tuple[Any, Any]] = {}
    plan = known.plans.get(row.external_rate_plan_id or "")
    room_type = known.rooms.get(row.external_room_type_id or "") or (plan[1] if plan else None)
    if row.room_type_id is None and room_type is not None:
        changes[f"rooms.{booking_state.room_key(row)}.room_type"] = (None, room_type)
        row.room_type_id = room_type
    if row.rate_plan_id is None and plan is not None:
        changes[f"rooms.{booking_state.room_key(row)}.rate_plan"] = (None, plan[0])
        row.rate_plan_id = plan[0]
    return changes


def _waiting(connection_id: UUID) -> Select[Any]:
    """Bookings of the connection with a room of which nobody knows the type."""
    mine = ReservationRoom.organization_id == tenancy.required()
    return (
        select(ReservationRoom.reservation_id)
        .join(
            BookingLink,
            (BookingLink.organization_id == ReservationRoom.organization_id)
            & (BookingLink.reservation_id == ReservationRoom.reservation_id),
        )
        .join(
            Reservation,
            (Reservation.organization_id == ReservationRoom.organization_id)
            & (Reservation.id == ReservationRoom.reservation_id),
        )
        .where(
            mine,
            BookingLink.connection_id == connection_id,
            Reservation.status.in_(OCCUPYING),
            ReservationRoom.active,
            ReservationRoom.room_type_id.is_(None),
        )
        .distinct()
    )


def _resolvable(known: booking_state.Products) -> ColumnElement[bool]:
    return or_(
        func.coalesce(ReservationRoom.external_room_type_id, "").in_(list(known.rooms)),
        func.coalesce(ReservationRoom.external_rate_plan_id, "").in_(list(known.plans)),
    )


def _ready(connection_id: UUID, known: booking_state.Products, most: int) -> Sequence[UUID]:
    query = _waiting(connection_id).where(_resolvable(known)).order_by(ReservationRoom.reservation_id)
    return db.session.scalars(query.limit(most)).all()


def _many(query: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _note(connection: Connection, *, placed: bool) -> None:
    with unit_of_work():
        kept = db.session.scalar(
            select(RemoteSnapshot.replay).where(
                RemoteSnapshot.organization_id == connection.organization_id,
                RemoteSnapshot.connection_id == connection.id,
            )
        )
        name = "placed" if placed else "left"
        _progress(connection, {name: int((kept or {}).get(name, 0)) + 1})


def _progress(connection: Connection, facts: dict[str, Any]) -> None:
    mine = {"organization_id": connection.organization_id, "connection_id": connection.id}
    db.session.execute(
        update(RemoteSnapshot)
        .filter_by(**mine)
        .values(
            replay=RemoteSnapshot.replay.op("||")(func.jsonb_build_object(*[x for pair in facts.items() for x in pair]))
        )
        .execution_options(synchronize_session=False)
    )


def _close_incidents(connection: Connection) -> None:
    """A product for which no booking waits any more is no trouble any more."""
    still = set(
        db.session.scalars(
            _waiting(connection.id).with_only_columns(func.coalesce(ReservationRoom.external_room_type_id, "none"))
        )
    )
    mapped = set(booking_state.products(connection.id).rooms) | {"none"}
    for product in mapped - still:
        incidents.closed(Trouble.PRODUCT_UNMAPPED, connection.id, about=product)
