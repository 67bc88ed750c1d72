"""Which room a stay gets. The guard is the primary key of `room_nights`; the order is the lock per room type.

Helpers here run inside the caller's unit of work. They lock room types, so the caller has its
reservation and its guest locked by then (see `services.locks`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import exists, select, text

from portal import tenancy
from portal.domain import rooms as rule
from portal.domain.nights import nights
from portal.extensions import db
from portal.models import Reservation, ReservationRoom, Room, RoomNight, RoomType
from portal.services import locks, room_nights
from portal.services.errors import NotFound, Refused
from portal.services.room_nights import release as release

# Free nights looked at on both sides of a stay, so that it is put where it leaves few gaps.
_MARGIN = timedelta(days=14)

# In the house's order. Plain columns: this runs for each booking, and twelve rooms as objects cost a millisecond.
_HOUSES = text(
    """
    select id, room_type_id from rooms
    where organization_id = :organization and property_id = :property and archived_at is null
      and (room_type_id = any(cast(:types as uuid[])) or id = any(cast(:rooms as uuid[])))
    order by position, number
    """
)


def lock_types(property_id: UUID, room_types: Iterable[UUID | None]) -> None:
    """Hold the sale of these room types until the transaction ends; None stands for every type of the property."""
    wanted = set(room_types)
    if None in wanted:
        query = select(RoomType.id).where(
            RoomType.organization_id == tenancy.required(), RoomType.property_id == property_id
        )
        wanted |= set(db.session.scalars(query))
    locks.hold(locks.Kind.ROOM_TYPE, wanted - {None})


def lock_reservations(reservation_room_ids: Collection[UUID]) -> None:
    """Hold the reservations these rooms belong to; before room types, the order in which everybody locks."""
    if reservation_room_ids:
        owners = select(ReservationRoom.reservation_id).where(
            ReservationRoom.organization_id == tenancy.required(), ReservationRoom.id.in_(reservation_room_ids)
        )
        query = select(Reservation.id).where(
            Reservation.organization_id == tenancy.required(), Reservation.id.in_(owners)
        )
        db.session.scalars(query.order_by(Reservation.id).with_for_update(key_share=True)).all()


def take(property_id: UUID, rooms: Sequence[ReservationRoom], *, keep_upgrades: bool = False) -> list[UUID]:
    """Give each active room of a reservation a physical one, and return the ids of those that found none.

    A stay keeps its room while that is free and of the type sold; with `keep_upgrades` of whatever
    type. One without a mapped type is never placed by itself. Nights the rows held before are given
    up first; `room_id` says what they hold now.
    """
    db.session.flush()
    houses = _houses(property_id, rooms)
    lock_types(property_id, {row.room_type_id for row in rooms} | set(houses.values()))
    release([row.id for row in rooms])
    active = [row for row in rooms if row.active]
    found = _choose(active, houses, keep_upgrades)
    lost = room_nights.take(property_id, _claims(active, found))
    for row in rooms:
        row.room_id = None if row.id in lost else found.get(row.id)
    db.session.flush()
    return [row.id for row in active if row.room_id is None]


def take_new(property_id: UUID, rooms: Sequence[ReservationRoom]) -> list[UUID]:
    """Store the rooms of a new reservation, and do with the active ones what `take` does."""
    active = [row for row in rooms if row.active]
    houses = _houses(property_id, active)
    lock_types(property_id, {row.room_type_id for row in active} | set(houses.values()))
    found = _choose(active, houses, keep_upgrades=False)
    for row in active:
        row.room_id = found.get(row.id)
    db.session.add_all(rooms)
    db.session.flush()
    lost = room_nights.take(property_id, _claims(active, found))
    if lost:
        for row in active:
            row.room_id = None if row.id in lost else row.room_id
        db.session.flush()
    return [row.id for row in active if row.room_id is None]


def move(row: ReservationRoom, room: Room) -> None:
    """Put a stay into this very room, whatever its type. Raises `Refused` when a night there is taken."""
    if room.archived_at is not None:
        raise Refused("Room %(number)s is no longer in use.", number=room.number, field="room")
    db.session.flush()
    current = None if row.room_id is None else find(row.property_id, row.room_id).room_type_id
    # A stay whose product is not mapped weighs on every type, until it is placed.
    lock_types(row.property_id, {row.room_type_id, room.room_type_id, current or row.room_type_id})
    release([row.id])
    claims = [(room.id, night, row.id, None) for night in nights(row.check_in, row.check_out)]
    if room_nights.take(row.property_id, claims):
        raise Refused("Room %(number)s is not free for all nights of this stay.", number=room.number, field="room")
    row.room_id = room.id
    db.session.flush()


def find(property_id: UUID, room_id: UUID) -> Room:
    """The property's own room. Raises `NotFound`."""
    room: Room | None = db.session.scalar(
        select(Room).where(
            Room.organization_id == tenancy.required(), Room.property_id == property_id, Room.id == room_id
        )
    )
    if room is None:
        raise NotFound(f"room {room_id}")
    return room


