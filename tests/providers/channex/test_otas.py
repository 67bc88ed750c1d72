"""Connecting an OTA at the wire and against the sandbox: tried, read, made, mapped, switched, removed."""

from __future__ import annotations

import json

import pytest
import requests
import responses

from providers.beds24.client import Beds24
from providers.channel_types import OtaMapping
from providers.errors import Malformed, NotSupported, Rejected
from tests.providers.channex import BASE, PROPERTY, make_channex
from tests.providers.channex.test_against_sandbox import Hotel, hotel  # noqa: F401  (a fixture)

CHANNEL = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"success": True, "errors": None}, ""),
        ({"success": False, "errors": "invalid_credentials_structure"}, "invalid_credentials_structure"),
        ({"success": False, "errors": None}, "refused"),
        ({"success": None, "errors": {"hotel_id": ["is wrong"]}}, "refused"),
    ],
)
@responses.activate
def test_a_refusal_comes_with_a_200_and_is_none_the_less_one(data, said):
    responses.post(f"{BASE}/channels/test_connection", json={"data": data})

    assert make_channex().test_channel("BDC", "9000001") == said
    assert json.loads(responses.calls[0].request.body) == {
        "channel": "BookingCom", "settings": {"hotel_id": "9000001"},
    }  # fmt: skip


def test_an_ota_we_cannot_name_to_channex_is_refused_before_any_call():
    with pytest.raises(Rejected):
        make_channex().test_channel("XYZ", "1")


@responses.activate
def test_products_keep_their_ids_people_and_kind_of_pricing():
    rate = {"id": 40000001, "title": "Standard Rate", "max_persons": 2, "readonly": True, "pricing": "Standart"}
    rooms = [{"id": 900000101, "title": "Double", "rates": [rate, "nonsense"]}, {"id": 2, "title": "Empty"}]
    responses.post(f"{BASE}/channels/mapping_details", json={"data": {"rooms": rooms, "pricing_type": "OBP"}})

    (product,) = make_channex().channel_products("BDC", "1")

    assert product.key == "900000101/40000001"
    assert (product.occupancy, product.pricing, product.readonly) == (2, "Standard", True)


@responses.activate
def test_a_mapping_that_was_made_elsewhere_goes_back_unchanged():
    settings = {"room_type_code": 1, "rate_plan_code": 2, "occupancy": 3, "pricing_type": "OBP", "primary_occ": False,
                "something": "new"}  # fmt: skip
    attributes = {"id": CHANNEL, "rate_plans": [{"id": "m", "rate_plan_id": "p", "settings": settings}]}
    responses.get(f"{BASE}/channels/{CHANNEL}", json={"data": {"id": CHANNEL, "attributes": attributes}})
    responses.put(f"{BASE}/channels/{CHANNEL}", json={"data": {"id": CHANNEL, "attributes": attributes}})
    channex = make_channex()

    channex.map_channel(CHANNEL, "BDC", channex.channel_mappings(CHANNEL))

    sent = json.loads(responses.calls[1].request.body)["channel"]["rate_plans"]
    assert sent == [{"rate_plan_id": "p", "settings": settings}]


@responses.activate
def test_a_link_that_is_no_address_is_not_passed_on():
    body = {"data": {"type": "connection_link", "attributes": {"url": "javascript:alert(1)"}}}
    responses.post(f"{BASE}/meta/airbnb/connection_link", json=body)

    with pytest.raises(Malformed):
        make_channex().consent_link("ABB", PROPERTY, "group", "https://portal.test/back", "Seaview")


@responses.activate
def test_a_webhook_that_was_changed_there_is_told_apart_from_ours():
    url, secret = "https://portal.test/api/webhooks/channex", "hush"
    held = {"id": "w", "callback_url": url, "property_id": None, "event_mask": "booking", "is_active": False,
            "send_data": True, "headers": {"x-channex-webhook-secret": "other"}}  # fmt: skip
    responses.get(f"{BASE}/webhooks", json={"data": [{"id": "w", "attributes": held}], "meta": {"total": 1}})

    faults = make_channex().check_webhook(url, None, secret)

    assert faults == (
        "it is switched off", "it leaves out events we need", "our secret header is missing or different",
    )  # fmt: skip


def test_an_ota_is_connected_from_its_trial_to_its_end(hotel: Hotel):  # noqa: F811
    channex = hotel.channex
    group = channex.groups()[-1]["id"]
    channel = channex.create_channel("BDC", "9000001", hotel.property_id, group, "Booking.com", "EUR")
    lacks = channex.check_readiness(channel)
    product = channex.channel_products("BDC", "9000001")[0]
    mapping = OtaMapping(hotel.rate_plan, product.room_id, product.rate_id, 2, product.pricing)

    channex.map_channel(channel, "BDC", [mapping])
    ready = channex.check_readiness(channel)
    channex.activate_channel(channel)
    (on,) = channex.channels(hotel.property_id)
    channex.deactivate_channel(channel)
    (kept,) = channex.channel_mappings(channel)
    channex.delete_channel(channel)
    channex.delete_channel(channel)

    assert (lacks, ready) == (("Mapping",), ())
    assert on.active and on.code == "BDC"
    assert (kept.room_id, kept.rate_id, kept.occupancy) == (product.room_id, product.rate_id, 2)
    assert channex.channels(hotel.property_id) == ()


def test_one_hotel_id_is_connected_once_on_the_whole_platform(hotel: Hotel):  # noqa: F811
    group = hotel.channex.groups()[-1]["id"]
    hotel.channex.create_channel("BDC", "9000001", hotel.property_id, group, "Booking.com", "EUR")

    with pytest.raises(Rejected, match="already exists"):
        hotel.channex.create_channel("BDC", "9000001", hotel.property_id, group, "Booking.com", "EUR")


def test_what_channex_counts_by_itself_is_read_and_switched_off(hotel: Hotel):  # noqa: F811
    channex = hotel.channex
    settings = {"allow_availability_autoupdate_on_modification": True}
    channex.update_property(hotel.property_id, {"settings": settings})
    before = channex.counts_by_itself(hotel.property_id)

    channex.stop_counting(hotel.property_id)

    assert before == ("allow_availability_autoupdate_on_modification",)
    assert channex.counts_by_itself(hotel.property_id) == ()


def test_the_frame_opens_once(hotel: Hotel):  # noqa: F811
    link = hotel.channex.frame_link(hotel.property_id, "portal", None)

    assert requests.get(link, timeout=10).status_code == 200
    assert requests.get(link, timeout=10).status_code == 401


def test_a_provider_without_otas_says_so():
    assert "test_channel" not in Beds24.capabilities
    with pytest.raises(NotSupported):
        Beds24.test_channel(object(), "BDC", "1")  # type: ignore[arg-type]
