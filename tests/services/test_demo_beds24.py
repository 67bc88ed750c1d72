"""The demo's walk onto the simulated Beds24, with the workers' part done in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demo import beds24 as walk
from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import Connection, ConnectionState, Property, ReservationPush
from portal.services import connections, drain, provision
from tests.house import Sandbox
from tests.services import beds, engine


def _work(what: str, connection: Connection, ready: Any) -> None:
    """What the demo's workers do while the walk waits for them."""
    for _ in range(4):
        with unit_of_work():
            db.session.execute(db.text("update duties set retry_at = null"))
        provision.run(connection.id)
        drain.drain(connection.id)
        db.session.refresh(connection)
        if ready(connection):
            return
    raise AssertionError(f"no word of {what}")


@pytest.fixture
def hotel(beds24: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Property]:
    monkeypatch.setattr(walk, "_wait", _work)
    with tenancy.of(engine.found_organization("Seaview Hotels")):
        yield engine.build_property(types=2, plans=2, name="Apartments")


def test_twice_is_the_same_as_once_and_its_own_guests_stand_there_too(beds24: Sandbox, hotel: Property) -> None:
    for _ in range(2):
        walk.connect(beds24.url, hotel)
        walk.sell(hotel)

    (connection,) = connections.of_property(hotel.id)
    house = beds.house_of(beds24, connection)
    house.push()

    booked = house.sim("GET", "ledger", params={"property_id": house.external_id})["bookings"]
    assert connection.state is ConnectionState.ACTIVE
    assert len(house.sim("GET", "properties")["properties"]) == 1
    assert sorted(each["status"] for each in booked) == ["confirmed", "confirmed"]  # the third cancelled at once
    assert {push.state for push in engine.fresh(ReservationPush)} == {"accepted"}
