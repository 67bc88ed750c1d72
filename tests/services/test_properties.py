"""Hotels and what they sell."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal import tenancy
from portal.extensions import db as database
from portal.models import AuditEntry, BlockReason
from portal.services import availability, blocks, organizations, properties, room_types, rooms
from portal.services.errors import NotFound, Refused
from tests.services.hotel import dirty, make_hotel, make_lanes, night, room_of, sell


@pytest.fixture
def hotel(db):
    hotel = make_hotel()
    with tenancy.of(hotel.organization.id):
        yield hotel


def facts(**changes):
    return properties.Facts(**{"name": "Faro", "currency": "EUR", "timezone": "Europe/Lisbon", **changes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"currency": "EURO"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"timezone": "Europe"}, "timezone"),
        ({"country": "XQ"}, "country"),
        ({"country": "150"}, "country"),
        ({"name": "  "}, "name"),
    ],
)
def test_a_hotel_in_no_known_place_or_money_is_refused(hotel, changes, field):
    with pytest.raises(Refused) as refusal:
        properties.create(facts(**changes))

    assert refusal.value.field == field


def test_a_hotel_keeps_its_currency(hotel):
    with pytest.raises(Refused, match="currency"):
        properties.change(hotel.id, facts(currency="JPY"))


def test_a_change_is_written_down_before_and_after(hotel):
    properties.change(hotel.id, facts(name="Seaview Faro", country="PT"))

    query = select(AuditEntry).where(AuditEntry.action == "property.changed")
    entry = database.session.scalars(query).one()
    assert entry.changes == {"name": ["Seaview", "Seaview Faro"]}


def test_charlie_does_not_find_alices_hotel(hotel):
    charlie = make_hotel("Alpenblick")

    with tenancy.of(charlie.organization.id):
        with pytest.raises(NotFound):
            properties.find(hotel.id)
        assert [each.name for each in properties.listed()] == ["Alpenblick"]


def test_an_organization_needs_a_name(db):
    with pytest.raises(Refused):
        organizations.create("   ")


def test_a_room_number_is_there_once_in_a_property(hotel):
    with pytest.raises(Refused, match="101"):
        room_types.add_rooms(hotel.id, hotel.room_type.id, ["103", "101"])

    assert [room.number for room in rooms.listed(hotel.id)] == ["101", "102"]


def test_a_new_room_is_for_sale_on_every_night(hotel):
    make_lanes(hotel)

    room_types.add_rooms(hotel.id, hotel.room_type.id, ["103"])

    assert availability.calendar(hotel.id, night(1), night(1))[hotel.room_type.id][night(1)] == 3
    assert dirty(hotel.room_type) == [tuple(properties.horizon(hotel.property))]


@pytest.fixture
def soon(hotel):
    """The number of a day of May 2031 that is a week ahead, whenever the test runs."""
    return (properties.today(hotel.property) - night(1)).days + 8


def test_fewer_rooms_list_the_nights_that_would_be_oversold(hotel, soon):
    sell(hotel, soon, soon + 3)
    sell(hotel, soon + 1, soon + 2, guest="Ben Cruz")

    found = room_types.preview_capacity(hotel.id, [hotel.rooms[0].id])

    assert found == {hotel.room_type.id: {night(soon + 1): 1}}


def test_a_room_that_is_needed_goes_only_when_somebody_says_so(hotel, soon):
    first = sell(hotel, soon, soon + 1)
    second = sell(hotel, soon, soon + 1, guest="Ben Cruz")
    with pytest.raises(Refused, match="oversold"):
        room_types.archive_rooms(hotel.id, [hotel.rooms[0].id])

    unplaced = room_types.archive_rooms(hotel.id, [hotel.rooms[0].id], oversell=True)

    placed = {room_of(stay).id: room_of(stay).room_id for stay in (first, second)}
    assert len(unplaced) == 1 and placed[unplaced[0]] is None
    assert availability.oversold(hotel.id, night(soon), night(soon)) == {hotel.room_type.id: {night(soon): 1}}


def test_the_stays_of_a_room_that_goes_move_to_a_free_one(hotel, soon):
    reservation = sell(hotel, soon, soon + 2)
    room_types.add_rooms(hotel.id, hotel.room_type.id, ["103"])
    old = room_of(reservation).room_id

    assert room_types.archive_rooms(hotel.id, [old]) == []

    assert room_of(reservation).room_id not in (None, old)


def test_a_blocked_room_goes_only_after_the_block(hotel, soon):
    blocks.create(hotel.id, hotel.rooms[0].id, night(soon), night(soon + 1), BlockReason.OTHER)

    with pytest.raises(Refused, match="blocked"):
        room_types.archive_rooms(hotel.id, [hotel.rooms[0].id])


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "Double"},
        {"name": ""},
        {"name": "Twin", "max_adults": 2, "default_occupancy": 3},
        {"name": "Twin", "max_adults": 0, "default_occupancy": 0},
        {"name": "Twin", "max_children": -1},
    ],
)
def test_a_room_type_that_cannot_be_is_refused(hotel, facts):
    with pytest.raises(Refused):
        room_types.create(hotel.id, room_types.TypeFacts(**facts))
