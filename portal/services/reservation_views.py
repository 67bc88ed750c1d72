"""Reservations to look at: found, listed newest first, opened. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union_all

from portal import tenancy
from portal.domain.reservations import OCCUPYING, Status
from portal.extensions import db
from portal.models import (
    AuditEntry,
    Conflict,
    Guest,
    RatePlan,
    Reservation,
    ReservationRoom,
    Room,
    RoomType,
)
from portal.services import guests
from portal.services.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list shows; None leaves a filter out. Dates are the property's own."""

    arriving: date | None = None
    departing: date | None = None
    in_house: date | None = None  # sleeps here this night
    first: date | None = None  # stays that touch first..last, both nights included
    last: date | None = None
    channel: str | None = None
    status: Status | None = None
    unplaced: bool = False  # sold, and some room still missing
    q: str = ""  # the beginning of a code, or words of the guest's name


@dataclass(frozen=True)
class StayRoom:
    """One room of a reservation with the names people know it by."""

    row: ReservationRoom
    room_type: str | None
    room: str | None
    rate_plan: str | None


@dataclass(frozen=True)
class Line:
    """One reservation in a list."""

    reservation: Reservation
    guest: Guest | None
    rooms: tuple[StayRoom, ...]
    open_conflicts: int

    @property
    def unplaced(self) -> int:
        """How many active rooms have no room yet."""
        return sum(1 for room in self.rooms if room.row.active and room.row.room_id is None)


@dataclass(frozen=True)
class Page:
    """One page of a list. `next` is what to pass as `after` for the following one, None at the end.

    `total`: how many the whole list has, where that was counted.
    """

    lines: tuple[Line, ...]
    next: UUID | None
    total: int | None = None


@dataclass(frozen=True)
class Detail(Line):
    """A reservation with all that is known of it."""

    conflicts: tuple[Conflict, ...] = ()
    history: tuple[AuditEntry, ...] = field(default=())  # newest first


def find(property_id: UUID, reservation_id: UUID) -> Reservation:
    """The property's own reservation. Raises `NotFound`."""
    reservation: Reservation | None = db.session.scalar(
        select(Reservation).where(
            Reservation.organization_id == tenancy.required(),
            Reservation.property_id == property_id,
            Reservation.id == reservation_id,
        )
    )
    if reservation is None:
        raise NotFound(f"reservation {reservation_id}")
    return reservation


def list_page(property_id: UUID, filters: Filters, after: UUID | None = None, size: int = 50) -> Page:
    """Reservations that pass all filters, newest first, `size` at a time: four statements a page."""
    found = _page(property_id, filters, after, size)
    return Page(tuple(_lines(found[:size])), found[size - 1].id if len(found) > size else None)


def first_pages(property_id: UUID, lists: Sequence[Filters], size: int = 50) -> list[Page]:
    """The first page of several lists of one property with their totals: four statements for all of them."""
    heads = [
        select(literal(number).label("list"), Reservation.id.label("id"), func.count().over().label("total"))
        .where(*_conditions(property_id, filters))
        .order_by(Reservation.id.desc())
        .limit(size)
        .subquery()
        for number, filters in enumerate(lists)
    ]
    head = union_all(*(select(each) for each in heads)).subquery()
    query = (
        select(head.c.list, head.c.total, Reservation)
        .join(Reservation, and_(Reservation.organization_id == tenancy.required(), Reservation.id == head.c.id))
        .order_by(head.c.list, Reservation.id.desc())
    )
    found: list[list[Reservation]] = [[] for _ in lists]
    totals = [0] * len(lists)
    for number, total, reservation in db.session.execute(query):
        found[number].append(reservation)
        totals[number] = total
    shown = {each.id: each for rows in found for each in rows}
    lines = {line.reservation.id: line for line in _lines(list(shown.values()))}
    return [
        Page(tuple(lines[each.id] for each in rows), rows[-1].id if total > len(rows) else None, total)
        for rows, total in zip(found, totals, strict=True)
    ]


def _page(property_id: UUID, filters: Filters, after: UUID | None, size: int) -> list[Reservation]:
    """The rows of a page and one more, when there is one."""
    query = select(Reservation).where(*_conditions(property_id, filters))
    if after is not None:
        query = query.where(Reservation.id < after)
    return list(db.session.scalars(query.order_by(Reservation.id.desc()).limit(size + 1)))


