"""Groups, properties, room types and rate plans: reference sections 1 and 2."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client

PROPERTY = {"title": "Seaview North", "currency": "EUR", "timezone": "Europe/Lisbon"}
ROOM = {
    "title": "Twin", "count_of_rooms": 3, "occ_adults": 2, "occ_children": 0, "occ_infants": 0, "default_occupancy": 2,
}  # fmt: skip


def make_property(channex: Client, **more: Any) -> str:
    return str(channex.post("/properties", {"property": {**PROPERTY, **more}})["data"]["id"])


def make_room(channex: Client, property_id: str, **more: Any) -> str:
    room = {**ROOM, "property_id": property_id, **more}
    return str(channex.post("/room_types", {"room_type": room})["data"]["id"])


def plan(property_id: str, room_id: str, **more: Any) -> dict[str, Any]:
    options = [{"occupancy": 2, "is_primary": True, "rate": 10000}]
    return {"rate_plan": {"title": "Flexible", "property_id": property_id, "room_type_id": room_id,
                          "options": options, **more}}  # fmt: skip


def errors(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()["errors"]
    return found


@pytest.mark.parametrize("key", ["", "wrong", "wröng"])
def test_a_wrong_key_is_unauthorized(channex: Client, key: str) -> None:
    answer = channex.call("GET", "/groups", headers={"user-api-key": key.encode()})

    assert errors(answer, 401) == {"code": "unauthorized", "title": "Unauthorized"}


def test_an_unknown_id_is_not_found_and_a_malformed_one_is_invalid(channex: Client) -> None:
    unknown = channex.call("GET", "/properties/6a1c2f60-1111-4222-8333-444455556666")
    malformed = channex.call("GET", "/properties/seaview")

    assert errors(unknown, 404)["code"] == "resource_not_found"
    assert errors(malformed, 422) == {"code": "bad_request", "title": "Bad Request", "details": {"id": ["is invalid"]}}


def test_the_old_spelling_of_not_found_is_a_switch(channex: Client) -> None:
    channex.sim("/switches", {"not_found_spelling": "not_found"})

    answer = channex.call("GET", "/properties/6a1c2f60-1111-4222-8333-444455556666")

    assert errors(answer, 404) == {"code": "not_found", "title": "Resouce Not Found"}


def test_lists_come_in_pages_of_ten_unless_asked(channex: Client) -> None:
    for number in range(12):
        make_property(channex, title=f"Hotel {number:02}")

    short = channex.get("/properties")
    rest = channex.get("/properties", **{"pagination[page]": 2, "pagination[limit]": 10})
    too_long = channex.call("GET", "/properties", params={"pagination[limit]": 101})

    assert len(short["data"]) == 10
    assert short["meta"] == {"page": 1, "limit": 10, "total": 12, "order_by": "title", "order_direction": "asc"}
    assert [row["attributes"]["title"] for row in rest["data"]] == ["Hotel 10", "Hotel 11"]
    assert errors(too_long, 400)["code"] == "bad_request"


def test_a_property_lives_in_a_group_and_may_move(channex: Client) -> None:
    new_group = channex.post("/groups", {"group": {"title": "Seaview Hotels"}})["data"]["id"]
    property_id = make_property(channex)
    old_group = channex.get(f"/properties/{property_id}")["data"]["relationships"]["groups"]["data"][0]["id"]

    last = channex.call("DELETE", f"/groups/{old_group}/properties/{property_id}")
    channex.post(f"/groups/{new_group}/properties/{property_id}")
    again = channex.call("POST", f"/groups/{new_group}/properties/{property_id}")
    left = channex.call("DELETE", f"/groups/{old_group}/properties/{property_id}")
    full = channex.call("DELETE", f"/groups/{new_group}")

    assert last.status_code == 400
    assert errors(again, 422)["details"] == {
        "hotel_id": ["Only one GroupHotel entity per Group and Hotel pair allowed!"]
    }
    assert left.json() == {"meta": {"message": "Success"}}
    assert full.status_code == 400


def test_the_account_begins_with_a_group_nobody_can_remove(channex: Client) -> None:
    groups = channex.get("/groups")

    [group] = groups["data"]
    assert group["attributes"]["title"] == "User Group"
    assert groups["meta"]["order_by"] is None
    assert channex.call("DELETE", f"/groups/{group['id']}").status_code == 400


def test_a_property_answers_with_documented_defaults(channex: Client) -> None:
    answer = channex.call("POST", "/properties", {"property": PROPERTY})

    attributes = answer.json()["data"]["attributes"]
    assert answer.status_code == 201
    assert attributes["settings"]["min_stay_type"] == "both"
    assert attributes["settings"]["state_length"] == 500
    assert attributes["settings"]["allow_availability_autoupdate_on_cancellation"] is False
    assert attributes["is_active"] is True


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": None}, "currency"),
        ({"address": {"street": "Rua Exemplo"}}, "address"),
        ({"country": "Portugal"}, "country"),
        ({"email": "nobody"}, "email"),
        ({"property_type": "castle"}, "property_type"),
        ({"settings": {"state_length": 731}}, "state_length"),
        ({"settings": {"min_stay_type": "sometimes"}}, "min_stay_type"),
    ],
)
def test_a_property_is_checked_field_by_field(channex: Client, change: dict[str, Any], field: str) -> None:
    answer = channex.call("POST", "/properties", {"property": {**PROPERTY, **change}})

    found = errors(answer, 422)
    assert found["code"] == "validation_error"
    assert list(found["details"]) == [field]


def test_the_confirmation_setting_cannot_be_turned_off(channex: Client) -> None:
    name = "allow_availability_autoupdate_on_confirmation"
    property_id = make_property(channex)

    answer = channex.call(
        "PUT", f"/properties/{property_id}", {"property": {"settings": {name: False, "state_length": 730}}}
    )

    settings = answer.json()["data"]["attributes"]["settings"]
    assert (settings[name], settings["state_length"]) == (True, 730)


def test_a_connected_property_is_deleted_only_by_force(channex: Client) -> None:
    hotel = channex.hotel()

    refused = channex.call("DELETE", f"/properties/{hotel['id']}")
    forced = channex.call("DELETE", f"/properties/{hotel['id']}?force=true")

    assert errors(refused, 422)["details"] == {"property": ["has channel(s)"]}
    assert forced.status_code == 200
    assert channex.get("/properties")["data"] == []
    assert channex.get("/channels")["data"] == []


def test_a_room_type_wants_whole_numbers(channex: Client) -> None:
    property_id = make_property(channex)
    room = {**ROOM, "property_id": property_id, "count_of_rooms": 0, "occ_adults": "two", "occ_children": -1}

    answer = channex.call("POST", "/room_types", {"room_type": room})

    details = errors(answer, 422)["details"]
    assert details["count_of_rooms"] == ["must be greater than 0"]
    assert details["occ_adults"] == ["is invalid"]
    assert details["occ_children"] == ["must be greater than or equal to 0"]


def test_a_new_room_type_has_nothing_to_sell(channex: Client) -> None:
    property_id = make_property(channex)
    room_id = make_room(channex, property_id)

    today = channex.night(0)
    read = channex.get("/availability", **{"filter[property_id]": property_id, "filter[date]": today})

    assert read["data"] == {room_id: {today: 0}}


def test_the_primary_option_carries_the_id_of_its_plan(channex: Client) -> None:
    property_id = make_property(channex)
    room_id = make_room(channex, property_id)
    options = [{"occupancy": 1, "is_primary": False, "rate": 8000}, {"occupancy": 2, "is_primary": True, "rate": 10000}]

    made = channex.post("/rate_plans", plan(property_id, room_id, options=options, sell_mode="per_person"))["data"]

    first, second = made["attributes"]["options"]
    assert (first["id"], first["occupancy"], first["rate"], first["derived_option"]) == (made["id"], 2, "100.00", None)
    assert second["id"] != made["id"]
    assert second["derived_option"] == {"rate": []}
    assert second["inherit_stop_sell"] is True
    assert "parent_rate_plan_id" not in made["attributes"]


def test_the_rate_of_an_option_prices_every_future_night(channex: Client) -> None:
    property_id = make_property(channex)
    plan_id = channex.post("/rate_plans", plan(property_id, make_room(channex, property_id)))["data"]["id"]

    far = channex.night(499)
    read = channex.get(
        "/restrictions",
        **{"filter[property_id]": property_id, "filter[date]": far, "filter[restrictions]": "rate"},
    )

    assert read["data"][plan_id][far]["rate"] == "100.00"


def test_an_occupancy_beyond_the_room_is_refused(channex: Client) -> None:
    property_id = make_property(channex)
    body = plan(property_id, make_room(channex, property_id), options=[{"occupancy": 3, "is_primary": True, "rate": 0}])

    answer = channex.call("POST", "/rate_plans", body)

    text = "occupancy 3 exceeds the room type's max adults occupancy of 2"
    assert errors(answer, 422)["details"] == {"options": [text]}


def test_one_title_may_serve_two_room_types_but_not_one_twice(channex: Client) -> None:
    property_id = make_property(channex)
    twin, double = make_room(channex, property_id), make_room(channex, property_id, title="Double")
    channex.post("/rate_plans", plan(property_id, twin))

    other_room = channex.call("POST", "/rate_plans", plan(property_id, double))
    same_room = channex.call("POST", "/rate_plans", plan(property_id, twin))
    channex.sim("/switches", {"duplicate_titles_refused": True})
    strict = channex.call("POST", "/rate_plans", plan(property_id, make_room(channex, property_id, title="Suite")))

    assert other_room.status_code == 201
    for answer in (same_room, strict):
        assert errors(answer, 422)["details"] == {"title": ["Duplication in Rate Plan title is not allowed!"]}


def test_options_cannot_be_changed_afterwards_although_the_answer_is_200(channex: Client) -> None:
    property_id = make_property(channex)
    made = channex.post("/rate_plans", plan(property_id, make_room(channex, property_id)))["data"]
    change = {"title": "Saver", "options": [{"occupancy": 1, "is_primary": True, "rate": 1}]}

    answer = channex.call("PUT", f"/rate_plans/{made['id']}", {"rate_plan": change})

    attributes = answer.json()["data"]["attributes"]
    assert answer.status_code == 200
    assert attributes["title"] == "Saver"
    assert attributes["options"] == made["attributes"]["options"]


def test_options_lists_give_every_plan_or_every_occupancy(channex: Client) -> None:
    property_id = make_property(channex)
    options = [{"occupancy": 1, "is_primary": False, "rate": 8000}, {"occupancy": 2, "is_primary": True, "rate": 10000}]
    channex.post("/rate_plans", plan(property_id, make_room(channex, property_id), options=options))

    plans = channex.get("/rate_plans/options", **{"filter[property_id]": property_id})["data"]
    every = channex.get("/rate_plans/options", **{"filter[property_id]": property_id, "multi_occupancy": "true"})[
        "data"
    ]

    assert [row["attributes"]["occupancy"] for row in plans] == [2]
    assert sorted(row["attributes"]["occupancy"] for row in every) == [1, 2]
    assert plans[0]["attributes"]["parent_rate_plan_id"] is None


def test_what_is_mapped_to_a_channel_is_deleted_only_by_force(channex: Client) -> None:
    hotel = channex.hotel(channels=["BDC"])
    [room] = hotel["room_types"]
    plan_id = room["rate_plans"][0]["id"]

    assert channex.call("DELETE", f"/rate_plans/{plan_id}").status_code == 422
    assert channex.call("DELETE", f"/room_types/{room['id']}").status_code == 422
    assert channex.call("DELETE", f"/rate_plans/{plan_id}?force=true").status_code == 200
    assert channex.call("DELETE", f"/room_types/{room['id']}?force=true").status_code == 200
    assert channex.get("/rate_plans")["data"] == []
    assert channex.get("/channels")["data"][0]["attributes"]["rate_plans"] == []


def test_a_derived_plan_follows_its_parent(channex: Client) -> None:
    property_id = make_property(channex)
    room_id = make_room(channex, property_id)
    parent = channex.post("/rate_plans", plan(property_id, room_id, stop_sell=True))["data"]["id"]
    rules = {"rate": [["increase_by_percent", "10"], ["increase_by_amount", "5.00"]]}
    options = [{"occupancy": 2, "is_primary": True, "rate": 0, "derived_option": rules}]
    more = {"title": "Half board", "rate_mode": "derived", "parent_rate_plan_id": parent, "options": options}
    child = channex.post("/rate_plans", plan(property_id, room_id, **more))["data"]["id"]

    today = channex.night(0)
    query = {"filter[property_id]": property_id, "filter[date]": today, "filter[restrictions]": "rate,stop_sell"}
    cell = channex.get("/restrictions", **query)["data"][child][today]

    assert (cell["rate"], cell["stop_sell"]) == ("115.00", True)
