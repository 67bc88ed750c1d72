"""Deliveries: believed by their secret, understood by their event; and how ours is registered."""

from __future__ import annotations

import json

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from providers.channex.webhooks import EVENT_MASK, read_event, verify
from providers.errors import Malformed
from tests.providers.channex import BASE, BOOKING, PROPERTY, REVISION, make_channex

SECRET = "s3cret-of-this-environment"
URL = "https://pms.example.test/api/webhooks/channex"


@pytest.fixture
def wire():
    with responses.RequestsMock() as wire:
        yield wire


def delivery(event: str, payload=None, **more) -> bytes:
    body = {
        "event": event,
        "property_id": PROPERTY,
        "user_id": None,
        "timestamp": "2026-09-22T10:19:36.858695Z",
        **more,
    }
    return json.dumps(body if payload is None else body | {"payload": payload}).encode()


@pytest.mark.parametrize("name", ["X-Channex-Webhook-Secret", "x-channex-webhook-secret", "X-CHANNEX-WEBHOOK-SECRET"])
def test_the_secret_proves_a_delivery_whatever_the_case_of_its_header(name):
    assert make_channex().verify_webhook({"Host": "x", name: SECRET}, b"{}", SECRET)


@pytest.mark.parametrize(
    "given_secret",
    ["", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), f" {SECRET}", "sécret", "\ud800", "x" * 10_240, "\x00"],
)
def test_anything_else_proves_nothing_and_raises_nothing(given_secret):
    assert not verify({"X-Channex-Webhook-Secret": given_secret}, SECRET)


def test_without_a_secret_of_ours_nothing_is_believed():
    assert not verify({"X-Channex-Webhook-Secret": ""}, "")
    assert not verify({}, "")
    assert not verify({}, SECRET)


@given(st.text())
def test_only_the_very_secret_is_believed(text):
    assert verify({"X-Channex-Webhook-Secret": text}, SECRET) is (text == SECRET)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("booking", "booking"),
        ("booking_new", "booking"),
        ("booking_modification", "booking"),
        ("booking_cancellation", "booking"),
        ("booking_unmapped_room", "booking"),
        ("booking_unmapped_rate", "booking"),
        ("non_acked_booking", "unacked"),
        ("ari", "ari"),
        ("sync_error", "sync_error"),
        ("sync_warning", "sync_error"),
        ("rate_error", "sync_error"),
        ("new_channel", "channel"),
        ("updated_channel", "channel"),
        ("activate_channel", "channel"),
        ("deactivate_channel", "channel"),
        ("disconnect_channel", "channel"),
        ("disconnected_channel", "channel"),
        ("disconnect_listing", "channel"),
        ("channel_removal_warning", "removal_warning"),
        ("property_removal_warning", "removal_warning"),
        ("message", "other"),
        ("review", "other"),
        ("inquiry", "other"),
        ("reservation_request", "other"),
        ("something_of_next_year", "other"),
    ],
)
def test_every_event_has_its_kind(event, kind):
    found = read_event(delivery(event))

    assert (found.kind, found.name, found.external_property_id) == (kind, event, PROPERTY)


@pytest.mark.parametrize("spelling", ["revision_id", "booking_revision_id"])
def test_a_booking_event_names_its_revision_in_either_spelling(spelling):
    found = read_event(delivery("booking", {"booking_id": BOOKING, spelling: REVISION}))

    assert (found.external_booking_id, found.external_revision_id) == (BOOKING, REVISION)


def test_a_delivery_is_known_again_by_its_event_id_or_its_body():
    with_id = [read_event(delivery("booking_new", {"live_feed_event_id": "e1"}, timestamp=str(n))) for n in range(2)]
    plain, again, other = (read_event(body) for body in [delivery("booking"), delivery("booking"), delivery("ari")])

    assert with_id[0].event_key == with_id[1].event_key == "booking_new:e1"
    assert plain.event_key == again.event_key != other.event_key


