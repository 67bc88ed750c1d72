"""A booking meets a room that is out of order: another one of its type, else nobody's guest is lost."""

from __future__ import annotations

from portal.models import BlockReason, ConflictType
from portal.services import blocks, reservations
from portal.services import rooms as house_rooms
from tests.services.engine import House


def _close(house: House, *numbers: str) -> None:
    by_number = {room.number: room.id for room in house_rooms.listed(house.property_id)}
    for number in numbers:
        first, until = house.day(4), house.day(9)
        blocks.create(house.property_id, by_number[number], first, until, BlockReason.OUT_OF_ORDER, "water damage")


def test_another_room_of_the_type_takes_the_booking(any_house: House) -> None:
    _close(any_house, "0-0", "0-1")
    any_house.push()

    any_house.book()
    any_house.pull()

    (room,) = any_house.rooms(any_house.reservation())
    assert room.room_id == next(each.id for each in house_rooms.listed(any_house.property_id) if each.number == "0-2")
    assert any_house.left(any_house.day(5)) == 0
    assert any_house.conflicts() == []


def test_without_one_the_booking_stands_unassigned_and_staff_are_told(any_house: House) -> None:
    _close(any_house, "0-0", "0-1", "0-2")
    any_house.push()

    any_house.book(force=True)
    any_house.pull()

    reservation = any_house.reservation()
    (room,) = any_house.rooms(reservation)
    (task,) = any_house.conflicts()
    assert (room.room_id, room.active) == (None, True)
    assert (task.type, task.reservation_room_id) == (ConflictType.OVERBOOKING, room.id)
    assert "no_room_free" in any_house.incidents()
    assert any_house.left(any_house.day(5)) <= 0


def test_the_room_that_is_mended_takes_the_booking_that_waits(any_house: House) -> None:
    _close(any_house, "0-0", "0-1", "0-2")
    any_house.push()
    any_house.book(force=True)
    any_house.pull()

    for block in blocks.listed(any_house.property_id, any_house.day(0), any_house.day(30)):
        blocks.lift(any_house.property_id, block.id)
    any_house.push()

    (room,) = any_house.rooms(reservations.find(any_house.property_id, any_house.reservation().id))
    assert room.room_id is not None
    assert "no_room_free" not in any_house.incidents()
    assert any_house.conflicts() == []