def listed(property_id: UUID, *, archived: bool = False) -> Sequence[Room]:
    """The property's rooms in the house's order; those no longer used only on request."""
    query = select(Room).where(Room.organization_id == tenancy.required(), Room.property_id == property_id)
    if not archived:
        query = query.where(Room.archived_at.is_(None))
    return db.session.scalars(query.order_by(Room.position, Room.number)).all()


def free(property_id: UUID, check_in: date, check_out: date, room_type_id: UUID | None = None) -> Sequence[Room]:
    """The rooms that are free for every night of `[check_in, check_out)`, of one type or of all."""
    nights(check_in, check_out)
    taken = exists().where(
        RoomNight.organization_id == Room.organization_id,
        RoomNight.room_id == Room.id,
        RoomNight.night >= check_in,
        RoomNight.night < check_out,
    )
    query = select(Room).where(
        Room.organization_id == tenancy.required(),
        Room.property_id == property_id,
        Room.archived_at.is_(None),
        ~taken,
    )
    if room_type_id is not None:
        query = query.where(Room.room_type_id == room_type_id)
    return db.session.scalars(query.order_by(Room.position, Room.number)).all()


def _claims(rows: Iterable[ReservationRoom], found: Mapping[UUID, UUID | None]) -> list[room_nights.Claim]:
    return [
        (room_id, night, row.id, None)
        for row in rows
        if (room_id := found.get(row.id)) is not None
        for night in nights(row.check_in, row.check_out)
    ]


def _houses(property_id: UUID, rows: Iterable[ReservationRoom]) -> dict[UUID, UUID]:
    """The rooms the stays may get, with their types: those of the types sold, and those they have now."""
    values = {
        "organization": tenancy.required(),
        "property": property_id,
        "types": list({row.room_type_id for row in rows if row.room_type_id}),
        "rooms": list({row.room_id for row in rows if row.room_id}),
    }
    return {row.id: row.room_type_id for row in db.session.execute(_HOUSES, values)}


def _choose(
    rows: Sequence[ReservationRoom], types: Mapping[UUID, UUID], keep_upgrades: bool
) -> dict[UUID, UUID | None]:
    if not rows or not types:
        return {}
    first = min(row.check_in for row in rows) - _MARGIN
    left = room_nights.free_nights(list(types), first, max(row.check_out for row in rows) + _MARGIN)
    found: dict[UUID, UUID | None] = {}
    for row in rows:
        here = row.room_id
        if here is None or here not in types or types[here] == row.room_type_id:
            continue
        if keep_upgrades or row.room_type_id is None:
            found.update(_assign(left, [here], [row]))
    for room_type_id in {row.room_type_id for row in rows if row.room_type_id is not None}:
        order = [room_id for room_id, its_type in types.items() if its_type == room_type_id]
        found.update(
            _assign(left, order, [row for row in rows if row.room_type_id == room_type_id and not found.get(row.id)])
        )
    return found


def _assign(
    left: dict[UUID, set[date]], order: Sequence[UUID], rows: Sequence[ReservationRoom]
) -> Mapping[UUID, UUID | None]:
    stays = [rule.Stay(row.id, row.check_in, row.check_out, row.room_id) for row in rows]
    found = rule.assign(left, order, stays)
    for stay in stays:
        room_id = found[stay.id]
        if room_id is not None:
            left[room_id].difference_update(nights(stay.check_in, stay.check_out))
    return found
