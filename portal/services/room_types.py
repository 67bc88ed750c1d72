"""What is sold, and the rooms behind it. Fewer rooms are counted through before they are gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import ReservationRoom, Room, RoomType
from portal.models.base import new_id
from portal.services import audit, consequences, lanes, locks, properties, room_nights, rooms, waiting
from portal.services.errors import NotFound, Refused
from portal.services.sentences import Counted


@dataclass(frozen=True, kw_only=True)
class TypeFacts:
    """What a room type is: how many people it sleeps, and for how many its price is meant."""

    name: str
    max_adults: int = 2
    max_children: int = 0
    max_infants: int = 0
    default_occupancy: int = 2
    position: int = 0


def create(
    property_id: UUID, facts: TypeFacts, numbers: Sequence[str] = (), *, room_type_id: UUID | None = None
) -> RoomType:
    """Open a room type with its rooms. Raises `Refused` for a name or number already there.

    The same `room_type_id` again gives the room type of the first time.
    """
    with unit_of_work():
        properties.find(property_id)
        if room_type_id is not None:
            locks.hold(locks.Kind.REQUEST, [room_type_id])
            if known := db.session.get(RoomType, (tenancy.required(), room_type_id)):
                return known
        return add(property_id, facts, numbers, room_type_id)


def add(property_id: UUID, facts: TypeFacts, numbers: Sequence[str] = (), room_type_id: UUID | None = None) -> RoomType:
    """Open a room type with its rooms; a helper, inside a unit of work. Raises `Refused`."""
    _check(property_id, facts)
    room_type = RoomType(id=room_type_id, property_id=property_id, **vars(facts))
    db.session.add(room_type)
    db.session.flush()
    _add(room_type, numbers)
    changes = {name: (None, value) for name, value in vars(facts).items()}
    audit.record("room_type.created", "room_type", room_type.id, changes, property_id=property_id)
    return room_type


def change(property_id: UUID, room_type_id: UUID, facts: TypeFacts) -> RoomType:
    """Change a room type's name and how many people it sleeps; its place in the list stays. Raises `Refused`."""
    with unit_of_work():
        room_type = find(property_id, room_type_id)
        rewrite(room_type, facts)
    return room_type


def rewrite(room_type: RoomType, facts: TypeFacts) -> None:
    """Write down what a room type is now, its place excepted; a helper, inside a unit of work. Raises `Refused`."""
    _check(room_type.property_id, facts, room_type.id)
    changes = {}
    for name, value in vars(facts).items():
        before = getattr(room_type, name)
        if name != "position" and before != value:
            changes[name] = (before, value)
            setattr(room_type, name, value)
    if changes:
        audit.record("room_type.changed", "room_type", room_type.id, changes, property_id=room_type.property_id)


def add_rooms(
    property_id: UUID, room_type_id: UUID, numbers: Sequence[str], *, floor: str = "", request: UUID | None = None
) -> list[Room]:
    """Add rooms by their numbers: from today on there is more to sell. The same `request` again adds no more."""
    with unit_of_work():
        room_type = find(property_id, room_type_id)
        if request is not None:
            locks.hold(locks.Kind.REQUEST, [request])
        rooms.lock_types(property_id, [room_type_id])
        ids = [uuid5(request, number) for number in numbers] if request else [new_id() for _ in numbers]
        known = [room for room in rooms.listed(property_id, archived=True) if room.id in ids]
        if known:
            return known
        added = _add(room_type, numbers, floor, ids)
        audit.record(
            "rooms.added", "room_type", room_type_id, {"rooms": (None, list(numbers))}, property_id=property_id
        )
        _mark(property_id, room_type_id, urgent=False)
    return added


def preview_capacity(property_id: UUID, losing: Collection[UUID]) -> consequences.Short:
    """The nights that would be oversold without these rooms: {room type: {night: how many too many}}.

    Nights that are oversold already are listed when it would become worse.
    """
    ahead = properties.horizon(properties.find(property_id))
    return consequences.of_fewer_rooms(property_id, _own(property_id, losing), ahead)


def archive_rooms(
    property_id: UUID, room_ids: Collection[UUID], *, oversell: bool = False, agreed: str | None = None
) -> list[UUID]:
    """Take rooms out of use. Their coming stays move to free rooms of the type sold.

    Returns the stays (ids of reservations' rooms) that found none and now wait for a room. Raises
    `Refused` when nights would be oversold, unless `oversell` says that it is known, and while a
    room is blocked or somebody lives in it tonight. A page passes `agreed` instead: `NotAgreed` tells
    which nights would be oversold and which stays have to move, until the token of just that comes back.
    """
    with unit_of_work():
        own = _own(property_id, room_ids)
        hotel = properties.find(property_id)
        ahead = properties.horizon(hotel)
        expected = room_nights.taken_by_stays(room_ids, ahead.first, date.max)
        rooms.lock_reservations(expected)
        rooms.lock_types(property_id, [None])  # a stay may have been sold as any type
        short = preview_capacity(property_id, room_ids)
        if agreed is not None:
            moving = consequences.stays(room_nights.taken_by_stays(room_ids, ahead.first, date.max))
            consequences.check(consequences.Consequences(tuple(moving), short), agreed)
        elif short and not oversell:
            nights = sorted({night for by_night in short.values() for night in by_night})
            raise Refused(
                Counted("Without these rooms %(num)s night is oversold: %(nights)s.",
                        "Without these rooms %(num)s nights are oversold: %(nights)s."),
                num=len(nights), nights=(*nights[:5], *(["…"] if len(nights) > 5 else [])), field="rooms",
            )  # fmt: skip
        stays = room_nights.taken_by_stays(room_ids, ahead.first, date.max)
        if set(stays) - set(expected):
            raise Refused("One of these rooms was sold this very moment: please look again.", field="rooms")
        for room in own:
            room.archived_at = datetime.now(UTC)
            audit.record("room.archived", "room", room.id, {"number": (room.number, None)}, property_id=property_id)
        unplaced = _rehouse(property_id, stays, ahead.first)
        if room_nights.last_night_taken(room_ids, ahead.first) is not None:
            raise Refused("One of these rooms is blocked: lift the block first.", field="rooms")
        for room_type_id in {room.room_type_id for room in own}:
            _mark(property_id, room_type_id, urgent=True)
    return unplaced


