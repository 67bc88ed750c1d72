"""Reading bookings at the wire: what is asked for, what becomes one message, and what its key is."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from providers.errors import Malformed, NotFound, Rejected
from providers.types import BookingStatus
from tests.providers.beds24 import BASE, BOOKING, NOW, PROPERTY, Clock, make_beds24, make_booking, page

BOOKINGS = f"{BASE}/bookings"
SINCE = NOW - timedelta(hours=1)
STATUSES = ["black", "cancelled", "confirmed", "inquiry", "new", "request"]
GROUP = {"master": 90000001, "ids": [90000001, 90000002]}


def asked(wire, call: int = -1) -> dict:
    return dict(wire.calls[call].request.params)


def member(**changes) -> dict:
    """The second room of a reservation of two."""
    return make_booking(id=90000002, masterId=90000001, unitId=2, bookingGroup=GROUP, **changes)


def leader(**changes) -> dict:
    return make_booking(bookingGroup=GROUP, **changes)


def test_changes_are_asked_for_with_every_status_an_overlap_and_stays_that_are_over(wire):
    wire.get(BOOKINGS, json=page(make_booking()))

    found = make_beds24().recover_messages(PROPERTY, SINCE.astimezone(timezone(timedelta(hours=9))))

    assert asked(wire) == {
        "propertyId": PROPERTY,
        "modifiedFrom": "2027-01-10T08:15:00Z",
        "departureFrom": "2025-12-06",
        "status": STATUSES,
        "includeInvoiceItems": "true",
        "includeInfoItems": "true",
        "includeGuests": "true",
        "includeBookingGroup": "true",
    }
    assert found.total == 1
    (message,) = found.messages
    assert (message.external_property_id, message.external_booking_id) == (PROPERTY, str(BOOKING))
    assert message.event_key.startswith("90000001:2027-01-10T09:16:01Z:")


def test_stays_that_touch_a_period_are_asked_for_by_its_edges(wire):
    wire.get(BOOKINGS, json=page())

    make_beds24().fetch_stays(PROPERTY, date(2027, 3, 1), date(2027, 3, 31))

    assert (asked(wire)["arrivalTo"], asked(wire)["departureFrom"]) == ("2027-04-01", "2027-03-01")
    assert asked(wire)["status"] == STATUSES


def test_every_page_is_read_and_of_a_booking_seen_twice_the_later_state_counts(wire):
    wire.get(BOOKINGS, json=page(make_booking(), make_booking(id=7, modifiedTime="2027-01-10T08:00:00Z"), more=True))
    wire.get(BOOKINGS, json=page(make_booking(modifiedTime="2027-01-10T09:20:00Z", status="cancelled")))

    messages = make_beds24().recover_messages(PROPERTY, SINCE).messages

    assert [message.external_booking_id for message in messages] == ["7", str(BOOKING)]  # oldest change first
    assert make_beds24().parse(messages[1].raw).status is BookingStatus.CANCELLED
    assert asked(wire)["page"] == "2" and asked(wire)["modifiedFrom"] == "2027-01-10T08:15:00Z"


def test_the_same_state_has_the_same_key_whenever_it_is_read_and_another_state_another(wire):
    for booking in (make_booking(), make_booking(), make_booking(price=480), make_booking(unitId=3)):
        wire.get(BOOKINGS, json=page(booking))
    clock = Clock()
    keys = []

    for _ in range(4):
        keys.append(make_beds24(clock=clock).recover_messages(PROPERTY, SINCE).messages[0].event_key)
        clock.now += timedelta(minutes=5)

    assert keys[0] == keys[1] and len(set(keys)) == 3
    assert all(len(key) <= 120 for key in keys)


def test_two_states_of_the_same_second_are_told_apart_in_their_order(wire):
    wire.get(BOOKINGS, json=page(make_booking()))
    wire.get(BOOKINGS, json=page(make_booking(arrival="2027-03-02")))
    clock = Clock(datetime(2027, 1, 10, 9, 16, 1, 200_000, tzinfo=UTC))
    beds24 = make_beds24(clock=clock)

    (before,) = beds24.recover_messages(PROPERTY, SINCE).messages
    clock.now += timedelta(seconds=0.5)
    (after,) = beds24.recover_messages(PROPERTY, SINCE).messages

    assert beds24.parse(before.raw).ordering < beds24.parse(after.raw).ordering


def test_a_changed_room_of_a_group_brings_the_others_along(wire):
    wire.get(BOOKINGS, json=page(member(modifiedTime="2027-01-10T09:20:00Z")))
    wire.get(BOOKINGS, json=page(leader()))

    (message,) = make_beds24().recover_messages(PROPERTY, SINCE).messages

    assert asked(wire)["id"] == str(BOOKING) and "modifiedFrom" not in asked(wire)
    assert asked(wire)["status"] == STATUSES and asked(wire)["propertyId"] == PROPERTY
    assert message.external_booking_id == str(BOOKING)
    revision = make_beds24().parse(message.raw)
    assert [room.external_id for room in revision.rooms] == ["90000001", "90000002"]
    assert revision.external_booking_id == str(BOOKING)


def test_a_group_known_only_by_its_master_is_asked_for_by_it(wire):
    wire.get(BOOKINGS, json=page(member() | {"bookingGroup": None}))
    wire.get(BOOKINGS, json=page(leader()))
    wire.get(BOOKINGS, json=page(member(), make_booking(id=90000003, masterId=90000001)))

    (message,) = make_beds24().recover_messages(PROPERTY, SINCE).messages

    assert (asked(wire, 1)["id"], asked(wire, 2)["masterId"]) == (str(BOOKING), str(BOOKING))
    rooms = make_beds24().parse(message.raw).rooms
    assert [room.external_id for room in rooms] == ["90000001", "90000002", "90000003"]


def test_a_whole_group_on_one_page_costs_no_second_call(wire):
    wire.get(BOOKINGS, json=page(member(), leader()))

    assert len(make_beds24().recover_messages(PROPERTY, SINCE).messages) == 1
    assert len(wire.calls) == 1


def test_bookings_are_read_by_their_numbers_a_hundred_at_a_time(wire):
    wire.get(BOOKINGS, json=page(make_booking()))
    ids = [str(number) for number in range(1, 151)] + ["77.2", "no number"]

    make_beds24().fetch_bookings(PROPERTY, ids)

    assert [len(asked(wire, call)["id"]) for call in range(2)] == [100, 51]
    assert "modifiedFrom" not in asked(wire) and "departureFrom" not in asked(wire)


def test_no_numbers_are_no_call():
    assert make_beds24().fetch_bookings(PROPERTY, []).messages == ()


def test_a_booking_that_is_gone_does_not_come_back(wire):
    wire.get(BOOKINGS, json=page())

    assert make_beds24().fetch_bookings(PROPERTY, [str(BOOKING)]).messages == ()


def test_what_a_delivery_names_is_read_as_it_is_now(wire):
    wire.get(BOOKINGS, json=page(make_booking(modifiedTime="2027-01-10T09:25:00Z")))

    message = make_beds24().fetch_message(f"{BOOKING}:2027-01-10T09:16:01Z")

    assert message.event_key.startswith(f"{BOOKING}:2027-01-10T09:25:00Z")
    assert asked(wire)["id"] == str(BOOKING)


@pytest.mark.parametrize("revision", ["", ":x", "sha256:00", "1' or 1"])
def test_what_is_no_booking_is_not_looked_for(revision):
    with pytest.raises(NotFound):
        make_beds24().fetch_message(revision)


def test_a_booking_nobody_has_is_not_found(wire):
    wire.get(BOOKINGS, json=page())

    with pytest.raises(NotFound):
        make_beds24().fetch_message("1:2027-01-10T09:16:01Z")


def test_what_is_stored_is_understood_and_holds_no_card(wire):
    wire.get(BOOKINGS, json=page(make_booking()))

    (message,) = make_beds24().recover_messages(PROPERTY, SINCE).messages

    for secret in (b"4111 1111", b"411111", b"cvv 123", b"tok_4711", b"pci_4711", b"stripeToken"):
        assert secret not in message.raw
    revision = make_beds24().parse(message.raw)
    assert (revision.external_revision_id, revision.currency) == (message.event_key, "EUR")


def test_a_poisoned_booking_does_not_hide_the_others(wire):
    poison = make_booking(id=8, price="AMOUNT", comments="\ud800\u0000")
    raw = json.dumps(page(poison, {"odd": True}, make_booking(), make_booking(id="x")))
    wire.get(BOOKINGS, body=raw.replace('"AMOUNT"', "9" * 5000))
    beds24 = make_beds24()

    messages = {message.external_booking_id: message for message in beds24.recover_messages(PROPERTY, SINCE).messages}

    assert set(messages) == {"8", None, str(BOOKING)}
    assert beds24.parse(messages[str(BOOKING)].raw).external_booking_id == str(BOOKING)
    for broken in ("8", None):
        with pytest.raises(Malformed):
            beds24.parse(messages[broken].raw)


def test_a_key_can_be_stored_whatever_the_booking_says(wire):
    wire.get(BOOKINGS, json=page(make_booking(modifiedTime="2027\u0000\ud800é" + "9" * 500)))

    (message,) = make_beds24().recover_messages(PROPERTY, SINCE).messages

    assert message.event_key.isascii() and message.event_key.isprintable() and len(message.event_key) < 120


def test_a_filter_beds24_does_not_take_is_an_error_in_its_words(wire):
    body = {"success": False, "type": "error", "code": 400, "error": "Parameter status has an invalid value"}
    wire.get(BOOKINGS, json=body, status=400)

    with pytest.raises(Rejected, match="status has an invalid value") as caught:
        make_beds24().recover_messages(PROPERTY, SINCE)
    assert caught.value.code == "400"
