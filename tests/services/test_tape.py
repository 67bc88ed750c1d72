"""The tape chart: who is where, who waits, and where a stay may go."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from portal import tenancy
from portal.models import RoomBlock
from portal.services import blocks, reservations, room_types, tape
from portal.services.errors import NotFound
from tests.services.hotel import make_hotel, night, room_of, sell, store_unplaced


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


def chart(hotel, first=1, nights=7, **filters):
    return tape.read(hotel.property, night(first), nights, tape.Filters(**filters))


def shape(line):
    """A line as words: `.` for a free night, the taker's name for each of its nights."""
    said = []
    for piece in line:
        what = piece.span.what if piece.span else None
        name = "." if what is None else "block" if isinstance(what, RoomBlock) else what.guest.split()[0]
        said += [name] * piece.nights
    return said


def test_stays_and_blocks_stand_in_their_rooms_and_those_without_one_above(hotel):
    row = room_of(sell(hotel, 2, 4))
    other = next(room for room in hotel.rooms if room.id != row.room_id)
    blocks.create(hotel.id, other.id, night(3), night(5))
    waiting = store_unplaced(hotel, 3, 5, hotel.room_type.id)

    found = chart(hotel)

    (group,) = found.groups
    lines = {each.room.id: [shape(line) for line in each.lines] for each in group.rooms}
    assert lines[row.room_id] == [[".", "Ana", "Ana", ".", ".", ".", "."]]
    assert lines[other.id] == [[".", ".", "block", "block", ".", ".", "."]]
    assert [shape(line)[2:4] for line in group.waiting] == [[waiting_code(waiting)] * 2]
    assert (found.unplaced, found.too_many) == (1, [night(3)])


def waiting_code(row):
    return reservations.find(row.property_id, row.reservation_id).code


def test_what_nobody_mapped_stands_on_top_of_everything(hotel):
    store_unplaced(hotel, 2, 4, None)

    found = chart(hotel)

    assert found.groups[0].room_type is None and len(found.groups[0].waiting) == 1
    assert [group.room_type for group in chart(hotel, room_type_id=hotel.room_type.id).groups] == [hotel.room_type]


def test_who_leaves_on_the_first_day_is_named_but_takes_no_night(hotel):
    row = room_of(sell(hotel, 1, 3))

    found = chart(hotel, 3, 1)

    mine = next(each for each in found.groups[0].rooms if each.room.id == row.room_id)
    assert [stay.id for stay in mine.leaving] == [row.id] and shape(mine.lines[0]) == ["."]


def test_a_filter_dims_what_is_not_looked_for_and_hides_nothing(hotel):
    sell(hotel, 2, 4)

    found = chart(hotel, channel="BDC")

    bars = [piece.span.what for row in found.groups[0].rooms for line in row.lines for piece in line if piece.span]
    assert [bar.wanted for bar in bars] == [False]
    assert chart(hotel, unplaced=True).groups == []


def test_a_stay_may_go_where_all_its_nights_are_free_the_type_sold_first(hotel):
    suite = room_types.create(hotel.id, room_types.TypeFacts(name="Any suite"), ["901"])
    row = room_of(sell(hotel, 2, 4))
    other = next(room for room in hotel.rooms if room.id != row.room_id)

    choices = tape.choices(hotel.id, tape.stay(hotel.id, row.id))

    assert [(kind.name, [room.number for room in free]) for kind, free in choices] == [
        ("Double", [other.number]),
        ("Any suite", ["901"]),
    ]
    sell(hotel, 3, 5, guest="Ben Cruz")
    assert [kind.id for kind, _ in tape.choices(hotel.id, tape.stay(hotel.id, row.id))] == [suite.id]


def test_a_cancelled_stay_is_no_bar(hotel):
    reservation = sell(hotel, 2, 4)
    row_id = room_of(reservation).id
    reservations.cancel(hotel.id, reservation.id, "changed her mind")

    with pytest.raises(NotFound):
        tape.stay(hotel.id, row_id)


def test_charlie_sees_none_of_alices_stays(hotel):
    row_id = room_of(sell(hotel, 2, 4)).id
    charlie = make_hotel("Alpenblick")

    with tenancy.of(charlie.organization.id):
        assert all(not piece.span for group in chart(charlie).groups for row in group.rooms for line in row.lines
                   for piece in line)  # fmt: skip
        with pytest.raises(NotFound):
            tape.stay(charlie.id, row_id)


def test_a_chart_costs_the_same_statements_however_full_it_is(hotel, db):
    for first in (1, 3, 5):
        sell(hotel, first, first + 2)
    said = []

    def listen(connection, cursor, statement, *rest):
        if "SAVEPOINT" not in statement and "set_config" not in statement:
            said.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        chart(hotel)
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)

    assert len(said) <= 8
