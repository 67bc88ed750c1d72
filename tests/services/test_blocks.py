"""Rooms off sale for a while."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.extensions import db as database
from portal.models import BlockReason, Conflict, ConflictType, Reservation
from portal.services import availability, blocks, reservations, rooms
from portal.services.blocks import StaysInTheWay
from portal.services.errors import NotFound, Refused
from tests.services.hotel import dirty, make_hotel, make_lanes, night, room_of, sell


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


def left(hotel, day):
    return availability.calendar(hotel.id, night(day), night(day))[hotel.room_type.id][night(day)]


def test_a_block_marks_its_nights_and_lifting_it_marks_them_again(hotel):
    make_lanes(hotel)

    block = blocks.create(hotel.id, hotel.rooms[0].id, night(2), night(4), BlockReason.OUT_OF_ORDER, "leak")
    assert dirty(hotel.room_type) == [(night(2), night(3))]
    assert (left(hotel, 1), left(hotel, 2), left(hotel, 3), left(hotel, 4)) == (2, 1, 1, 2)

    blocks.lift(hotel.id, block.id)
    assert left(hotel, 2) == 2
    assert blocks.listed(hotel.id, night(1), night(9)) == []


def test_a_block_over_a_stay_names_the_stay_and_changes_nothing(hotel):
    reservation = sell(hotel, 1, 3)
    row = room_of(reservation)

    with pytest.raises(StaysInTheWay, match=reservation.code) as refusal:
        blocks.create(hotel.id, row.room_id, night(2), night(5))

    assert [stay.reservation_room_id for stay in refusal.value.stays] == [row.id]
    assert left(hotel, 4) == 2


def test_a_forced_block_takes_the_room_and_leaves_the_stay_a_task(hotel):
    make_lanes(hotel)
    reservation = sell(hotel, 1, 3)
    row = room_of(reservation)

    blocks.create(hotel.id, row.room_id, night(2), night(5), force=True)

    assert room_of(reservation).room_id is None
    conflict = database.session.scalars(select(Conflict)).one()
    assert (conflict.type, conflict.reservation_id) == (ConflictType.ROOM, reservation.id)
    assert [left(hotel, day) for day in (1, 2, 3, 4, 5)] == [1, 0, 1, 1, 2]
    assert dirty(hotel.room_type) == [(night(1), night(4))]


def test_the_task_is_done_once_the_stay_has_a_room_again(hotel):
    reservation = sell(hotel, 1, 3)
    row = room_of(reservation)
    blocks.create(hotel.id, row.room_id, night(2), night(5), force=True)
    other = rooms.free(hotel.id, night(1), night(3))[0]

    reservations.move_room(hotel.id, reservation.id, row.id, other.id)

    assert reservations.detail(hotel.id, reservation.id).conflicts == ()


def test_a_room_is_blocked_once(hotel):
    blocks.create(hotel.id, hotel.rooms[0].id, night(2), night(4))

    for force in (False, True):
        with pytest.raises(Refused, match="already blocked"):
            blocks.create(hotel.id, hotel.rooms[0].id, night(3), night(6), force=force)


@pytest.mark.parametrize(("first", "until"), [(3, 3), (4, 2), (1, 800)])
def test_a_block_has_a_night_and_an_end(hotel, first, until):
    with pytest.raises(Refused, match="from one to"):
        blocks.create(hotel.id, hotel.rooms[0].id, night(first), night(until))


def test_a_forced_block_makes_an_open_form_of_the_stay_stale(hotel):
    reservation = sell(hotel, 1, 3)
    shown = reservation.version

    blocks.create(hotel.id, room_of(reservation).room_id, night(2), night(5), force=True)

    query = select(Reservation.version).where(Reservation.id == reservation.id)
    assert database.session.scalar(query) == shown + 1


def test_charlie_cannot_block_or_free_a_room_of_alice(hotel):
    block = blocks.create(hotel.id, hotel.rooms[0].id, night(2), night(4))
    charlie = make_hotel("Alpenblick")
    room_id, block_id = hotel.rooms[1].id, block.id

    with tenancy.of(charlie.organization.id):
        for property_id in (charlie.id, hotel.id):
            with pytest.raises(NotFound):
                blocks.create(property_id, room_id, night(1), night(2))
            with pytest.raises(NotFound):
                blocks.lift(property_id, block_id)
