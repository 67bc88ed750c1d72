"""What is left to sell: one question, every room type, every night."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from portal import tenancy
from portal.models import BlockReason
from portal.services import availability, blocks, reservations, room_types
from tests.services.hotel import make_hotel, night, room_of, sell, store_unplaced


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


def left(hotel, first=1, last=5):
    found = availability.calendar(hotel.id, night(first), night(last))[hotel.room_type.id]
    return [found[night(day)] for day in range(first, last + 1)]


def test_an_empty_house_has_all_its_rooms_left(hotel):
    assert left(hotel) == [2, 2, 2, 2, 2]


def test_a_stay_takes_its_nights_and_not_the_day_of_departure(hotel):
    sell(hotel, 2, 4)

    assert left(hotel) == [2, 1, 1, 2, 2]


def test_a_block_takes_its_nights_too(hotel):
    blocks.create(hotel.id, hotel.rooms[0].id, night(1), night(3), BlockReason.MAINTENANCE)

    assert left(hotel) == [1, 1, 2, 2, 2]


def test_a_booking_without_a_room_counts_against_the_type_it_was_sold_as(hotel):
    store_unplaced(hotel, 3, 5, hotel.room_type.id)

    assert left(hotel) == [2, 2, 1, 1, 2]


def test_a_booking_of_an_unmapped_product_counts_against_every_type(hotel):
    suite = room_types.create(hotel.id, room_types.TypeFacts(name="Suite"), ["901"])
    store_unplaced(hotel, 1, 3, None)

    found = availability.calendar(hotel.id, night(1), night(3))

    assert list(found[suite.id].values()) == [0, 0, 1]
    assert list(found[hotel.room_type.id].values()) == [1, 1, 2]


def test_a_booking_that_reaches_beyond_the_window_is_cut_to_it(hotel):
    store_unplaced(hotel, 1, 9, hotel.room_type.id)

    assert left(hotel, 3, 5) == [1, 1, 1]


def test_more_claims_than_rooms_leave_zero_and_are_listed_as_oversold(hotel):
    sell(hotel, 1, 3)
    sell(hotel, 1, 3, guest="Ben Cruz")
    store_unplaced(hotel, 2, 4, hotel.room_type.id)

    assert left(hotel) == [0, 0, 1, 2, 2]
    assert availability.oversold(hotel.id, night(1), night(5)) == {hotel.room_type.id: {night(2): 1}}


def test_the_detail_names_sold_blocked_and_waiting_apart(hotel):
    sell(hotel, 1, 2)
    blocks.create(hotel.id, hotel.rooms[1].id, night(1), night(2))
    store_unplaced(hotel, 1, 2, hotel.room_type.id)

    counts = availability.detail(hotel.id, night(1), night(1))[hotel.room_type.id][night(1)]

    assert counts == availability.Night(units=2, sold=1, blocked=1, waiting=1, available=0, oversold=1)


def test_a_stay_upgraded_to_another_type_counts_where_it_sleeps(hotel):
    suite = room_types.create(hotel.id, room_types.TypeFacts(name="Suite"), ["901"])
    reservation = sell(hotel, 1, 2)
    room = next(room for room in room_types.rooms.listed(hotel.id) if room.number == "901")

    reservations.move_room(hotel.id, reservation.id, room_of(reservation).id, room.id)

    found = availability.calendar(hotel.id, night(1), night(1))
    assert found == {hotel.room_type.id: {night(1): 2}, suite.id: {night(1): 0}}


def test_a_whole_property_over_500_nights_is_one_statement(hotel, db):
    room_types.create(hotel.id, room_types.TypeFacts(name="Suite"), ["901"])
    statements = []

    def listen(connection, cursor, statement, *rest):
        if "room_nights" in statement or "rooms" in statement:
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)

    try:
        found = availability.calendar(hotel.id, night(1), night(1) + timedelta(days=499))
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)

    assert [len(nights) for nights in found.values()] == [500, 500]
    assert len(statements) == 1


def test_charlie_sees_no_rooms_of_alice(hotel):
    charlie = make_hotel("Alpenblick")

    with tenancy.of(charlie.organization.id):
        assert availability.calendar(hotel.id, night(1), night(2)) == {}
