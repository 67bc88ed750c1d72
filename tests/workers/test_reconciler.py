"""The reconciler itself: it must see what is wrong, or all that it calls clean means nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis as redis_client
from sqlalchemy import text

from chaos import reconciler
from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from tests.house import Database, Sandbox
from tests.services import engine
from tests.services.engine import House


@pytest.fixture
def hotel(fresh_database: Database, redis: redis_client.Redis, sandbox: Sandbox) -> Iterator[House]:
    """A hotel in step with one booking in it."""
    sandbox.control("POST", "switches", json={"strict_rate_limits": False, "webhooks_paused": True})
    with tenancy.of(engine.found_organization("Alice Hotels")):
        house = engine.open_house(sandbox)
        house.book()
        house.pull()
        assert reconciler.differences(sandbox.url) == []
        yield house


DAMAGE = {
    "a message lost": ("delete from inbox", {"lost"}),
    "a message not finished": ("update inbox set state = 'received'", {"late"}),
    "a message set aside": ("update inbox set state = 'quarantined'", {"late"}),
    "an acknowledgement not noted": ("update inbox set acknowledged_at = null", {"late"}),
    "a booking without its reservation": ("update booking_links set reservation_id = null", {"lost", "doubled"}),
    "an old revision": ("update booking_links set last_revision_id = 'older'", {"lost"}),
    "other dates": ("update reservations set check_in = check_in - 1", {"wrong"}),
    "cancelled here alone": ("update reservations set status = 'cancelled'", {"wrong"}),
    "a night given up": ("delete from room_nights where night = (select min(night) from room_nights)", {"wrong"}),
    "a room out of use": (
        "update rooms set archived_at = now() where id not in (select room_id from room_nights) "
        "and number = (select max(number) from rooms)",
        {"wrong"},
    ),
    "another price": ("update rate_plans set base_rate = 1", {"wrong"}),
    "a change nobody sends": ("update lanes set due_at = clock_timestamp() - interval '2 minutes'", {"late"}),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_every_damage_is_seen(hotel: House, damage: str) -> None:
    statement, kinds = DAMAGE[damage]
    with unit_of_work():
        assert db.session.execute(text(statement)).rowcount > 0

    found = reconciler.differences(hotel.sandbox.url)

    assert {each.kind for each in found} == kinds, [str(each) for each in found]


def test_a_booking_nobody_told_us_of_is_seen(hotel: House) -> None:
    hotel.book()

    kinds = {each.kind for each in reconciler.differences(hotel.sandbox.url)}

    assert kinds >= {"lost", "late"}


def test_a_reservation_that_is_there_twice_is_seen(hotel: House) -> None:
    with unit_of_work():
        db.session.execute(
            text(
                "insert into booking_links (organization_id, id, connection_id, external_booking_id, unique_code, "
                "reservation_id, last_ordering, last_revision_id, cancelled, created_at) "
                "select organization_id, gen_random_uuid(), connection_id, 'another', '', reservation_id, '', '', "
                "false, now() from booking_links"
            )
        )

    found = reconciler.differences(hotel.sandbox.url)

    assert {each.kind for each in found} == {"doubled"}
