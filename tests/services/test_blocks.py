"""Rooms off sale for a while."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.extensions import db as database
from portal.models import BlockReason, Conflict, ConflictType, Reservation
from portal.models.base import new_id
from portal.services import availability, blocks, reservations, room_types, rooms
from portal.services.blocks import StaysInTheWay
from portal.services.consequences import NotAgreed
from portal.services.errors import NotFound, Refused
from tests.services.hotel import dirty, make_hotel, make_lanes, night, room_of, sell, store_unplaced


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


def asked(hotel, first, until, **more):
    """What the block of the first room would do, as the page is told it."""
    with pytest.raises(NotAgreed) as question:
        blocks.create(hotel.id, hotel.rooms[0].id, night(first), night(until), agreed="", **more)
    return question.value.consequences


def test_a_block_that_harms_nobody_needs_no_second_click(hotel):
    block = blocks.create(hotel.id, hotel.rooms[0].id, night(2), night(4), agreed="")

    assert (block.starts, block.ends) == (night(2), night(4))


def test_the_nights_a_block_would_oversell_are_told_before_it_is_saved(hotel):
    first, second = sell(hotel, 1, 3), sell(hotel, 2, 5, guest="Ben Cruz")

    found = asked(hotel, 2, 6)

    in_room = first if room_of(first).room_id == hotel.rooms[0].id else second
    assert [stay.code for stay in found.stays] == [in_room.code]
    assert found.short == {hotel.room_type.id: {night(2): 1}}
    assert blocks.listed(hotel.id, night(1), night(9)) == []


def test_what_was_agreed_to_is_saved(hotel):
    row = room_of(sell(hotel, 1, 3))
    blocked = rooms.find(hotel.id, row.room_id)

    with pytest.raises(NotAgreed) as question:
        blocks.create(hotel.id, blocked.id, night(2), night(5), agreed="")
    blocks.create(hotel.id, blocked.id, night(2), night(5), agreed=question.value.consequences.token)

    assert room_of(reservations.find(hotel.id, row.reservation_id)).room_id is None


def test_who_agreed_to_less_is_asked_again(hotel):
    sell(hotel, 1, 3)
    sell(hotel, 1, 3, guest="Ben Cruz")
    token = asked(hotel, 2, 5).token
    sell(hotel, 4, 5, guest="Eva Reis")
    sell(hotel, 4, 5, guest="Rui Mota")

    with pytest.raises(NotAgreed):
        blocks.create(hotel.id, hotel.rooms[0].id, night(2), night(5), agreed=token)


def test_a_stay_in_a_better_room_falls_back_on_the_type_it_bought(hotel):
    suite = room_types.create(hotel.id, room_types.TypeFacts(name="Suite"), ["901"])
    sell(hotel, 1, 3)
    sell(hotel, 1, 3, guest="Ben Cruz")
    upgraded = store_unplaced(hotel, 1, 3, hotel.room_type.id)
    best = rooms.free(hotel.id, night(1), night(3), suite.id)[0]
    reservations.move_room(hotel.id, upgraded.reservation_id, upgraded.id, best.id)

    with pytest.raises(NotAgreed) as question:
        blocks.create(hotel.id, best.id, night(2), night(3), agreed="")

    assert question.value.consequences.short == {hotel.room_type.id: {night(1): 1, night(2): 1}}


def test_the_same_click_twice_is_one_block(hotel):
    key = new_id()

    first = blocks.create(hotel.id, hotel.rooms[0].id, night(2), night(4), agreed="", block_id=key)
    second = blocks.create(hotel.id, hotel.rooms[0].id, night(2), night(4), agreed="", block_id=key)

    assert first.id == second.id == key
    assert len(blocks.listed(hotel.id, night(1), night(9))) == 1


def test_a_block_moved_by_a_day_marks_old_and_new_nights_and_counts_only_the_new_ones(hotel):
    block = blocks.create(hotel.id, hotel.rooms[0].id, night(2), night(4))
    sell(hotel, 2, 3)
    make_lanes(hotel)

    blocks.change(hotel.id, block.id, night(3), night(5), BlockReason.OTHER, "paint", agreed="")

    assert [left(hotel, day) for day in (2, 3, 4, 5)] == [1, 1, 1, 2]
    assert dirty(hotel.room_type) == [(night(2), night(4))]
    assert (block.reason, block.note) == (BlockReason.OTHER, "paint")


def test_a_block_stretched_over_a_stay_asks_first(hotel):
    row = room_of(sell(hotel, 5, 7))
    block = blocks.create(hotel.id, row.room_id, night(2), night(4))

    with pytest.raises(NotAgreed) as question:
        blocks.change(hotel.id, block.id, night(2), night(6), BlockReason.MAINTENANCE, agreed="")

    assert [stay.reservation_room_id for stay in question.value.consequences.stays] == [row.id]
    database.session.refresh(block)
    assert block.ends == night(4)


def test_charlie_changes_no_block_of_alices(hotel):
    block_id = blocks.create(hotel.id, hotel.rooms[0].id, night(2), night(4)).id
    charlie = make_hotel("Alpenblick")

    with tenancy.of(charlie.organization.id), pytest.raises(NotFound):
        blocks.change(charlie.id, block_id, night(2), night(4), BlockReason.OTHER, agreed="")