def count(property_id: UUID, filters: Filters) -> int:
    """How many reservations pass all filters."""
    query = select(func.count()).select_from(Reservation).where(*_conditions(property_id, filters))
    return db.session.scalar(query) or 0


def detail(property_id: UUID, reservation_id: UUID) -> Detail:
    """One reservation with its rooms, guest, open conflicts and history. Raises `NotFound`."""
    line = _lines([find(property_id, reservation_id)])[0]
    organization_id = tenancy.required()
    open_ones = select(Conflict).where(
        Conflict.organization_id == organization_id,
        Conflict.reservation_id == reservation_id,
        Conflict.resolved_at.is_(None),
    )
    history = select(AuditEntry).where(
        AuditEntry.organization_id == organization_id, AuditEntry.subject_id == reservation_id
    )
    return Detail(
        line.reservation,
        line.guest,
        line.rooms,
        line.open_conflicts,
        tuple(db.session.scalars(open_ones.order_by(Conflict.id))),
        tuple(db.session.scalars(history.order_by(AuditEntry.number.desc()).limit(200))),
    )


def _conditions(property_id: UUID, filters: Filters) -> list[ColumnElement[bool]]:
    row = Reservation
    found = [row.organization_id == tenancy.required(), row.property_id == property_id]
    expected = row.status.in_(OCCUPYING | {Status.CHECKED_OUT})
    if filters.arriving:
        found += [row.check_in == filters.arriving, expected]
    if filters.departing:
        found += [row.check_out == filters.departing, expected]
    if filters.in_house:
        found += [row.check_in <= filters.in_house, row.check_out > filters.in_house, row.status == Status.IN_HOUSE]
    if filters.first:
        found.append(row.check_out > filters.first)
    if filters.last:
        found.append(row.check_in <= filters.last)
    if filters.channel:
        found.append(row.channel == filters.channel)
    if filters.status:
        found.append(row.status == filters.status)
    if filters.unplaced:
        found.append(_waits())
    if filters.q.strip():
        found.append(_spoken_of(filters.q.strip()))
    return found


def _waits() -> ColumnElement[bool]:
    return exists().where(
        ReservationRoom.organization_id == Reservation.organization_id,
        ReservationRoom.reservation_id == Reservation.id,
        ReservationRoom.active,
        ReservationRoom.room_id.is_(None),
    )


def _spoken_of(text: str) -> ColumnElement[bool]:
    by_code = func.upper(Reservation.code).startswith(text.upper(), autoescape=True)
    names = guests.name_hashes(text)
    return or_(by_code, Reservation.guest_id.in_(guests.with_names(names))) if names else by_code


def _lines(found: Sequence[Reservation]) -> list[Line]:
    if not found:
        return []
    organization_id = tenancy.required()
    ids = [reservation.id for reservation in found]
    rooms: dict[UUID, list[StayRoom]] = {}
    for row, room_type, room, rate_plan in db.session.execute(_rooms(ids)):
        rooms.setdefault(row.reservation_id, []).append(StayRoom(row, room_type, room, rate_plan))
    people = select(Guest).where(
        Guest.organization_id == organization_id, Guest.id.in_({r.guest_id for r in found if r.guest_id})
    )
    by_id = {guest.id: guest for guest in db.session.scalars(people)}
    conflicts = (
        select(Conflict.reservation_id, func.count())
        .where(
            Conflict.organization_id == organization_id,
            Conflict.reservation_id.in_(ids),
            Conflict.resolved_at.is_(None),
        )
        .group_by(Conflict.reservation_id)
    )
    waiting = {found: many for found, many in db.session.execute(conflicts)}
    return [
        Line(each, by_id.get(each.guest_id or each.id), tuple(rooms.get(each.id, ())), waiting.get(each.id, 0))
        for each in found
    ]


def _rooms(ids: Sequence[UUID]) -> Select[ReservationRoom, str | None, str | None, str | None]:
    row = ReservationRoom
    return (
        select(row, RoomType.name, Room.number, RatePlan.name)
        .outerjoin(RoomType, and_(RoomType.organization_id == row.organization_id, RoomType.id == row.room_type_id))
        .outerjoin(Room, and_(Room.organization_id == row.organization_id, Room.id == row.room_id))
        .outerjoin(RatePlan, and_(RatePlan.organization_id == row.organization_id, RatePlan.id == row.rate_plan_id))
        .where(row.organization_id == tenancy.required(), row.reservation_id.in_(ids))
        .order_by(row.position, row.id)
    )