def restore_room(property_id: UUID, room_id: UUID) -> Room:
    """Use a room again that was taken out of use: from today on there is more to sell."""
    with unit_of_work():
        room = rooms.find(property_id, room_id)
        rooms.lock_types(property_id, [room.room_type_id])
        if room.archived_at is not None:
            room.archived_at = None
            audit.record("room.restored", "room", room.id, {"number": (None, room.number)}, property_id=property_id)
            _mark(property_id, room.room_type_id, urgent=False)
            waiting.place(property_id, [(room.room_type_id, properties.horizon(properties.find(property_id)))])
    return room


def find(property_id: UUID, room_type_id: UUID) -> RoomType:
    """The property's own room type. Raises `NotFound`."""
    room_type: RoomType | None = db.session.scalar(
        select(RoomType).where(
            RoomType.organization_id == tenancy.required(),
            RoomType.property_id == property_id,
            RoomType.id == room_type_id,
        )
    )
    if room_type is None:
        raise NotFound(f"room type {room_type_id}")
    return room_type


def listed(property_id: UUID) -> Sequence[RoomType]:
    """The room types in use, in the house's order."""
    query = select(RoomType).where(
        RoomType.organization_id == tenancy.required(),
        RoomType.property_id == property_id,
        RoomType.archived_at.is_(None),
    )
    return db.session.scalars(query.order_by(RoomType.position, RoomType.name)).all()


def _check(property_id: UUID, facts: TypeFacts, room_type_id: UUID | None = None) -> None:
    if not 0 < len(facts.name.strip()) <= 200:
        raise Refused("A room type needs a name of at most 200 letters.", field="name")
    if not 1 <= facts.default_occupancy <= facts.max_adults <= 50:
        raise Refused("The usual number of guests lies between one and the most adults.", field="default_occupancy")
    if not (0 <= facts.max_children <= 50 and 0 <= facts.max_infants <= 50):
        raise Refused("Children are counted from 0 to 50.", field="max_children")
    query = select(RoomType.id).where(
        RoomType.organization_id == tenancy.required(), RoomType.property_id == property_id, RoomType.name == facts.name
    )
    if db.session.scalar(query) not in (None, room_type_id):
        raise Refused("This property already has a room type called %(name)s.", name=facts.name, field="name")


def _add(
    room_type: RoomType, numbers: Sequence[str], floor: str = "", ids: Sequence[UUID | None] | None = None
) -> list[Room]:
    wanted = [number.strip() for number in numbers]
    if any(not 0 < len(number) <= 32 for number in wanted) or len(set(wanted)) != len(wanted):
        raise Refused("Each room needs a number of its own, at most 32 letters long.", field="numbers")
    there = rooms.listed(room_type.property_id, archived=True)
    if taken := {room.number for room in there} & set(wanted):
        raise Refused("Room %(number)s is already there.", number=min(taken), field="numbers")
    start = max((room.position for room in there), default=-1) + 1
    added = [
        Room(
            id=room_id,
            property_id=room_type.property_id,
            room_type_id=room_type.id,
            number=number,
            floor=floor,
            position=start + place,
        )
        for place, (number, room_id) in enumerate(zip(wanted, ids or [None] * len(wanted), strict=True))
    ]
    db.session.add_all(added)
    db.session.flush()
    return added


def _own(property_id: UUID, room_ids: Collection[UUID]) -> list[Room]:
    found = [room for room in rooms.listed(property_id) if room.id in room_ids]
    if missing := set(room_ids) - {room.id for room in found}:
        raise NotFound(f"room {min(missing)}")
    return found


def _rehouse(property_id: UUID, stays: Collection[UUID], today: date) -> list[UUID]:
    """Move the coming stays of rooms that are no longer used; a guest who is there cannot be moved by a form."""
    if not stays:
        return []
    rows = db.session.scalars(
        select(ReservationRoom)
        .where(ReservationRoom.organization_id == tenancy.required(), ReservationRoom.id.in_(stays))
        .order_by(ReservationRoom.check_in, ReservationRoom.id)
        .execution_options(populate_existing=True)
    ).all()
    if any(row.check_in < today for row in rows):
        raise Refused("Somebody lives in one of these rooms: move the guest first.", field="rooms")
    unplaced = rooms.take(property_id, rows)
    for stay in {row.room_type_id for row in rows if row.room_type_id}:
        _mark(property_id, stay, urgent=True)
    return unplaced


def _mark(property_id: UUID, room_type_id: UUID, *, urgent: bool) -> None:
    ahead = properties.horizon(properties.find(property_id))
    lanes.mark(property_id, room_types=[room_type_id], windows=[ahead], urgent=urgent, cause="rooms changed")
