"""The house today, room by room: how housekeeping left it, who sleeps there, what keeps it off sale. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, select

from portal import tenancy
from portal.domain.reservations import OCCUPYING, Status
from portal.extensions import db
from portal.models import Housekeeping, Property, Reservation, ReservationRoom, Room, RoomBlock, RoomType
from portal.services import blocks, properties, room_types, rooms


@dataclass(frozen=True)
class StayHere:
    """A stay that touches the day: it leaves, stays over or arrives."""

    reservation_id: UUID
    code: str
    channel: str
    check_in: date
    check_out: date
    status: Status


@dataclass(frozen=True)
class HouseRoom:
    """One room on one day."""

    room: Room
    stays: Sequence[StayHere]
    block: RoomBlock | None  # in force tonight
    next_block: RoomBlock | None  # the first one still to come


@dataclass(frozen=True)
class Floor:
    """One room type with its rooms in use."""

    room_type: RoomType
    rooms: Sequence[HouseRoom]


@dataclass(frozen=True)
class House:
    today: date
    types: Sequence[Floor]
    retired: Sequence[Room]

    def count(self, state: Housekeeping) -> int:
        return sum(1 for kind in self.types for each in kind.rooms if each.room.housekeeping == state)

    @property
    def blocked(self) -> int:
        """How many rooms are off sale tonight."""
        return sum(1 for kind in self.types for each in kind.rooms if each.block)


def read(hotel: Property) -> House:
    """Every room of the property on its own today: five statements."""
    today = properties.today(hotel)
    everything = rooms.listed(hotel.id, archived=True)
    used = [room for room in everything if room.archived_at is None]
    found = _rooms(hotel, used, today)
    floors = [
        Floor(kind, tuple(each for each in found if each.room.room_type_id == kind.id))
        for kind in room_types.listed(hotel.id)
    ]
    return House(today, tuple(floors), tuple(room for room in everything if room.archived_at is not None))


def one(hotel: Property, room_id: UUID) -> HouseRoom:
    """One room on the property's today. Raises `NotFound`."""
    return _rooms(hotel, [rooms.find(hotel.id, room_id)], properties.today(hotel))[0]


def _rooms(hotel: Property, found: Sequence[Room], today: date) -> list[HouseRoom]:
    stays = _stays([room.id for room in found], today)
    ahead = blocks.listed(hotel.id, today, properties.horizon(hotel).last)
    made = []
    for room in found:
        own = [block for block in ahead if block.room_id == room.id]
        now = next((block for block in own if block.starts <= today), None)
        later = next((block for block in own if block.starts > today), None)
        made.append(HouseRoom(room, tuple(stays.get(room.id, ())), now, later))
    return made


def _stays(room_ids: Sequence[UUID], today: date) -> dict[UUID, list[StayHere]]:
    row = ReservationRoom
    query = (
        select(
            row.room_id,
            row.reservation_id,
            Reservation.code,
            Reservation.channel,
            row.check_in,
            row.check_out,
            Reservation.status,
        )
        .join(
            Reservation,
            and_(Reservation.organization_id == row.organization_id, Reservation.id == row.reservation_id),
        )
        .where(
            row.organization_id == tenancy.required(),
            row.room_id.in_(room_ids),
            row.active,
            row.check_out >= today,
            row.check_in <= today,
            Reservation.status.in_(OCCUPYING),
        )
        .order_by(row.check_in)
    )
    found: dict[UUID, list[StayHere]] = {}
    for row_found in db.session.execute(query):
        found.setdefault(row_found.room_id, []).append(StayHere(*row_found[1:]))
    return found
