"""One physical room: its number, its floor, and how housekeeping left it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import Housekeeping, Room
from portal.services import audit, rooms
from portal.services.errors import Refused

_LONGEST_NUMBER, _LONGEST_FLOOR = 32, 16


def set_housekeeping(property_id: UUID, room_id: UUID, wanted: str) -> Room:
    """Note how the room is: a value of `Housekeeping`. It says nothing about its sale: for that there are blocks."""
    state = Housekeeping(wanted)
    with unit_of_work():
        room = rooms.find(property_id, room_id)
        if room.housekeeping != state:
            changes = {"housekeeping": (room.housekeeping, state)}
            room.housekeeping = state
            audit.record("room.housekeeping", "room", room.id, changes, property_id=property_id)
    return room


def change(property_id: UUID, room_id: UUID, number: str, floor: str) -> Room:
    """Give the room another number or floor. Raises `Refused` for a number that is taken, also by a room out of use."""
    number, floor = number.strip(), floor.strip()
    if not 0 < len(number) <= _LONGEST_NUMBER:
        raise Refused("Each room needs a number of its own, at most 32 letters long.", field="number")
    if len(floor) > _LONGEST_FLOOR:
        raise Refused("A floor has at most 16 letters.", field="floor")
    with unit_of_work():
        room = rooms.find(property_id, room_id)
        taken = select(Room.id).where(
            Room.organization_id == tenancy.required(),
            Room.property_id == property_id,
            Room.number == number,
            Room.id != room_id,
        )
        if db.session.scalar(taken) is not None:
            raise Refused("Room %(number)s is already there.", number=number, field="number")
        values = {"number": number, "floor": floor}
        changes = {name: (getattr(room, name), value) for name, value in values.items() if getattr(room, name) != value}
        for name, (_, value) in changes.items():
            setattr(room, name, value)
        if changes:
            audit.record("room.changed", "room", room.id, changes, property_id=property_id)
    return room