def test_calendar_changes_come_as_a_list():
    found = read_event(delivery("ari", [{"date": "2026-11-10", "room_type_id": "r", "availability": 2}]))

    assert found.data == {"changes": [{"date": "2026-11-10", "room_type_id": "r", "availability": 2}]}


@pytest.mark.parametrize("body", [b"{}", b'{"event": null}', b'{"event": ["x"], "payload": 7}', b'{"hello": "test"}'])
def test_a_delivery_without_an_event_is_other(body):
    assert (read_event(body).kind, read_event(body).name) == ("other", "")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html>", b'{"a": NaN}', b"[" * 50_000, b"\xff"])
def test_what_is_no_json_object_is_malformed(body):
    with pytest.raises(Malformed):
        read_event(body)


def test_no_card_number_passes_through_a_delivery():
    found = read_event(delivery("message", {"message": "4111 1111 1111 1111", "guarantee": {"cvv": "737"}}))

    assert found.data == {"message": "************1111", "guarantee": {}}


def listed(*hooks: dict) -> dict:
    return {
        "data": [{"type": "webhook", "id": hook["id"], "attributes": hook} for hook in hooks],
        "meta": {"total": len(hooks)},
    }


def test_our_webhook_is_created_active_with_data_and_its_secret(wire):
    wire.get(
        f"{BASE}/webhooks", json=listed({"id": "w0", "callback_url": "https://other.example.test", "property_id": None})
    )
    wire.post(f"{BASE}/webhooks", json={"data": {"type": "webhook", "id": "w1", "attributes": {}}}, status=201)

    assert make_channex().register_webhook(URL, None, SECRET) == "w1"

    assert json.loads(wire.calls[-1].request.body)["webhook"] == {
        "callback_url": URL,
        "event_mask": EVENT_MASK,
        "property_id": None,
        "is_global": True,
        "is_active": True,
        "send_data": True,
        "headers": {"X-Channex-Webhook-Secret": SECRET},
        "request_params": {},
    }


def test_registering_again_repairs_the_webhook_of_the_same_scope(wire):
    hooks = listed(
        {"id": "global", "callback_url": URL, "property_id": None, "is_active": True},
        {"id": "own", "callback_url": URL, "property_id": PROPERTY, "is_active": False},
    )
    wire.get(f"{BASE}/webhooks", json=hooks)
    wire.put(f"{BASE}/webhooks/own", json={"data": {"type": "webhook", "id": "own", "attributes": {}}})

    assert make_channex().register_webhook(URL, PROPERTY, SECRET) == "own"

    body = json.loads(wire.calls[-1].request.body)["webhook"]
    assert (body["is_active"], body["is_global"], body["property_id"]) == (True, False, PROPERTY)


@pytest.mark.parametrize("body", [{"status_code": 401, "body": "no"}, {"status": 401, "body": "no", "headers": {}}])
def test_a_tried_webhook_reports_what_our_address_answered(wire, body):
    wire.post(f"{BASE}/webhooks/test", json=body)

    assert make_channex().try_webhook(URL, None, SECRET) == 401


def test_a_trial_that_did_not_reach_us_has_no_status(wire):
    wire.post(f"{BASE}/webhooks/test", json={"status": None, "body": "connection refused"})

    assert make_channex().try_webhook(URL, None, SECRET) is None


def test_a_trial_without_a_status_is_malformed(wire):
    wire.post(f"{BASE}/webhooks/test", json={"body": "?"})

    with pytest.raises(Malformed):
        make_channex().try_webhook(URL, None, SECRET)


def test_removing_a_webhook_that_is_gone_is_as_good(wire):
    wire.delete(f"{BASE}/webhooks/w1", json={"errors": {"code": "not_found", "title": "Resouce Not Found"}}, status=404)

    make_channex().delete_webhook("w1")

    assert len(wire.calls) == 1
