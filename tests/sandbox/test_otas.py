"""OTAs that take their time, sell what a drill says, or want a consent."""

from __future__ import annotations

import requests

from tests.sandbox.conftest import Client

ACCOUNT = {"channel": "Expedia", "settings": {"hotel_id": "77"}}


def test_an_ota_lets_channex_in_after_two_days_of_the_providers_clock(channex: Client) -> None:
    channex.sim("/otas", {"code": "EXP", "hotel_id": "77", "after_seconds": 2 * 86400})

    before = channex.post("/channels/test_connection", ACCOUNT)["data"]
    refused = channex.call("POST", "/channels/mapping_details", ACCOUNT)
    channex.advance(2 * 86400 + 1)
    after = channex.post("/channels/test_connection", ACCOUNT)["data"]

    assert before == {"success": False, "errors": "hotel_has_not_accepted_connection"}
    assert refused.status_code == 400
    assert after == {"success": True, "errors": None}


def test_an_ota_can_refuse_until_it_is_told_otherwise(channex: Client) -> None:
    channex.sim("/otas", {"code": "EXP", "hotel_id": "77", "accepted": False})
    channex.advance(30 * 86400)
    before = channex.post("/channels/test_connection", ACCOUNT)["data"]

    channex.sim("/otas", {"code": "EXP", "hotel_id": "77", "accepted": True})

    assert before["success"] is False
    assert channex.post("/channels/test_connection", ACCOUNT)["data"]["success"] is True


def test_an_ota_may_sell_the_very_rooms_of_a_property(channex: Client) -> None:
    hotel = channex.hotel(channels=[])

    channex.sim("/otas", {"code": "EXP", "hotel_id": "77", "mirror": hotel["id"]})
    [room] = channex.post("/channels/mapping_details", ACCOUNT)["data"]["rooms"]

    assert room["title"] == "Double"
    assert [rate["title"] for rate in room["rates"]] == ["Flexible", "Breakfast"]


def test_a_host_consents_once_and_airbnb_becomes_a_channel(channex: Client) -> None:
    hotel = channex.hotel(channels=[])
    link = {"group_id": hotel["group_id"], "properties": [hotel["id"]], "redirect_uri": "http://pms.test/back",
            "failure_redirect_uri": "http://pms.test/back", "token": "t"}  # fmt: skip
    url = channex.post("/meta/airbnb/connection_link", {"connection_link": link})["data"]["attributes"]["url"]

    shown = requests.get(url, timeout=10)
    back = requests.post(url, data={"answer": "yes"}, allow_redirects=False, timeout=10)
    again = requests.get(url, timeout=10)

    [channel] = channex.get("/channels")["data"]
    assert "Seaview North" in shown.text
    assert back.headers["Location"].startswith("http://pms.test/back?success=true&channel_id=")
    assert channel["attributes"]["channel"] == "AirBNB" and channel["attributes"]["is_active"] is False
    assert again.status_code == 404


def test_a_consent_link_lasts_two_hours(channex: Client) -> None:
    hotel = channex.hotel(channels=[])
    link = {"group_id": hotel["group_id"], "properties": [hotel["id"]], "redirect_uri": "http://pms.test/back",
            "failure_redirect_uri": "http://pms.test/back"}  # fmt: skip
    url = channex.post("/meta/airbnb/connection_link", {"connection_link": link})["data"]["attributes"]["url"]

    channex.advance(2 * 3600 + 1)

    assert requests.get(url, timeout=10).status_code == 404
