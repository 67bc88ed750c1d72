"""Bookings that came before their mapping: held, then placed with one click, each by itself."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, insert, literal, select, true

from portal.db import unit_of_work
from portal.domain.mapping import Decision
from portal.extensions import db
from portal.models import (
    BookingLink,
    ConflictType,
    InboxMessage,
    InboxState,
    Reservation,
    ReservationRoom,
    UnroutedMessage,
)
from portal.services import held_bookings, inbox, remote_products
from portal.services.errors import Refused
from providers.types import Message
from tests.services import mapped
from tests.services.engine import House, fresh, settings


def held(house: House) -> held_bookings.Held:
    return held_bookings.count(house.connection)


def replay(house: House) -> dict[str, object]:
    held_bookings.wish(house.connection)
    assert remote_products.run(house.connection_id)
    kept = remote_products.snapshot(house.connection_id)
    assert kept is not None
    return kept.replay


def unmap(house: House) -> dict[str, str]:
    """Take our products off the provider's; the pairs there were."""
    live = mapped.desk(house).live.pairs
    mapped.draft(house, dict.fromkeys(live, ""), dict.fromkeys(live.values(), Decision.AT_OTA))
    mapped.apply(house)
    return dict(live)


def map_again(house: House, pairs: dict[str, str]) -> None:
    mapped.draft(house, {key: code.split(":")[1] for key, code in pairs.items()})
    mapped.apply(house)


def test_bookings_of_an_unmapped_product_are_placed_after_the_fix(house):
    pairs = unmap(house)
    for number in (5, 5, 20):
        house.book(check_in=house.day(number).isoformat())
    house.receive()
    assert (held(house).ready, held(house).unmapped) == (0, 3)
    map_again(house, pairs)
    assert (held(house).ready, held(house).unmapped) == (3, 0)

    result = replay(house)

    rooms = [room for row in house.reservations() for room in house.rooms(row)]
    assert {(room.room_type_id, room.rate_plan_id) for room in rooms} == {(house.types[0], house.plans[0])}
    assert all(room.room_id for room in rooms)
    assert (result["placed"], result["left"]) == (3, 0) and result["finished_at"]
    assert held(house).replayable == 0
    assert [each for each in house.conflicts() if each.type is ConflictType.UNMAPPED] == []
    assert "product_unmapped" not in house.incidents()


def test_a_full_house_keeps_the_booking_as_overbooked_and_never_loses_it(house):
    pairs = unmap(house)
    for _ in range(4):
        house.book(force=True)
    house.receive()
    map_again(house, pairs)

    result = replay(house)

    rooms = [room for row in house.reservations() for room in house.rooms(row)]
    assert result["placed"] == 4
    assert len([room for room in rooms if room.room_id is None]) == 1
    assert [each.type for each in house.conflicts()] == [ConflictType.OVERBOOKING]


def test_one_that_fails_never_delays_the_next(house, monkeypatch):
    pairs = unmap(house)
    for number in (5, 10, 15):
        house.book(check_in=house.day(number).isoformat())
    house.receive()
    map_again(house, pairs)
    place = held_bookings.place
    broken = house.reservations()[0].id

    def sometimes(desk, reservation_id):
        if reservation_id == broken:
            raise ValueError("this one cannot be placed")
        return place(desk, reservation_id)

    monkeypatch.setattr(held_bookings, "place", sometimes)
    result = replay(house)

    assert (result["placed"], result["left"]) == (2, 1)
    assert held(house).ready == 1


def test_what_is_left_after_a_bells_patience_is_done_by_the_next(house, monkeypatch):
    pairs = unmap(house)
    for number in (5, 10, 15):
        house.book(check_in=house.day(number).isoformat())
    house.receive()
    map_again(house, pairs)
    monkeypatch.setattr(held_bookings, "PATIENCE", -1.0)
    monkeypatch.setattr(held_bookings, "BATCH", 1)
    held_bookings.wish(house.connection)

    for _ in range(4):
        assert remote_products.run(house.connection_id)

    kept = remote_products.snapshot(house.connection_id)
    assert kept is not None and kept.replay["placed"] == 3
    assert kept.replay["finished_at"]


def test_with_nothing_to_place_there_is_nothing_to_wish(house):
    with pytest.raises(Refused):
        held_bookings.wish(house.connection)


def test_what_a_person_chose_meanwhile_stays(house):
    pairs = unmap(house)
    house.book()
    house.receive()
    map_again(house, pairs)
    with unit_of_work():
        (room,) = house.rooms(house.reservation())
        room.rate_plan_id = house.plans[0]
    room_type = house.rooms(house.reservation())[0].room_type_id

    replay(house)

    (room,) = house.rooms(house.reservation())
    assert (room_type, room.room_type_id, room.rate_plan_id) == (None, house.types[0], house.plans[0])


def test_messages_that_came_before_anybody_had_the_property_reach_its_inbox(house):
    booking = house.book()
    house.receive()
    raw = fresh(InboxMessage)[0].raw
    later = json.loads(raw or b"{}")
    with settings(), unit_of_work():
        inbox.quarantine(
            "channex",
            [
                Message("revision-unrouted", house.external_id, booking["booking_id"], raw or b""),
                Message("sha256:abc", house.external_id, None, b"{}"),
            ],
        )
    assert later
    assert held(house).unrouted == 2

    replay(house)
    house.receive()

    found = {row.event_key: row for row in house.messages()}
    assert found["revision-unrouted"].state is InboxState.HISTORY
    assert found["revision-unrouted"].acknowledged_at is not None
    assert all(row.routed_at for row in fresh(UnroutedMessage))
    assert held(house).unrouted == 0


def test_a_thousand_held_bookings_are_placed_in_batches_and_none_is_lost(house, monkeypatch):
    pairs = unmap(house)
    house.book()
    house.receive()
    _copies(999)
    map_again(house, pairs)
    assert held(house).ready == 1000
    monkeypatch.setattr(held_bookings, "place", _mapped_only)

    result = replay(house)

    assert (result["placed"], result["left"]) == (1000, 0) and result["finished_at"]
    assert held(house).ready == 0


def _mapped_only(desk, reservation_id):
    """The products of one booking, without looking for rooms: that is the other tests' matter, and takes its time."""
    with unit_of_work():
        (row,) = db.session.scalars(select(ReservationRoom).filter_by(reservation_id=reservation_id))
        row.rate_plan_id, row.room_type_id = desk.products.plans[row.external_rate_plan_id]
    return True


def _copies(many):
    """More bookings like the only one there is, as one statement for each table."""
    series = func.generate_series(1, many).table_valued("value").render_derived()
    number = series.c.value
    with unit_of_work():
        for model in (Reservation, ReservationRoom, BookingLink):
            columns = {column.name: column for column in model.__table__.columns}
            columns["id"] = _copied(columns["id"], number)
            if "reservation_id" in columns:
                columns["reservation_id"] = _copied(columns["reservation_id"], number)
            if model is BookingLink:
                columns["external_booking_id"] = func.concat(columns["external_booking_id"], literal("-"), number)
            source = select(*columns.values()).select_from(model.__table__.join(series, true()))
            db.session.execute(insert(model).from_select(list(columns), source))


def _copied(column, number):
    return func.md5(func.concat(column, number)).cast(column.type)
