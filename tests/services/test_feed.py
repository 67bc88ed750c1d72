"""The feed: read page one again until it is empty; store, commit, then acknowledge."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db
from portal.models import InboxMessage, ProviderFeed, UnroutedMessage
from portal.services import drain, duties, feed, inbox
from portal.services import provider_feeds as feeds
from tests.house import Sandbox
from tests.services import engine
from tests.services.engine import House


def _pull_account() -> feed.Pulled:
    with tenancy.of(None):
        pulled = feed.pull_account("channex")
    assert pulled is not None
    return pulled


def test_more_bookings_than_a_page_holds_all_arrive(house: House) -> None:
    house.sandbox.control("POST", "bookings", json={"count": 230, "property_ids": [house.external_id], "seed": 1})

    house.receive()

    assert len(house.messages()) == 230
    assert len(house.reservations()) == 230
    assert house.unacknowledged() == 0
    assert len(house.calls("GET /booking_revisions/feed")) == 4  # 100, 100, 30, and the empty one


def test_the_account_is_read_at_once_for_all_its_hotels(channex: Sandbox) -> None:
    alice, charlie = engine.found_organization("Alice Hotels"), engine.found_organization("Charlie Inns")
    with tenancy.of(alice):
        hers = engine.open_house(channex)
        hers.book()
    with tenancy.of(charlie):
        his = engine.open_house(channex, name="Mountain")
        his.book()
        his.book()

    pulled = _pull_account()

    assert (pulled.stored, pulled.acknowledged) == (3, 3)
    assert pulled.connections == {(alice, hers.connection_id), (charlie, his.connection_id)}
    with tenancy.of(alice):
        assert len(hers.messages()) == 1
        assert engine.fresh(InboxMessage) == hers.messages(), "Alice sees a booking of Charlie's"
    with tenancy.of(charlie):
        assert len(his.messages()) == 2


def test_a_booking_is_acknowledged_only_once_it_is_stored(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.book()

    def fail(*arguments: object) -> int:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(inbox, "store", fail)
    drain.request_pull(house.connection_id)
    with pytest.raises(RuntimeError, match="disk is full"):
        drain.drain(house.connection_id)

    assert house.unacknowledged() == 1
    assert house.messages() == []


def test_a_property_nobody_has_does_not_stop_the_feed(house: House) -> None:
    made = house.sandbox.control(
        "POST",
        "provision",
        json={"properties": [{"title": "Nobody's", "room_types": [{"title": "R", "rate_plans": [{"title": "P"}]}]}]},
    )
    stranger = made["properties"][0]["id"]
    house.sandbox.control("POST", "bookings", json={"count": 3, "property_ids": [stranger], "seed": 1})
    house.book()

    pulled = _pull_account()

    assert (pulled.stored, pulled.acknowledged) == (4, 4)
    assert house.unacknowledged() == 0
    kept = db.session.scalars(select(UnroutedMessage)).all()
    end_reading()
    assert {row.external_property_id for row in kept} == {stranger}
    assert len(house.messages()) == 1


def test_a_booking_served_twice_is_stored_once(house: House) -> None:
    booking = house.book()
    house.receive()
    house.sandbox.control("POST", f"revisions/{booking['revision_id']}/redeliver", json={"feed": True})

    house.receive()

    assert len(house.messages()) == 1
    assert house.reservation().version == 1
    assert house.unacknowledged() == 0


def test_what_was_acknowledged_and_not_noted_is_noted_the_next_time(house: House) -> None:
    house.book()
    house.receive()
    with unit_of_work():  # as a worker leaves it that dies between the two
        db.session.execute(text("update inbox set acknowledged_at = null"))

    house.receive()

    assert house.messages()[0].acknowledged_at is not None


def test_a_failing_acknowledgement_is_made_up_for(house: House) -> None:
    house.book()
    house.book()
    house.fault("status", status=503, match={"method": "POST", "path_prefix": "/booking_revisions"}, times=1)

    house.receive()
    assert house.unacknowledged() == 1
    assert len(house.reservations()) == 2, "a booking that is here is applied, acknowledged or not"
    assert "provider_away" in house.incidents()

    house.due()
    house.receive()

    assert house.unacknowledged() == 0
    assert all(message.acknowledged_at for message in house.messages())


def test_a_booking_that_left_the_feed_is_fetched_by_its_name(house: House) -> None:
    booking = house.book()
    house.sandbox.control("POST", "clock", json={"advance": 1})
    revision = booking["revision_id"]
    _acknowledge_behind_our_back(house, revision)

    connection = house.connection
    line = feed.connectors.line_for(connection)
    stored = feed.fetch_missing(connection, line, [revision])

    assert stored == 1
    assert drain.drain(house.connection_id)
    assert house.reservation().code == booking["code"]


def _acknowledge_behind_our_back(house: House, revision: str) -> None:
    feed.connectors.line_for(house.connection).connector.acknowledge(revision)


def test_one_worker_at_a_time_reads_the_account(house: House) -> None:
    assert feeds.claim("channex") == 0

    with tenancy.of(None):
        assert feed.pull_account("channex") is None


def test_a_provider_that_is_back_wakes_what_waits(house: House) -> None:
    house.fault("status", status=503)
    house.set_price("133", 7)
    for _ in range(6):  # until the breaker opens
        house.push()
    with unit_of_work():  # the third failure has come and gone: the next try is ten minutes away
        db.session.execute(text("update duties set attempts = 4, retry_at = clock_timestamp() + interval '10 minutes'"))
    assert _pull_account().error is not None
    probed = engine.fresh(ProviderFeed)[0]
    assert probed.attempts == 1

    house.heal()
    assert _pull_account().error is None

    assert "push" in {duty for _, _, duty in duties.due()}
    house.push()  # nor does the breaker stand in the way
    assert house.price(house.day(7))["rate"] == "133.00"


def test_while_the_provider_is_away_it_is_asked_again_soon(house: House) -> None:
    _pull_account()
    far = engine.fresh(ProviderFeed)[0].due_at
    house.fault("status", status=503)
    house.set_price("133", 7)

    house.push()

    soon = engine.fresh(ProviderFeed)[0].due_at
    assert soon < far
