"""Calendars: how writes combine and how reads look (reference sections 3.1 to 3.7)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.sandbox.conftest import Client


@pytest.fixture
def hotel(channex: Client) -> Any:
    return channex.hotel()


def first_plan(hotel: Any) -> str:
    return str(hotel["room_types"][0]["rate_plans"][0]["id"])


def write(channex: Client, hotel: Any, *values: dict[str, Any]) -> Any:
    ids = {"property_id": hotel["id"], "rate_plan_id": first_plan(hotel)}
    return channex.post("/restrictions", {"values": [{**ids, **value} for value in values]})


def cells(channex: Client, hotel: Any, first: int, last: int, names: str = "rate") -> Any:
    query = {"filter[date][gte]": channex.night(first), "filter[date][lte]": channex.night(last)}
    return channex.get("/restrictions", **{"filter[property_id]": hotel["id"], "filter[restrictions]": names, **query})[
        "data"
    ]


def test_the_last_value_of_a_call_wins_and_ranges_include_both_ends(channex: Client, hotel: Any) -> None:
    write(
        channex, hotel,
        {"date_from": channex.night(3), "date_to": channex.night(5), "rate": 24100},
        {"date": channex.night(4), "rate": "310.50"},
    )  # fmt: skip

    read = cells(channex, hotel, 2, 6)[first_plan(hotel)]

    rates = [read[channex.night(day)]["rate"] for day in range(2, 7)]
    assert rates == ["100.00", "241.00", "310.50", "241.00", "100.00"]


def test_only_the_named_weekdays_change(channex: Client, hotel: Any) -> None:
    write(channex, hotel, {"date_from": channex.night(1), "date_to": channex.night(7), "days": ["fr"], "rate": 1})

    read = cells(channex, hotel, 1, 7)[first_plan(hotel)]

    assert sorted(cell["rate"] for cell in read.values()) == ["0.01"] + ["100.00"] * 6


def test_fields_that_were_not_sent_stay(channex: Client, hotel: Any) -> None:
    night = channex.night(9)
    write(channex, hotel, {"date": night, "rate": 5000, "min_stay_arrival": 3})
    write(channex, hotel, {"date": night, "closed_to_arrival": 1})

    names = "rate,min_stay_arrival,min_stay_through,max_stay,closed_to_arrival,stop_sell,availability"
    cell = cells(channex, hotel, 9, 9, names)[first_plan(hotel)][night]

    assert cell == {
        "rate": "50.00", "min_stay_arrival": 3, "min_stay_through": 1, "max_stay": 0, "closed_to_arrival": True,
        "stop_sell": False, "availability": 2, "unavailable_reasons": [],
    }  # fmt: skip


def test_a_night_without_availability_reads_as_closed_until_there_is_some(channex: Client, hotel: Any) -> None:
    night, room_id = channex.night(9), hotel["room_types"][0]["id"]
    value = {"property_id": hotel["id"], "room_type_id": room_id, "date": night}

    channex.post("/availability", {"values": [{**value, "availability": 0}]})
    empty = cells(channex, hotel, 9, 9, "stop_sell,rate")[first_plan(hotel)][night]
    channex.post("/availability", {"values": [{**value, "availability": 1}]})
    open_again = cells(channex, hotel, 9, 9, "stop_sell,rate")[first_plan(hotel)][night]

    assert (empty["stop_sell"], empty["rate"]) == (True, "100.00")
    assert open_again["stop_sell"] is False


def test_reads_are_keyed_by_occupancy_option(channex: Client) -> None:
    options = [{"occupancy": 2, "is_primary": True, "rate": 10000}, {"occupancy": 1, "is_primary": False, "rate": 8000}]
    plans = [{"title": "Per person", "options": options}]
    hotel = channex.hotel(room_types=[{"title": "Double", "units": 2, "rate_plans": plans}])
    primary, single = (each["id"] for each in hotel["room_types"][0]["rate_plans"][0]["options"])
    night = channex.night(3)

    write(channex, hotel, {"date": night, "rate": 11000})
    bare = cells(channex, hotel, 3, 3)
    rates = [{"occupancy": 1, "rate": 9000}, {"occupancy": 2, "rate": "120.00"}]
    write(channex, hotel, {"date": night, "rates": rates})
    both = cells(channex, hotel, 3, 3)

    assert {key: bare[key][night]["rate"] for key in bare} == {primary: "110.00", single: "80.00"}
    assert {key: both[key][night]["rate"] for key in both} == {primary: "120.00", single: "90.00"}


def test_minor_units_follow_the_currency(channex: Client) -> None:
    hotel = channex.hotel(currency="JPY", room_types=[{"title": "Twin", "units": 1, "rate_plans": [{"title": "BAR"}]}])

    write(channex, hotel, {"date": channex.night(1), "rate": 12000}, {"date": channex.night(2), "rate": "13000"})

    read = cells(channex, hotel, 1, 2)[first_plan(hotel)]
    assert [read[channex.night(day)]["rate"] for day in (1, 2)] == ["12000", "13000"]


def test_prices_outside_the_limits_are_clamped_without_a_word(channex: Client, hotel: Any) -> None:
    settings = {"settings": {"min_price": "50.00", "max_price": 20000}}
    channex.call("PUT", f"/properties/{hotel['id']}", {"property": settings})

    answer = write(channex, hotel, {"date": channex.night(1), "rate": 100}, {"date": channex.night(2), "rate": 99900})

    read = cells(channex, hotel, 1, 2)[first_plan(hotel)]
    assert "warnings" not in answer["meta"]
    assert [read[channex.night(day)]["rate"] for day in (1, 2)] == ["50.00", "200.00"]


def test_nights_past_the_calendar_are_dropped_without_a_word(channex: Client, hotel: Any) -> None:
    answer = write(channex, hotel, {"date_from": channex.night(499), "date_to": channex.night(510), "rate": 700})

    read = cells(channex, hotel, 498, 501)[first_plan(hotel)]
    assert "warnings" not in answer["meta"]
    assert [read[channex.night(day)]["rate"] for day in range(498, 502)] == ["100.00", "7.00", "100.00", "100.00"]


def test_the_virtual_min_stay_works_where_the_property_has_one_kind(channex: Client, hotel: Any) -> None:
    channex.call("PUT", f"/properties/{hotel['id']}", {"property": {"settings": {"min_stay_type": "through"}}})

    write(channex, hotel, {"date": channex.night(1), "min_stay": 4})

    cell = cells(channex, hotel, 1, 1, "min_stay,min_stay_through,min_stay_arrival")[first_plan(hotel)][
        channex.night(1)
    ]
    assert (cell["min_stay"], cell["min_stay_through"], cell["min_stay_arrival"]) == (4, 4, 1)


@pytest.mark.parametrize(
    ("query", "details"),
    [
        ({"filter[date]": "2026-12-01"}, ["restrictions is required"]),
        ({"filter[restrictions]": "rate"}, ["date is required"]),
        ({"filter[restrictions]": "rate", "filter[date][gte]": "2026-12-01"}, ["date is required"]),
    ],
)
def test_a_read_names_the_argument_it_misses(
    channex: Client, hotel: Any, query: dict[str, str], details: list[str]
) -> None:
    answer = channex.call("GET", "/restrictions", params={"filter[property_id]": hotel["id"], **query})

    assert answer.status_code == 400
    assert answer.json()["errors"]["details"] == details


def test_percent_encoded_brackets_are_understood(channex: Client, hotel: Any) -> None:
    path = f"/availability?filter%5Bproperty_id%5D={hotel['id']}&filter%5Bdate%5D={channex.night(1)}"

    assert channex.call("GET", path).json()["data"] == {hotel["room_types"][0]["id"]: {channex.night(1): 2}}


def test_a_full_sync_of_sixty_plans_is_two_quick_calls(channex: Client) -> None:
    plans = [{"title": f"Plan {number}"} for number in range(3)]
    rooms = [{"title": f"Type {number}", "units": 5, "rate_plans": plans} for number in range(20)]
    hotel = channex.hotel(room_types=rooms, channels=[])
    nights = [channex.night(day) for day in range(0, 500, 5)]
    last, ids = channex.night(499), {"property_id": hotel["id"]}
    free = [{**ids, "room_type_id": room["id"], "date_from": channex.night(0), "date_to": last, "availability": 5}
            for room in hotel["room_types"]]  # fmt: skip
    rates = [
        {**ids, "rate_plan_id": plan["id"], "date": night, "rate": 10000 + day, "min_stay_arrival": 1,
         "min_stay_through": 1, "max_stay": 0, "closed_to_arrival": False, "closed_to_departure": False,
         "stop_sell": False}
        for room in hotel["room_types"] for plan in room["rate_plans"] for day, night in enumerate(nights)
    ]  # fmt: skip

    started = time.monotonic()
    channex.post("/availability", {"values": free})
    channex.post("/restrictions", {"values": rates})
    took = time.monotonic() - started

    counts = channex.sim(f"/journal/counts?property_id={hotel['id']}")["by_endpoint"]
    assert counts == {"POST /api/v1/availability": 1, "POST /api/v1/restrictions": 1}
    assert took < 5
