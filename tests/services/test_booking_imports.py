"""The bookings that stand at Beds24 before a property is connected: looked at, imported once, labelled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import ConnectionState
from portal.services import booking_imports, bookings, connections, drain, remote_products, reservations, stays
from portal.services.errors import Refused
from providers.types import Person
from tests.house import Sandbox
from tests.services import beds, engine
from tests.services.beds import BedsHouse


@pytest.fixture
def before(beds24: Sandbox) -> Iterator[BedsHouse]:
    """A property that is mapped and not started; four bookings stand there, one of them cancelled."""
    with tenancy.of(engine.found_organization("Alice Hotels")):
        property = engine.build_property(types=2)
        built = beds.build_there(beds24, property, open=True)
        there = built["properties"][0]
        connection = connections.create(property, "beds24", code=built["code"])
        assert beds.provision.run(connection.id)
        connections.choose_property(connection, str(there["id"]))
        beds.map_everything(connection, there)
        house = beds.house_of(beds24, connection)
        room = int(there["room_types"][0]["id"])
        enter = {"roomId": room, "nights": 2, "firstName": "Ada", "lastName": "Prova", "price": 200}
        for days, more in ((7, {}), (12, {"lastName": "", "firstName": "", "price": 0}), (17, {"status": "cancelled"})):
            house.sim("POST", "panel", json={**enter, "status": "confirmed", "days_ahead": days, **more})
        yield house


def _look(house: BedsHouse) -> booking_imports.Preview:
    booking_imports.ask(house.connection)
    assert remote_products.run(house.connection_id)
    found = booking_imports.preview(house.connection)
    assert found is not None
    return found


def test_looking_counts_what_would_come_and_changes_nothing(before: BedsHouse) -> None:
    seen = _look(before)

    assert seen.counts == {"new": 2, "cancelled": 1}
    assert (seen.to_come, seen.arrived, seen.pending) == (2, 0, False)
    assert before.reservations() == []
    assert before.messages() == []
    assert before.connection.state is ConnectionState.SETTING_UP


def test_importing_starts_the_connection_and_once_more_changes_nothing(before: BedsHouse) -> None:
    _look(before)

    booking_imports.start(before.connection)
    beds.begin(before.connection)
    before.push()
    first = [row.id for row in before.reservations()]
    booking_imports.start(before.connection)
    assert stays.check(before.connection_id)
    assert drain.drain(before.connection_id)
    again = _look(before)

    assert len(first) == 2
    assert [row.id for row in before.reservations()] == first
    assert again.counts.get("here") == 3 and again.to_come == 0


def test_how_far_the_import_is_can_be_watched(before: BedsHouse) -> None:
    _look(before)
    beds.begin(before.connection)

    seen = booking_imports.preview(before.connection)

    assert seen is not None
    assert (seen.arrived, seen.to_come, seen.waiting) == (2, 2, 0)


def test_what_an_imported_booking_lacks_is_named(before: BedsHouse) -> None:
    beds.begin(before.connection)

    lacking = {}
    for row in before.reservations():
        reservation, _, guest = bookings.load(row.id)
        lacking[reservation.check_in] = booking_imports.missing(reservation, guest)

    assert lacking == {
        before.day(7): ["guest_email"],
        before.day(12): ["guest_name", "guest_email", "amount"],
    }


def test_a_stay_that_was_sold_here_too_is_told(before: BedsHouse) -> None:
    room = reservations.RoomRequest(
        room_type_id=before.types[0], check_in=before.day(7), check_out=before.day(9), rate_plan_id=before.plans[0]
    )
    sale = reservations.SaleRequest(rooms=(room,), guest=Person(name="ada", surname="prova"))
    reservations.create(before.property_id, sale)

    assert _look(before).counts == {"alike": 1, "new": 1, "cancelled": 1}


def test_a_room_type_that_is_not_mapped_is_told(before: BedsHouse) -> None:
    with unit_of_work():
        db.session.execute(text("delete from room_mappings"))

    assert _look(before).counts == {"unmapped": 2, "cancelled": 1}


def test_a_failed_look_says_why_and_may_be_tried_again(before: BedsHouse) -> None:
    before.fault("status", status=500, match={"path_prefix": "/bookings"}, times=1)

    failed = _look(before).run.status.value
    before.due()

    assert failed == "FAILED"
    assert _look(before).counts["new"] == 2


def test_a_channel_manager_that_sends_by_itself_has_nothing_to_import(house: engine.House) -> None:
    with pytest.raises(Refused):
        booking_imports.ask(house.connection)
