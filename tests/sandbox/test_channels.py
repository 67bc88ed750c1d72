"""Channels, one-time tokens and the framed page: reference section 6."""

from __future__ import annotations

import re
from typing import Any

from tests.sandbox.conftest import Client, Receiver, register


def connect(channex: Client, hotel: Any, **more: Any) -> Any:
    channel = {
        "channel": "BookingCom", "group_id": hotel["group_id"], "title": "Booking.com North",
        "properties": [hotel["id"]], "settings": {"hotel_id": "9000001"}, **more,
    }  # fmt: skip
    return channex.call("POST", "/channels", {"channel": channel})


def mapping(hotel: Any) -> list[dict[str, Any]]:
    plan_id = hotel["room_types"][0]["rate_plans"][0]["id"]
    return [{"rate_plan_id": plan_id, "settings": {"room_type_code": 1, "rate_plan_code": 2, "primary_occ": True}}]


def test_a_channel_is_created_inactive_mapped_and_activated(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel(channels=[])
    register(channex, receiver, event_mask="new_channel;updated_channel;activate_channel;deactivate_channel")

    made = connect(channex, hotel).json()["data"]
    lacks = channex.post(f"/channels/{made['id']}/check_readiness")["data"]
    refused = channex.call("POST", f"/channels/{made['id']}/activate")
    update = {"channel": "BookingCom", "rate_plans": mapping(hotel)}
    channex.call("PUT", f"/channels/{made['id']}", {"channel": update})
    ready = channex.post(f"/channels/{made['id']}/check_readiness")
    for _ in range(2):
        channex.post(f"/channels/{made['id']}/activate")
    shown = channex.get(f"/channels/{made['id']}")["data"]
    channex.post(f"/channels/{made['id']}/deactivate")

    assert made["attributes"]["is_active"] is False
    assert [each["relation"] for each in lacks] == ["Mapping"]
    assert refused.status_code == 422
    assert ready == {"data": [], "meta": {"message": "Success"}}
    assert shown["attributes"]["is_active"] is True
    assert len(shown["relationships"]["known_mappings"]["data"]) == 1
    assert receiver.events(4) == ["activate_channel", "deactivate_channel", "new_channel", "updated_channel"]


def test_an_ota_account_is_connected_once(channex: Client) -> None:
    hotel = channex.hotel(channels=[])
    connect(channex, hotel)

    again = connect(channex, hotel)

    assert again.status_code == 422
    assert again.json()["errors"]["details"] == {"settings": ["channel with the same settings already exists"]}


def test_only_an_inactive_channel_is_deleted(channex: Client) -> None:
    channex.hotel(channels=["BDC"])
    [channel] = channex.get("/channels")["data"]

    active = channex.call("DELETE", f"/channels/{channel['id']}")
    channex.post(f"/channels/{channel['id']}/deactivate")
    inactive = channex.call("DELETE", f"/channels/{channel['id']}")

    assert (active.status_code, inactive.status_code) == (422, 200)


def test_channels_can_be_asked_for_by_property_and_state(channex: Client) -> None:
    north, south = channex.hotel(channels=["BDC"]), channex.hotel(title="South", channels=["EXP", "ABB"])
    connect(channex, north)

    of_south = channex.get("/channels", **{"filter[property_id]": south["id"]})["data"]
    inactive = channex.get("/channels", **{"filter[is_active]": "false"})["data"]
    expedia = channex.get("/channels", **{"filter[channel]": "Expedia"})["data"]

    assert sorted(row["attributes"]["channel"] for row in of_south) == ["AirBNB", "Expedia"]
    assert [row["attributes"]["title"] for row in inactive] == ["Booking.com North"]
    assert len(expedia) == 1


def test_adapters_are_described_by_their_case_sensitive_code(channex: Client) -> None:
    adapter = channex.get("/channels/adapter", code="BookingCom")["data"]

    assert adapter["rate_params"]["pricing_type"]["default"] == "Standart"
    assert channex.call("GET", "/channels/adapter?code=bookingcom").status_code == 400
    codes = {row["code"] for row in channex.get("/channels/list")["data"]}
    assert codes == {"BookingCom", "Expedia", "AirBNB", "Agoda"}
    assert {row["code"] for row in channex.get("/channels/codes")["data"]} == codes


def test_a_refused_connection_is_still_a_200(channex: Client) -> None:
    good = {"channel": "BookingCom", "settings": {"hotel_id": "9000001"}}
    empty, bad = {**good, "settings": {}}, {**good, "settings": {"hotel_id": "bad-1"}}

    assert channex.post("/channels/test_connection", good)["data"] == {"success": True, "errors": None}
    assert channex.post("/channels/test_connection", empty)["data"]["errors"] == "invalid_credentials_structure"
    assert channex.post("/channels/test_connection", bad)["data"]["success"] is False
    assert channex.call("POST", "/channels/connection_details", bad).status_code == 400
    assert channex.post("/channels/mapping_details", good) == channex.post("/channels/mapping_details", good)


def test_a_channel_switched_off_is_removed_after_thirty_days_with_warnings(channex: Client, receiver: Receiver) -> None:
    channex.hotel(channels=["BDC"])
    register(channex, receiver, event_mask="channel_removal_warning")
    [channel] = channex.get("/channels")["data"]
    channex.post(f"/channels/{channel['id']}/deactivate")

    days = []
    for step in (23.5, 5.9, 0.2):
        channex.advance(step * 86400)
        if step != 0.2:
            days.append(receiver.next()["payload"]["days_left"])
    left = channex.get("/channels")["data"]
    channex.advance(86400)

    assert days == [7, 1]
    assert len(left) == 1
    assert channex.get("/channels")["data"] == []


def test_a_property_without_a_channel_is_removed_after_ninety_days(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel(channels=[])
    register(channex, receiver, event_mask="property_removal_warning")
    date = channex.get(f"/properties/{hotel['id']}")["data"]["attributes"]["expected_removal_date"]

    channex.advance(60.5 * 86400)
    warning = receiver.next()["payload"]
    channex.advance(30 * 86400)

    assert date == warning["removal_date"]
    assert (warning["days_left"], warning["property_name"]) == (30, "Seaview North")
    assert channex.get("/properties")["data"] == []


def token(channex: Client, hotel: Any) -> str:
    body = {"one_time_token": {"property_id": hotel["id"], "username": "jane@example.test"}}
    return str(channex.post("/auth/one_time_token", body)["data"]["token"])


def open_frame(channex: Client, key: str) -> Any:
    return channex.session.get(
        f"{channex.url}/auth/exchange", params={"oauth_session_key": key, "app_mode": "headless"}
    )


def test_a_token_opens_the_frame_once_and_for_fifteen_minutes(channex: Client) -> None:
    hotel = channex.hotel()
    once, late = token(channex, hotel), token(channex, hotel)

    opened, again = open_frame(channex, once), open_frame(channex, once)
    channex.advance(15 * 60 + 1)
    too_late = open_frame(channex, late)

    assert (opened.status_code, again.status_code, too_late.status_code) == (200, 401, 401)


def test_a_person_connects_maps_and_activates_in_the_frame(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel(channels=[])
    register(channex, receiver, event_mask="new_channel;updated_channel;activate_channel;deactivate_channel")
    found = re.search(r'action="(/auth/frame/[^"]+)"', open_frame(channex, token(channex, hotel)).text)
    assert found is not None
    action = channex.url + found[1]

    channex.session.post(action, data={"action": "create", "code": "BDC", "hotel_id": "123"})
    [channel] = channex.get("/channels")["data"]
    for step in ("map", "activate"):
        page = channex.session.post(action, data={"action": step, "id": channel["id"]})

    assert page.status_code == 200
    assert "Deactivate" in page.text
    assert channex.get(f"/channels/{channel['id']}")["data"]["attributes"]["is_active"] is True
    assert receiver.events(3) == ["activate_channel", "new_channel", "updated_channel"]
