"""What the ARI writes refuse, with HTTP 200: the table of reference section 3.5."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client

NULL = "Should be a non null value or not existed field"
NO_DATE = "Should be included field date or fields pair date_from-date_to"
NO_VIRTUAL = "property doesn't support `min_stay` restriction, please use `min_stay_through` or `min_stay_arrival`"


@pytest.fixture
def hotel(channex: Client) -> Any:
    return channex.hotel()


def restriction(channex: Client, hotel: Any, **fields: Any) -> dict[str, Any]:
    value = {
        "property_id": hotel["id"], "rate_plan_id": hotel["room_types"][0]["rate_plans"][0]["id"],
        "date": channex.night(20), **fields,
    }  # fmt: skip
    return {name: each for name, each in value.items() if each is not ...}


def availability(channex: Client, hotel: Any, **fields: Any) -> dict[str, Any]:
    value = {
        "property_id": hotel["id"],
        "room_type_id": hotel["room_types"][0]["id"],
        "date": channex.night(20),
        **fields,
    }
    return {name: each for name, each in value.items() if each is not ...}


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"rate": 0}, {"rate": ["must be greater than 0"]}),
        ({"rate": -5}, {"rate": ["must be greater than 0"]}),
        ({"rate": "0.00"}, {"rate": ["must be greater than 0"]}),
        ({"rate": 120.5}, {"rate": ["is invalid"]}),
        ({"rate": "cheap"}, {"rate": ["is invalid"]}),
        ({"rate": "NaN"}, {"rate": ["is invalid"]}),
        ({"rate": True}, {"rate": ["is invalid"]}),
        ({"min_stay_arrival": 0}, {"min_stay_arrival": ["must be greater than or equal to 1"]}),
        ({"min_stay_through": 0}, {"min_stay_through": ["must be greater than or equal to 1"]}),
        ({"max_stay": -1}, {"max_stay": ["must be greater than or equal to 0"]}),
        ({"stop_sell": "yes"}, {"stop_sell": ["is invalid"]}),
        ({"closed_to_arrival": 2}, {"closed_to_arrival": ["is invalid"]}),
        ({"rate": None}, {"rate": [NULL]}),
        ({"max_stay": None}, {"max_stay": [NULL]}),
        ({"min_stay": 2}, {"min_stay": [NO_VIRTUAL]}),
        ({"rate": 100, "date": ...}, {"date": [NO_DATE]}),
        ({"rate": 100, "date": "2026-2-1"}, {"date": ["is invalid"]}),
        ({"rate": 100, "days": ["monday"]}, {"days": ["is invalid"]}),
        ({"rate": 100, "rate_plan_id": ...}, {"rate_plan_id": ["can't be blank"]}),
        ({"rates": [{"occupancy": 9, "rate": 100}]}, {"rates": ["occupancy 9 is not an option of this rate plan"]}),
        ({"rate": 100, "rate_plan_id": "6a1c2f60-1111-4222-8333-444455556666"}, "Not found rate_plan for this change"),
    ],
)
def test_a_bad_restriction_is_echoed_with_its_warning(
    channex: Client, hotel: Any, fields: dict[str, Any], warning: Any
) -> None:
    value = restriction(channex, hotel, **fields)

    answer = channex.post("/restrictions", {"values": [value]})

    assert answer == {"data": [], "meta": {"message": "Success", "warnings": [{"warning": warning, **value}]}}


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"availability": -1}, {"availability": ["must be greater than or equal to 0"]}),
        ({"availability": "3"}, {"availability": ["is invalid"]}),
        ({"availability": ..., "room_type_id": ...},
         {"room_type_id": ["can't be blank"], "availability": ["can't be blank"]}),
        ({"availability": 1, "room_type_id": "6a1c2f60-1111-4222-8333-444455556666"},
         "Not found room_type for this change"),
    ],
)  # fmt: skip
def test_a_bad_availability_is_echoed_with_its_warning(
    channex: Client, hotel: Any, fields: dict[str, Any], warning: Any
) -> None:
    value = availability(channex, hotel, **fields)

    answer = channex.post("/availability", {"values": [value]})

    assert answer == {"data": [], "meta": {"message": "Success", "warnings": [{"warning": warning, **value}]}}


def test_an_empty_value_lists_everything_it_lacks(channex: Client, hotel: Any) -> None:
    answer = channex.post("/availability", {"values": [{}]})

    [entry] = answer["meta"]["warnings"]
    assert entry["warning"]["date"] == [NO_DATE]
    assert set(entry["warning"]) == {"date", "property_id", "room_type_id", "availability"}


def test_a_past_night_is_refused_and_a_range_is_moved_to_today(channex: Client, hotel: Any) -> None:
    past = availability(channex, hotel, date=channex.night(-1), availability=1)
    span = availability(channex, hotel, date=..., date_from=channex.night(-3), date_to=channex.night(1), availability=1)

    single = channex.post("/availability", {"values": [past]})
    moved = channex.post("/availability", {"values": [span]})

    assert single["meta"]["warnings"][0]["warning"] == {"date": ["Past date is not allowed"]}
    assert isinstance(moved["meta"]["warnings"][0]["warning"], str)
    assert len(moved["data"]) == 1
    room_id = hotel["room_types"][0]["id"]
    query = {"filter[date][gte]": channex.night(0), "filter[date][lte]": channex.night(2)}
    read = channex.get("/availability", **{"filter[property_id]": hotel["id"], **query})["data"][room_id]
    assert read == {channex.night(0): 1, channex.night(1): 1, channex.night(2): 2}


def test_good_values_of_a_call_are_applied_beside_bad_ones(channex: Client, hotel: Any) -> None:
    good, bad = restriction(channex, hotel, rate="150.00"), restriction(channex, hotel, rate=0)

    answer = channex.post("/restrictions", {"values": [bad, good]})

    assert len(answer["data"]) == 1
    assert [entry["rate"] for entry in answer["meta"]["warnings"]] == [0]
    read = channex.sim(f"/calendar/{hotel['id']}?first={good['date']}&last={good['date']}")
    assert read["rate_plans"][good["rate_plan_id"]][good["date"]]["rate"] == "150.00"


def test_warnings_may_be_strings_or_an_empty_list(channex: Client, hotel: Any) -> None:
    channex.sim("/switches", {"string_warnings": True, "warnings_empty_list": True})

    bad = channex.post("/restrictions", {"values": [restriction(channex, hotel, rate=0)]})
    clean = channex.post("/restrictions", {"values": [restriction(channex, hotel, rate=100)]})

    assert bad["meta"]["warnings"][0]["warning"] == "rate must be greater than 0"
    assert clean["meta"] == {"message": "Success", "warnings": []}


def test_a_clean_write_has_a_task_and_no_word_of_warnings(channex: Client, hotel: Any) -> None:
    answer = channex.post("/availability", {"values": [availability(channex, hotel, availability=1)]})

    assert answer["meta"] == {"message": "Success"}
    assert [task["type"] for task in answer["data"]] == ["task"]
