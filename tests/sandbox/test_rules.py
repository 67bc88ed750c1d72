"""Availability rules: one OTA is shown less than the others. Reference section 2.5."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client


def rule(hotel: Any, channel_id: str, **more: Any) -> dict[str, Any]:
    return {
        "title": "Christmas", "type": "close_out", "affected_channels": [channel_id], "property_id": hotel["id"],
        "affected_room_types": [hotel["room_types"][0]["id"]], "start_date": "2026-01-01", **more,
    }  # fmt: skip


def make(channex: Client, given: dict[str, Any]) -> Any:
    return channex.call("POST", "/channel_availability_rules", {"channel_availability_rule": given})


def book(channex: Client, hotel: Any, ota: str) -> Any:
    wish = {"ota": ota, "nights": 1, "room_type": hotel["room_types"][0]["id"]}
    return channex.sim(f"/ota/{hotel['id']}/book", wish, status=(200, 201, 409))


def test_a_closed_channel_sells_nothing_while_the_other_goes_on(channex: Client) -> None:
    hotel = channex.hotel(channels=["BDC", "EXP"])
    booking_com = next(each["id"] for each in hotel["channels"] if each["code"] == "BDC")

    made = make(channex, rule(hotel, booking_com)).json()["data"]
    refused, sold = book(channex, hotel, "BDC"), book(channex, hotel, "EXP")
    channex.call("DELETE", f"/channel_availability_rules/{made['id']}")
    again = book(channex, hotel, "BDC")

    assert "no_availability" in str(refused)
    assert "booking_id" in sold and "booking_id" in again


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"title": ""}, "title"), ({"type": "less"}, "type"), ({"type": "max_availability"}, "value"),
     ({"affected_channels": ["nobody"]}, "affected_channels"), ({"affected_room_types": []}, "affected_room_types"),
     ({"days": ["xx"]}, "days"), ({"start_date": "soon"}, "start_date")],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused_by_field(channex: Client, wrong: dict[str, Any], field: str) -> None:
    hotel = channex.hotel(channels=["BDC"])

    answer = make(channex, rule(hotel, hotel["channels"][0]["id"], **wrong))

    assert answer.status_code == 422 and field in answer.json()["errors"]["details"]


def test_rules_are_listed_changed_and_survive_a_restart(channex: Client) -> None:
    hotel = channex.hotel(channels=["BDC"])
    made = make(channex, rule(hotel, hotel["channels"][0]["id"])).json()["data"]

    change = {"type": "max_availability", "value": 2, "days": ["fr", "sa"]}
    channex.call("PUT", f"/channel_availability_rules/{made['id']}", {"channel_availability_rule": change})
    [found] = channex.get(f"/channel_availability_rules?filter[property_id]={hotel['id']}")["data"]

    assert (found["attributes"]["type"], found["attributes"]["value"]) == ("max_availability", 2)
    assert found["attributes"]["title"] == "Christmas"
