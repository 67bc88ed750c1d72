"""Properties and their settings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.beds24.conftest import Beds, room_of


def test_room_types_come_only_when_asked_for(beds: Beds) -> None:
    hotel = beds.hotel()

    [plain] = beds.get("/properties")["data"]
    [full] = beds.get("/properties", id=hotel["id"], includeAllRooms="true", includePriceRules="true",
                      includeUnitDetails="true", includeOffers="true")["data"]  # fmt: skip

    assert "roomTypes" not in plain
    assert (plain["currency"], plain["account"]["ownerId"]) == ("EUR", hotel["owner_id"])
    assert plain["webhooks"] == {"version": "one", "url": "", "additionalData": "none", "customHeader": ""}
    [room] = full["roomTypes"]
    assert (room["id"], room["qty"], room["maxPeople"]) == (room_of(hotel), 2, 2)
    assert [(each["id"], each["name"], each["statusText"]) for each in room["units"]] == [
        (1, "101", ""),
        (2, "102", ""),
    ]
    [rule] = room["priceRules"]
    assert (rule["id"], rule["name"], sorted(rule["channels"])) == (1, "Flexible", ["airbnb", "booking"])
    assert [each["offerId"] for each in room["offers"]] == [1]


def test_webhook_settings_are_written_read_back_and_cleared(beds: Beds) -> None:
    hotel = beds.hotel()
    hook = {"version": "twoWithPersonalData", "url": "https://portal.example/hook", "customHeader": "X-Secret: a"}

    [verdict] = beds.post("/properties", [{"id": hotel["id"], "webhooks": hook}])
    written = beds.get("/properties")["data"][0]["webhooks"]
    beds.post("/properties", [{"id": hotel["id"], "webhooks": {"url": ""}}])

    assert verdict == {"success": True, "modified": {"webhooks": hook}}
    assert written == {**hook, "additionalData": "none"}
    assert beds.get("/properties")["data"][0]["webhooks"]["url"] == ""


@pytest.mark.parametrize(("name", "value"), [("additionalData", "everything"), ("version", "two"), ("url", 7)])
def test_an_unusable_setting_is_refused_with_a_warning_only(beds: Beds, name: str, value: Any) -> None:
    hotel = beds.hotel()

    [verdict] = beds.post("/properties", [{"id": hotel["id"], "webhooks": {name: value}}])

    assert verdict == {"success": False, "warnings": [{"field": f"webhooks_{name}", "message": "Invalid"}]}


def test_a_property_and_its_rooms_are_made_and_changed(beds: Beds) -> None:
    hotel = beds.hotel()

    [made] = beds.post("/properties", [{"name": "Annex", "currency": "PLN", "roomTypes": [{"name": "Loft", "qty": 3}]}])
    room = room_of(hotel)
    [changed] = beds.post(
        "/properties",
        [{"id": hotel["id"], "city": "Faro", "roomTypes": [
            {"id": room, "qty": 3, "units": [{"id": 3, "name": "Garden"}], "priceRules": [{"id": 1, "name": "Best"},
                                                                                         {"id": 9, "name": "New"}]}]}],
    )  # fmt: skip

    annex = beds.get("/properties", id=made["new"]["id"], includeAllRooms="true")["data"][0]
    [old] = beds.get("/properties", id=hotel["id"], includeAllRooms="true", includePriceRules="true")["data"]
    assert (annex["currency"], annex["roomTypes"][0]["name"], len(annex["roomTypes"][0]["units"])) == ("PLN", "Loft", 3)
    assert changed["success"] is True
    assert [each["field"] for each in changed["warnings"]] == ["priceRules"]
    assert (old["city"], old["roomTypes"][0]["units"][2]["name"]) == ("Faro", "Garden")
    assert [each["name"] for each in old["roomTypes"][0]["priceRules"]] == ["Best"]
    assert beds.left(room, 3) == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": 1}, "id"),
        ({"currency": ["EUR"]}, "currency"),
        ({"roomTypes": [{"name": "X", "qty": 0}]}, "roomTypes_qty"),
    ],
)
def test_a_bad_property_is_refused(beds: Beds, change: dict[str, Any], field: str) -> None:
    hotel = beds.hotel()

    [verdict] = beds.post("/properties", [{"id": hotel["id"], **change}])

    assert verdict["success"] is False
    assert verdict["errors"][0]["field"] == field


def test_an_account_tells_which_channels_its_properties_are_on(beds: Beds) -> None:
    hotel = beds.hotel()

    [row] = beds.get("/accounts", includeUsage="true")["data"]

    assert row["id"] == hotel["owner_id"]
    assert (row["usage"]["numRooms"], row["usage"]["channelLinks"]) == (2, {"booking": 1, "airbnb": 1})
