"""Deliveries: believed by their secret, named by what they hold; and how ours is registered and read back."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.beds24.deliveries import event_name, read_event, verify
from providers.errors import Malformed, NotSupported, Rejected
from tests.providers.beds24 import BASE, BOOKING, PROPERTY, make_beds24, make_booking, page, recorded

PROPERTIES = f"{BASE}/properties"
SECRET = "s3cret-of-this-connection"
URL = "https://pms.example.test/webhooks/key"
GOOD = {
    "version": "twoNoPersonalData",
    "url": URL,
    "additionalData": "none",
    "customHeader": f"X-Webhook-Secret: {SECRET}",
}


def delivery(more: dict[str, Any] | None = None, **booking: Any) -> bytes:
    held = {
        "timeStamp": "2027-01-10T09:17:02Z",
        "booking": make_booking(**booking),
        "infoItems": [],
        "invoiceItems": [],
        "messages": [],
        "retries": 0,
    }
    return json.dumps(held | (more or {})).encode()


def holding(**webhooks: Any) -> dict:
    return page(recorded("property") | {"webhooks": webhooks}, kind="property")


@pytest.mark.parametrize("name", ["X-Webhook-Secret", "x-webhook-secret", "X-WEBHOOK-SECRET"])
def test_the_secret_proves_a_delivery_whatever_the_case_of_its_header(name):
    assert make_beds24().verify_webhook({"Host": "x", name: SECRET}, b"{}", SECRET)


@pytest.mark.parametrize(
    "given_secret",
    ["", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), f" {SECRET}", "sécret", "\ud800", "x" * 10_240, "\x00"],
)
def test_anything_else_proves_nothing_and_raises_nothing(given_secret):
    for signed in (False, True):
        headers = {"X-Webhook-Secret": given_secret, "X-Beds24-Signature": given_secret}
        assert not verify(headers, b"{}", SECRET, signed=signed)


def test_without_a_secret_of_ours_nothing_is_believed():
    empty = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()

    assert not verify({"X-Webhook-Secret": ""}, b"{}", "")
    assert not verify({}, b"{}", SECRET)
    assert not verify({"X-Beds24-Signature": empty}, b"{}", "", signed=True)


def test_behind_a_relay_that_signs_only_the_signature_counts():
    body = delivery()
    right = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

    assert verify({"x-beds24-signature": right}, body, SECRET, signed=True)
    assert verify({"X-Beds24-Signature": right.upper()}, body, SECRET, signed=True)
    assert not verify({"X-Beds24-Signature": right}, body + b" ", SECRET, signed=True)
    assert not verify({"X-Webhook-Secret": SECRET}, body, SECRET, signed=True)
    assert not verify({"X-Beds24-Signature": right}, body, SECRET)  # off unless a relay is configured


@given(st.text())
def test_only_the_very_secret_is_believed(text):
    assert verify({"X-Webhook-Secret": text}, b"", SECRET) is (text == SECRET)


def test_a_delivery_names_the_booking_to_read():
    event = make_beds24().parse_webhook(delivery(modifiedTime="2027-01-10T09:16:30Z"))

    assert (event.kind, event.external_property_id, event.external_booking_id) == ("booking", PROPERTY, str(BOOKING))
    assert event.external_revision_id is None
    assert event.data["arrival"] == "2027-03-01" and event.data["retries"] == 0
    assert "firstName" not in event.data


@pytest.mark.parametrize(
    ("booking", "name"),
    [
        ({}, "booking.created"),
        ({"modifiedTime": "2027-01-10T09:16:30Z"}, "booking.modified"),
        ({"status": "cancelled", "modifiedTime": "2027-01-10T09:16:30Z"}, "booking.cancelled"),
        ({"bookingTime": None}, "booking.modified"),
        ({"status": 7}, "booking.created"),
    ],
)
def test_what_happened_is_guessed_from_what_is_said(booking, name):
    assert read_event(delivery(**booking)).name == name


@pytest.mark.parametrize(
    ("known", "was_cancelled", "status", "name"),
    [
        (False, False, "new", "booking.created"),
        (True, False, "confirmed", "booking.modified"),
        (True, True, "confirmed", "booking.modified"),  # reinstated
        (True, False, "cancelled", "booking.cancelled"),
        (False, False, "cancelled", "booking.cancelled"),
        (True, True, "cancelled", "booking.modified"),  # cancelled already: something else moved
        (True, False, None, "booking.deleted"),
    ],
)
def test_what_happened_is_known_from_what_we_held(known, was_cancelled, status, name):
    assert event_name(known, was_cancelled, status) == name


def test_a_delivery_tried_again_is_the_same_event_and_a_change_is_another():
    first = read_event(delivery()).event_key
    again = read_event(delivery({"retries": 2, "timeStamp": "2027-01-10T09:22:02.123Z"})).event_key
    reordered = read_event(json.dumps(json.loads(delivery()), sort_keys=True, indent=1).encode()).event_key
    message = read_event(delivery({"messages": [{"id": 7, "message": "Hello"}]})).event_key  # moves no stamp

    assert first == again == reordered
    assert message != first
    assert read_event(delivery(status="cancelled")).event_key != first
    assert len(first) < 128


def test_a_room_of_a_group_names_the_groups_leader():
    group = {"master": 90000001, "ids": [90000001, 90000002]}

    event = read_event(delivery(id=90000002, masterId=90000001, bookingGroup=group))

    assert event.external_booking_id == "90000001"


def test_the_accounts_inventory_webhook_names_the_room_type():
    body = b'{"roomId":"555001","propId":"555","ownerId":"100200","action":"SYNC_ROOM"}'

    event = read_event(body)

    assert (event.kind, event.name, event.external_property_id) == ("ari", "SYNC_ROOM", "555")
    assert event.data == {"room_type_id": "555001", "owner_id": "100200"}


@pytest.mark.parametrize("body", [b"{}", b'{"booking": 7}', b'{"booking": {}}', b'{"action": ["x"]}'])
def test_what_we_do_not_know_is_kept_as_other(body):
    assert read_event(body).kind == "other"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"bookid=1&status=new", b'{"a": NaN}'])
def test_what_is_no_json_object_is_malformed(body):
    with pytest.raises(Malformed):
        read_event(body)


words = ["booking", "id", "propertyId", "status", "modifiedTime", "bookingGroup", "master", "retries", "action"]
messages = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(words), inner, max_size=5),
    max_leaves=12,
)


@given(st.binary(max_size=120) | messages.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_delivered_is_an_event_or_malformed(body):
    try:
        event = read_event(body)
    except Malformed as error:
        assert str(error)
    else:
        assert event.kind in ("booking", "other", "ari") and event.event_key.startswith("sha256:")


def test_our_webhook_is_registered_on_the_property_and_read_back(wire):
    wire.get(PROPERTIES, json=page(recorded("property"), kind="property"))
    wire.post(PROPERTIES, json=[{"success": True, "modified": {"webhooks": {"url": URL}}}], status=201)
    wire.get(PROPERTIES, json=holding(**GOOD))

    assert make_beds24().register_webhook(URL, PROPERTY, SECRET) == PROPERTY
    assert json.loads(wire.calls[1].request.body) == [{"id": 555, "webhooks": GOOD}]


def test_the_addresses_and_headers_of_others_are_kept_and_ours_is_not_doubled(wire):
    others = {"url": f"https://other.example.test/hook\r\n{URL}", "customHeader": "X-Other: 1\nx-webhook-secret: old"}
    wire.get(PROPERTIES, json=holding(version="one", additionalData="CVC", **others))
    wire.post(PROPERTIES, json=[{"success": True}], status=201)
    both = {"url": f"https://other.example.test/hook\n{URL}", "customHeader": f"X-Other: 1\nX-Webhook-Secret: {SECRET}"}
    wire.get(PROPERTIES, json=holding(**(GOOD | both)))

    make_beds24().register_webhook(URL, PROPERTY, SECRET)

    assert json.loads(wire.calls[1].request.body) == [{"id": 555, "webhooks": GOOD | both}]


def test_a_registration_that_was_taken_and_not_kept_is_a_refusal(wire):
    wire.get(PROPERTIES, json=holding())
    wire.post(PROPERTIES, json=[{"success": True}], status=201)

    with pytest.raises(Rejected, match="not among its URLs"):
        make_beds24().register_webhook(URL, PROPERTY, SECRET)


def test_a_refused_registration_says_why(wire):
    wire.get(PROPERTIES, json=holding())
    refused = {"success": False, "warnings": [{"field": "webhooks_additionalData", "message": "Invalid"}]}
    wire.post(PROPERTIES, json=[refused], status=201)

    with pytest.raises(Rejected, match="webhooks_additionalData Invalid"):
        make_beds24().register_webhook(URL, PROPERTY, SECRET)


@pytest.mark.parametrize(
    ("held", "faults"),
    [
        ({}, ()),
        ({"version": "twoWithPersonalData"}, ()),
        ({"url": "https://other.example.test/"}, ("our address is not among its URLs",)),
        ({"version": "one"}, ("its version is not 2",)),
        ({"customHeader": "X-Webhook-Secret: other"}, ("our secret header is missing or different",)),
        ({"customHeader": None}, ("our secret header is missing or different",)),
        ({"additionalData": "CVCAndToken"}, ("card data would be sent along",)),
    ],
)
def test_what_is_wrong_with_our_webhook_is_said_in_words(wire, held, faults):
    wire.get(PROPERTIES, json=holding(**(GOOD | held)))

    assert make_beds24().check_webhook(URL, PROPERTY, SECRET) == faults


def test_beds24_has_no_webhook_for_a_whole_account():
    for ask in (make_beds24().register_webhook, make_beds24().check_webhook):
        with pytest.raises(NotSupported):
            ask(URL, None, SECRET)
