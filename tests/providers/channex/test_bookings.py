"""The feed, acknowledgement and recovery at the wire."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import responses

from providers.errors import Malformed, NotFound, Rejected
from tests.providers.channex import BASE, BOOKING, PROPERTY, REVISION, make_channex, recorded

FEED = f"{BASE}/booking_revisions/feed"


@pytest.fixture
def wire():
    with responses.RequestsMock() as wire:
        yield wire


def test_the_feed_gives_the_oldest_page_of_all_properties(wire):
    wire.get(FEED, json=recorded("feed"))

    page = make_channex(page_size="50").fetch_messages()

    assert page.total == 1
    (message,) = page.messages
    assert (message.event_key, message.external_booking_id) == (REVISION, BOOKING)
    assert message.external_property_id == PROPERTY
    assert wire.calls[0].request.params == {
        "pagination[page]": "1",
        "pagination[limit]": "50",
        "order[inserted_at]": "asc",
    }


def test_the_feed_of_one_property_is_filtered(wire):
    wire.get(FEED, json={"data": [], "meta": {"total": 0}})

    assert make_channex(page_size="5000").fetch_messages(PROPERTY).messages == ()
    assert wire.calls[0].request.params["filter[property_id]"] == PROPERTY
    assert wire.calls[0].request.params["pagination[limit]"] == "100"


def test_what_is_stored_is_understood_and_holds_no_card(wire):
    wire.get(FEED, json=recorded("feed"))
    channex = make_channex()

    (message,) = channex.fetch_messages().messages

    for secret in (b"411111", b"4111 1111", b"737", b"ANA PROVA", b"card_number"):
        assert secret not in message.raw
    assert channex.parse(message.raw).external_revision_id == REVISION


def test_a_poisoned_booking_does_not_hide_the_others(wire):
    good = recorded("feed")["data"][0]
    poison = copy.deepcopy(good) | {"id": "poison"}
    poison["attributes"] |= {"id": "poison", "amount": "AMOUNT", "notes": "\ud800\u0000"}
    raw = json.dumps({"data": [poison, {"type": "booking_revision"}, good], "meta": {"total": 3}})
    wire.get(FEED, body=raw.replace('"AMOUNT"', "9" * 5000))
    channex = make_channex()

    messages = channex.fetch_messages().messages

    assert [message.event_key[:7] for message in messages] == ["poison", "sha256:", REVISION[:7]]
    with pytest.raises(Malformed) as caught:
        channex.parse(messages[0].raw)
    assert caught.value.field == "amount"
    assert channex.parse(messages[2].raw).external_booking_id == BOOKING


@pytest.mark.parametrize("body", [{"data": {}}, {"data": ["x"]}, {"meta": {}}, {"data": None, "meta": {"total": 0}}])
def test_a_feed_that_is_no_list_is_no_empty_feed(wire, body):
    wire.get(FEED, json=body)

    with pytest.raises(Malformed):
        make_channex().fetch_messages()


def test_one_revision_is_fetched_by_its_id(wire):
    wire.get(f"{BASE}/booking_revisions/{REVISION}", json={"data": recorded("feed")["data"][0]})

    assert make_channex().fetch_message(REVISION).event_key == REVISION


def test_a_revision_is_acknowledged_by_its_own_id(wire):
    wire.post(f"{BASE}/booking_revisions/{REVISION}/ack", json={"meta": {"message": "Success"}})

    make_channex().acknowledge(REVISION)

    assert wire.calls[0].request.body is None


def test_acknowledging_what_is_not_there_is_said(wire):
    wire.post(f"{BASE}/booking_revisions/x/ack", json={"errors": {"code": "not_found", "title": "?"}}, status=404)

    with pytest.raises(NotFound):
        make_channex().acknowledge("x")


def test_recovery_lists_bookings_since_a_time_in_utc(wire):
    wire.get(f"{BASE}/bookings", json={"data": [recorded("booking")], "meta": {"total": 1}})
    since = datetime(2026, 9, 22, 9, 0, tzinfo=timezone(timedelta(hours=2)))

    page = make_channex().recover_messages(PROPERTY, since)

    (message,) = page.messages
    assert (message.event_key, message.external_booking_id, page.total) == (REVISION, BOOKING, 1)
    assert wire.calls[0].request.params["filter[inserted_at][gte]"] == "2026-09-22T07:00:00"
    assert wire.calls[0].request.params["filter[property_id]"] == PROPERTY


def test_recovery_takes_a_changed_booking_from_its_own_revision(wire):
    booking = recorded("booking")
    booking["attributes"] |= {"status": "cancelled", "revision_id": "later"}
    revision = recorded("feed")["data"][0]
    revision["attributes"] |= {"id": "later", "status": "cancelled", "inserted_at": "2026-10-01T00:00:00"}
    wire.get(f"{BASE}/bookings", json={"data": [booking], "meta": {"total": 1}})
    wire.get(f"{BASE}/booking_revisions/later", json={"data": revision | {"id": "later"}})
    channex = make_channex()

    (message,) = channex.recover_messages(PROPERTY, datetime(2026, 9, 1, tzinfo=UTC)).messages

    assert message.event_key == "later"
    assert channex.parse(message.raw).ordering == "2026-10-01T00:00:00.000000"


def test_recovery_falls_back_to_the_booking_when_its_revision_is_gone(wire):
    booking = recorded("booking")
    booking["attributes"] |= {"status": "modified"}
    wire.get(f"{BASE}/bookings", json={"data": [booking], "meta": {"total": 1}})
    wire.get(f"{BASE}/booking_revisions/{REVISION}", json={"errors": {"code": "not_found"}}, status=404)

    (message,) = make_channex().recover_messages(PROPERTY, datetime(2026, 9, 1, tzinfo=UTC)).messages

    assert message.event_key == REVISION


def test_recovery_without_an_end_is_refused(wire, monkeypatch):
    monkeypatch.setattr("providers.channex.api.MOST_PAGES", 2)
    bookings = [recorded("booking")] * 100
    wire.get(f"{BASE}/bookings", json={"data": bookings, "meta": {"total": 100_000}})

    with pytest.raises(Rejected) as caught:
        make_channex().recover_messages(PROPERTY, datetime(2020, 1, 1, tzinfo=UTC))

    assert caught.value.code == "too_many"
    assert len(wire.calls) == 2
