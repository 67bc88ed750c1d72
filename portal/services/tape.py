"""The tape chart: every room of a property over some nights, with the stays and blocks in it. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from portal import tenancy
from portal.domain.nights import Window, each
from portal.domain.reservations import OCCUPYING, Status
from portal.domain.tape import Span, Stretch, lines, stretches
from portal.extensions import db
from portal.models import Guest, Property, Reservation, ReservationRoom, Room, RoomBlock, RoomType
from portal.services import availability, blocks, properties, room_types, rooms
from portal.services.availability import Night
from portal.services.errors import NotFound

_SHOWN = OCCUPYING | {Status.CHECKED_OUT}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What is looked for. Stays that are not stay visible, dimmed: a hidden one would look like a free night."""

    room_type_id: UUID | None = None
    channel: str | None = None
    status: Status | None = None
    unplaced: bool = False


@dataclass(frozen=True)
class Stay:
    """One room of a reservation as a bar."""

    id: UUID  # of the reservation's room
    reservation_id: UUID
    version: int  # of the reservation, as it is shown
    code: str
    channel: str
    status: Status
    guest: str
    check_in: date
    check_out: date
    room_type_id: UUID | None
    room_id: UUID | None
    wanted: bool = True  # passes the filters

    @property
    def movable(self) -> bool:
        return self.status in OCCUPYING


Line = Sequence[Stretch[Stay | RoomBlock]]


@dataclass(frozen=True)
class Row:
    """One room over the nights. More than one line only where history overlaps."""

    room: Room
    lines: Sequence[Line]
    leaving: Sequence[Stay]  # on the first day shown, in the morning


@dataclass(frozen=True)
class Group:
    """One room type, or what nobody mapped: the stays that wait for a room, then the rooms."""

    room_type: RoomType | None
    counts: Mapping[date, Night]
    waiting: Sequence[Line]
    rooms: Sequence[Row]


@dataclass(frozen=True)
class Tape:
    window: Window
    nights: Sequence[date]
    groups: Sequence[Group]
    unplaced: int  # stays in these nights that have no room
    too_many: Sequence[date]  # nights on which some type is sold more often than there are rooms


def read(hotel: Property, first: date, nights: int, filters: Filters) -> Tape:
    """The chart of so many nights: eight statements, however many rooms."""
    window = Window(first, first + timedelta(days=nights - 1))
    kinds = [kind for kind in room_types.listed(hotel.id) if filters.room_type_id in (None, kind.id)]
    everything = rooms.listed(hotel.id, archived=True)
    found = _stays(_touching(hotel.id, window, [room.id for room in everything]), filters)
    in_rooms: dict[UUID, list[Stay]] = {}
    for stay in found:
        if stay.room_id:
            in_rooms.setdefault(stay.room_id, []).append(stay)
    closed: dict[UUID, list[RoomBlock]] = {}
    for block in blocks.listed(hotel.id, *window):
        closed.setdefault(block.room_id, []).append(block)
    counts = availability.detail(hotel.id, *window)
    shown = [] if filters.unplaced else [r for r in everything if r.archived_at is None or r.id in in_rooms]
    waiting = [stay for stay in found if stay.room_id is None]
    known = {kind.id for kind in kinds}
    groups = [
        Group(
            kind,
            counts.get(kind.id, {}),
            _lines([stay for stay in waiting if stay.room_type_id == kind.id], (), window),
            [_row(room, in_rooms.get(room.id, ()), closed.get(room.id, ()), window)
             for room in shown if room.room_type_id == kind.id],
        )
        for kind in kinds
    ]  # fmt: skip
    unmapped = [stay for stay in waiting if stay.room_type_id is None]
    if unmapped and filters.room_type_id is None:
        groups.insert(0, Group(None, {}, _lines(unmapped, (), window), ()))
    return Tape(
        window,
        each(*window),
        [group for group in groups if group.waiting or not filters.unplaced],
        sum(1 for stay in waiting if stay.room_type_id in known or stay.room_type_id is None),
        sorted({night for kind in known for night, count in counts.get(kind, {}).items() if count.oversold}),
    )


