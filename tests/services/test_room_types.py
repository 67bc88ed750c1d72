"""Rooms added, renamed, taken out of use and used again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import tenancy
from portal.models import Housekeeping
from portal.models.base import new_id
from portal.services import blocks, house, properties, room_edits, room_types, rooms
from portal.services.consequences import NotAgreed
from portal.services.errors import NotFound, Refused
from tests.services.hotel import make_hotel, night, room_of, sell


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


def soon(hotel, number):
    """The day of May 2031 that counts for `sell` as so many days from the property's today."""
    return (properties.today(hotel.property) - night(1)).days + 1 + number


def test_the_nights_that_fewer_rooms_would_oversell_are_told_first_and_agreed_to(hotel):
    sell(hotel, soon(hotel, 1), soon(hotel, 3))
    row = room_of(sell(hotel, soon(hotel, 2), soon(hotel, 4), guest="Ben Cruz"))

    with pytest.raises(NotAgreed) as question:
        room_types.archive_rooms(hotel.id, [row.room_id], agreed="")
    found = question.value.consequences
    assert found.short == {hotel.room_type.id: {night(soon(hotel, 2)): 1}}
    assert [stay.reservation_room_id for stay in found.stays] == [row.id]

    assert room_types.archive_rooms(hotel.id, [row.room_id], agreed=found.token) == [row.id]


def test_a_room_out_of_use_is_used_again_by_the_stay_that_waits(hotel):
    sell(hotel, soon(hotel, 1), soon(hotel, 3))
    row = room_of(sell(hotel, soon(hotel, 2), soon(hotel, 4), guest="Ben Cruz"))
    room_id = row.room_id
    room_types.archive_rooms(hotel.id, [room_id], oversell=True)

    room_types.restore_room(hotel.id, room_id)

    assert rooms.find(hotel.id, room_id).archived_at is None
    assert row.room_id == room_id


def test_the_same_click_twice_adds_the_rooms_once(hotel):
    request = new_id()

    for _ in range(2):
        room_types.add_rooms(hotel.id, hotel.room_type.id, ["103", "104"], floor="1", request=request)

    assert [(room.number, room.floor) for room in rooms.listed(hotel.id)][2:] == [("103", "1"), ("104", "1")]


def test_a_room_type_is_made_once_however_often_the_button_is_pressed(hotel):
    key, facts = new_id(), room_types.TypeFacts(name="Suite")

    made = [room_types.create(hotel.id, facts, ["901"], room_type_id=key).id for _ in range(2)]

    assert made == [key, key]


def test_a_room_type_keeps_its_own_name_and_takes_no_others(hotel):
    room_types.create(hotel.id, room_types.TypeFacts(name="Suite"))

    changed = room_types.change(hotel.id, hotel.room_type.id, room_types.TypeFacts(name="Double", max_adults=3))
    assert changed.max_adults == 3
    with pytest.raises(Refused, match="Suite"):
        room_types.change(hotel.id, hotel.room_type.id, room_types.TypeFacts(name="Suite"))


def test_a_room_gets_another_number_unless_it_is_taken(hotel):
    room_edits.change(hotel.id, hotel.rooms[0].id, " 201 ", "2")

    assert (hotel.rooms[0].number, hotel.rooms[0].floor) == ("201", "2")
    with pytest.raises(Refused, match="102"):
        room_edits.change(hotel.id, hotel.rooms[0].id, "102", "")


def test_the_house_of_today_says_who_sleeps_where_and_what_is_off_sale(hotel):
    today = properties.today(hotel.property)
    row = room_of(sell(hotel, soon(hotel, -1), soon(hotel, 2)))
    other = next(room for room in hotel.rooms if room.id != row.room_id)
    blocks.create(hotel.id, other.id, today, today + timedelta(days=3))
    room_edits.set_housekeeping(hotel.id, other.id, "dirty")

    found = house.read(hotel.property)

    by_id = {each.room.id: each for each in found.types[0].rooms}
    assert [stay.check_out for stay in by_id[row.room_id].stays] == [row.check_out]
    assert by_id[other.id].block is not None and by_id[row.room_id].block is None
    assert (found.count(Housekeeping.DIRTY), found.blocked) == (1, 1)


def test_charlie_touches_no_room_of_alices(hotel):
    room_id = hotel.rooms[0].id
    charlie = make_hotel("Alpenblick")

    with tenancy.of(charlie.organization.id):
        for act in (
            lambda: room_edits.set_housekeeping(charlie.id, room_id, "dirty"),
            lambda: room_edits.change(charlie.id, room_id, "7", ""),
            lambda: room_types.restore_room(charlie.id, room_id),
        ):
            with pytest.raises(NotFound):
                act()
