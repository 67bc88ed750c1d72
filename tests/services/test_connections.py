"""Connections: made, switched, paused, tested. What there is to send is kept through all of it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from portal import tenancy
from portal.models import AuditEntry, Channel, ChannelState, ConnectionState
from portal.services import connections, drain, duties, feed, push
from portal.services.errors import NotFound, Refused
from tests.house import Sandbox
from tests.services import engine
from tests.services.engine import House


def test_what_was_changed_during_a_pause_goes_out_when_it_ends(house: House) -> None:
    connections.pause(house.connection, "renovation")
    house.set_price("133", 7)
    assert "push" not in {duty for _, _, duty in duties.due()}

    connections.resume(house.connection)
    house.push()

    assert house.price(house.day(7))["rate"] == "133.00"
    assert house.connection.state is ConnectionState.ACTIVE


def test_a_switch_is_written_down_with_its_time(house: House) -> None:
    connections.switch(house.connection, "push_enabled", False)

    connection = house.connection
    assert connection.push_enabled is False
    assert connection.switched_at is not None
    actions = [entry.action for entry in engine.fresh(AuditEntry)]
    assert actions.count("connection.switched") == 1


def test_there_are_no_other_switches(house: House) -> None:
    with pytest.raises(Refused):
        connections.switch(house.connection, "state", True)


def test_a_strangers_connection_does_not_exist(channex: Sandbox) -> None:
    alice, charlie = engine.found_organization("Alice Hotels"), engine.found_organization("Charlie Inns")
    with tenancy.of(alice):
        hers = engine.open_house(channex)
    with tenancy.of(charlie):
        with pytest.raises(NotFound):
            connections.find(hers.property_id, hers.connection_id)
        assert push.push(hers.connection_id) is False
        assert connections.channels(hers.connection_id) == []


def test_a_test_tells_what_it_found(house: House) -> None:
    connections.request_test(house.connection)

    assert connections.check(house.connection_id)

    tested = house.connection.settings["tested"]
    assert tested["ok"] is True
    (channel,) = engine.fresh(Channel)
    assert (channel.code, channel.state) == ("BDC", ChannelState.CONNECTED)


def test_a_test_with_a_refused_key_breaks_the_connection_and_a_good_one_mends_it(house: House) -> None:
    house.fault("status", status=401)
    assert connections.check(house.connection_id)
    assert house.connection.state is ConnectionState.BROKEN
    assert house.connection.settings["tested"]["ok"] is False

    house.heal()
    assert connections.check(house.connection_id)

    assert house.connection.state is ConnectionState.ACTIVE
    assert "credential_refused" not in house.incidents()


def test_an_ota_that_was_switched_off_there_is_seen_here(house: House) -> None:
    assert connections.check(house.connection_id)
    (channel,) = engine.fresh(Channel)

    house.sandbox.control("POST", f"channels/{channel.external_id}/deactivate")
    assert connections.check(house.connection_id)

    (channel,) = engine.fresh(Channel)
    assert channel.state is ChannelState.DISCONNECTED
    assert channel.disconnected_at is not None


def test_the_installations_master_switch_holds_back_what_is_due_and_loses_nothing(house: House) -> None:
    house.set_price("133", 7)
    house.forget_calls()

    with engine.settings(channex_push_enabled=False, sync_debounce_seconds=0.0):
        assert not push.push(house.connection_id)
        assert house.ari_calls() == 0

    house.push()
    assert house.price(house.day(7))["rate"] == "133.00"


def test_while_reading_is_switched_off_a_message_that_came_waits_and_is_applied_later(house: House) -> None:
    connections.switch(house.connection, "pull_enabled", False)
    house.book(nights=2)
    feed.pull_account("channex")

    drain.drain(house.connection_id)
    assert house.reservations() == []
    assert house.unacknowledged() == 0

    connections.switch(house.connection, "pull_enabled", True)
    drain.drain(house.connection_id)
    assert len(house.reservations()) == 1


def test_a_connection_ends_only_once_its_last_nights_are_off_sale(house: House) -> None:
    connections.disconnect(house.connection)
    assert house.connection.state is ConnectionState.CLOSING

    house.fault("status", status=503)
    house.due()
    push.push(house.connection_id)
    assert house.connection.state is ConnectionState.CLOSING

    house.heal()
    house.push()
    assert house.connection.state is ConnectionState.DISCONNECTED
    assert house.left(house.day(7)) == 0


def test_with_webhooks_switched_off_a_delivery_is_kept_and_the_schedule_brings_the_booking(
    house: House, client: FlaskClient
) -> None:
    connections.switch(house.connection, "webhooks_enabled", False)
    sold = house.book(nights=2)
    engine.announce(client, engine.booking_event(house.external_id, sold))
    house.forget_calls()

    drain.drain(house.connection_id)
    assert house.calls("GET /booking_revisions/feed") == []

    feed.pull_account("channex")
    drain.drain(house.connection_id)
    assert len(house.reservations()) == 1