def stay(property_id: UUID, reservation_room_id: UUID) -> Stay:
    """One bar by itself. Raises `NotFound`, also for one that is no longer booked."""
    query = _query(property_id).where(ReservationRoom.id == reservation_room_id)
    found = _stays(query, Filters())
    if not found:
        raise NotFound(f"stay {reservation_room_id}")
    return found[0]


def stay_names(hotel: Property, found: Stay) -> tuple[str, str]:
    """The number of the room a stay has, empty while it has none, and the name of the type sold."""
    room = rooms.find(hotel.id, found.room_id).number if found.room_id else ""
    kind = room_types.find(hotel.id, found.room_type_id).name if found.room_type_id else ""
    return room, kind


def choices(property_id: UUID, found: Stay) -> list[tuple[RoomType, list[Room]]]:
    """The rooms that are free for the whole stay, by type, the type that was sold first."""
    free = rooms.free(property_id, found.check_in, found.check_out)
    kinds = sorted(room_types.listed(property_id), key=lambda kind: kind.id != found.room_type_id)
    by_type = [(kind, [room for room in free if room.room_type_id == kind.id]) for kind in kinds]
    return [(kind, these) for kind, these in by_type if these]


def today(hotel: Property) -> date:
    """The day the chart begins on when nobody asks for another."""
    return properties.today(hotel)


def _row(room: Room, stays: Sequence[Stay], closed: Sequence[RoomBlock], window: Window) -> Row:
    leaving = [stay for stay in stays if stay.check_out == window.first]
    laid = _lines(stays, closed, window)
    return Row(room, laid or [stretches((), window)], leaving)


def _lines(stays: Sequence[Stay], closed: Sequence[RoomBlock], window: Window) -> list[Line]:
    spans: list[Span[Stay | RoomBlock]] = [Span(block.starts, block.ends, block) for block in closed]
    spans += [Span(stay.check_in, stay.check_out, stay) for stay in stays if stay.check_out > window.first]
    return [stretches(line, window) for line in lines(spans)]


def _query(property_id: UUID) -> Select[ReservationRoom, Reservation]:
    row = ReservationRoom
    return (
        select(row, Reservation)
        .join(
            Reservation,
            and_(Reservation.organization_id == row.organization_id, Reservation.id == row.reservation_id),
        )
        .where(
            row.organization_id == tenancy.required(),
            row.property_id == property_id,
            row.active,
            Reservation.status.in_(_SHOWN),
        )
        .execution_options(populate_existing=True)
    )


def _touching(property_id: UUID, window: Window, room_ids: Sequence[UUID]) -> Select[ReservationRoom, Reservation]:
    row = ReservationRoom
    # By room and by "has none": each of them has an index that ends in the day of departure.
    placed: ColumnElement[bool] = row.room_id.in_(room_ids)
    dates = and_(row.check_out >= window.first, row.check_in <= window.last)
    return _query(property_id).where(dates, or_(placed, row.room_id.is_(None))).order_by(row.check_in, row.id)


def _stays(query: Select[ReservationRoom, Reservation], filters: Filters) -> list[Stay]:
    found = db.session.execute(query).all()
    ids = {reservation.guest_id for _, reservation in found if reservation.guest_id}
    people = select(Guest).where(Guest.organization_id == tenancy.required(), Guest.id.in_(ids))
    names = {guest.id: guest.name for guest in db.session.scalars(people)} if ids else {}
    return [
        Stay(
            id=row.id,
            reservation_id=row.reservation_id,
            version=reservation.version,
            code=reservation.code,
            channel=reservation.channel,
            status=reservation.status,
            guest=row.guest_name or names.get(reservation.guest_id or row.id) or reservation.code,
            check_in=row.check_in,
            check_out=row.check_out,
            room_type_id=row.room_type_id,
            room_id=row.room_id,
            wanted=filters.channel in (None, reservation.channel) and filters.status in (None, reservation.status),
        )
        for row, reservation in found
    ]
