"""Which room a stay gets, keeps, and gives up."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db as database
from portal.models import RoomNight
from portal.services import blocks, reservations, room_types, rooms
from portal.services.errors import NotFound, Refused
from tests.services.hotel import make_hotel, night, room_of, sell, store_unplaced


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


def take(hotel, *rows, **options):
    with unit_of_work():
        return rooms.take(hotel.id, rows, **options)


def held(row):
    query = select(RoomNight.night).where(RoomNight.reservation_room_id == row.id).order_by(RoomNight.night)
    return list(database.session.scalars(query))


def test_a_stay_takes_a_room_for_all_its_nights(hotel):
    row = store_unplaced(hotel, 1, 4, hotel.room_type.id)

    assert take(hotel, row) == []

    assert row.room_id in {room.id for room in hotel.rooms}
    assert held(row) == [night(1), night(2), night(3)]


def test_a_full_house_leaves_the_stay_without_a_room_and_without_nights(hotel):
    sell(hotel, 1, 3)
    sell(hotel, 2, 5, guest="Ben Cruz")
    row = store_unplaced(hotel, 1, 4, hotel.room_type.id)

    assert take(hotel, row) == [row.id]

    assert row.room_id is None and held(row) == []


def test_a_booking_of_an_unmapped_product_is_not_placed_by_itself(hotel):
    row = store_unplaced(hotel, 1, 4, None)

    assert take(hotel, row) == [row.id]


def test_a_stay_that_changes_its_dates_keeps_its_room(hotel):
    row = room_of(sell(hotel, 4, 6))
    before = row.room_id
    sell(hotel, 7, 9, guest="Ben Cruz")

    row.check_out = night(7)
    take(hotel, row)

    assert row.room_id == before and held(row) == [night(4), night(5), night(6)]


def test_a_stay_whose_room_is_taken_moves_to_the_other_one(hotel):
    row = room_of(sell(hotel, 1, 3))
    other = room_of(sell(hotel, 3, 5, guest="Ben Cruz"))
    reservations.move_room(hotel.id, other.reservation_id, other.id, row.room_id)
    before = row.room_id

    row.check_out = night(4)
    take(hotel, row)

    assert row.room_id not in (None, before)


def test_two_rooms_of_one_reservation_get_two_rooms(hotel):
    one, two = (store_unplaced(hotel, 1, 4, hotel.room_type.id) for _ in range(2))

    assert take(hotel, one, two) == []

    assert {one.room_id, two.room_id} == {room.id for room in hotel.rooms}


def test_an_upgrade_is_kept_when_asked_and_given_up_when_another_type_is_sold(hotel):
    room_types.create(hotel.id, room_types.TypeFacts(name="Suite"), ["901"])
    suite = next(room for room in rooms.listed(hotel.id) if room.number == "901")
    row = room_of(sell(hotel, 1, 3))
    reservations.move_room(hotel.id, row.reservation_id, row.id, suite.id)

    take(hotel, row, keep_upgrades=True)
    assert row.room_id == suite.id

    take(hotel, row)
    assert row.room_id in {room.id for room in hotel.rooms}


def test_an_inactive_room_gives_up_its_nights(hotel):
    row = room_of(sell(hotel, 1, 3))
    row.active = False

    assert take(hotel, row) == []

    assert row.room_id is None and held(row) == []


def test_the_free_rooms_are_those_nobody_has_for_one_night_of_the_stay(hotel):
    row = room_of(sell(hotel, 2, 3))
    other = next(room for room in hotel.rooms if room.id != row.room_id)

    assert {room.id for room in rooms.free(hotel.id, night(3), night(5))} == {room.id for room in hotel.rooms}
    assert [room.id for room in rooms.free(hotel.id, night(1), night(5))] == [other.id]


def test_a_stay_is_not_moved_into_a_room_that_is_taken(hotel):
    row, other = room_of(sell(hotel, 1, 3)), room_of(sell(hotel, 2, 4, guest="Ben Cruz"))
    before = row.room_id

    with pytest.raises(Refused, match="not free"):
        reservations.move_room(hotel.id, row.reservation_id, row.id, other.room_id)

    assert room_of(reservations.find(hotel.id, row.reservation_id)).room_id == before
    assert held(row) == [night(1), night(2)]


def test_a_stay_is_not_moved_into_a_blocked_room(hotel):
    row = room_of(sell(hotel, 1, 3))
    other = next(room for room in hotel.rooms if room.id != row.room_id)
    blocks.create(hotel.id, other.id, night(2), night(3))

    with pytest.raises(Refused, match=other.number):
        reservations.move_room(hotel.id, row.reservation_id, row.id, other.id)


def test_charlie_cannot_put_a_stay_of_his_into_a_room_of_alice(hotel):
    charlie = make_hotel("Alpenblick")
    room_id = hotel.rooms[0].id

    with tenancy.of(charlie.organization.id):
        reservation = sell(charlie, 1, 2)
        with pytest.raises(NotFound):
            reservations.move_room(charlie.id, reservation.id, room_of(reservation).id, room_id)
