"""The OTAs sell from what they were sent, and only lag or force makes them oversell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client


@pytest.fixture
def hotel(channex: Client) -> Any:
    return channex.hotel()


def book(channex: Client, hotel: Any, **more: Any) -> Any:
    given = {"ota": "EXP", "check_in": channex.night(5), "nights": 2, **more}
    return channex.sim(f"/ota/{hotel['id']}/book", given, status=(201, 409))


def edit(channex: Client, hotel: Any, day: int, **fields: Any) -> None:
    [room] = hotel["room_types"]
    key = {"room_type_id": room["id"]} if "availability" in fields else {"rate_plan_id": room["rate_plans"][0]["id"]}
    channex.sim(f"/calendar/{hotel['id']}", {"cells": [{"date": channex.night(day), **key, **fields}]})


@pytest.mark.parametrize(
    ("day", "fields", "reason"),
    [
        (6, {"availability": 0}, "no_availability"),
        (6, {"stop_sell": True}, "closed"),
        (5, {"closed_to_arrival": True}, "closed_to_arrival"),
        (7, {"closed_to_departure": True}, "closed_to_departure"),
        (5, {"min_stay_arrival": 3}, "min_stay"),
        (6, {"min_stay_through": 3}, "min_stay"),
        (5, {"max_stay": 1}, "max_stay"),
    ],
)
def test_the_ota_keeps_to_the_calendar(
    channex: Client, hotel: Any, day: int, fields: dict[str, Any], reason: str
) -> None:
    edit(channex, hotel, day, **fields)

    refused = book(channex, hotel, rate_plan="Flexible")
    drilled = book(channex, hotel, rate_plan="Flexible", force=True)

    assert (refused["sold"], refused["reason"]) == (False, reason)
    assert drilled["sold"] is True


def test_restrictions_of_other_nights_do_not_matter(channex: Client, hotel: Any) -> None:
    edit(channex, hotel, 6, closed_to_arrival=True, max_stay=1)
    edit(channex, hotel, 7, stop_sell=True)
    edit(channex, hotel, 7, availability=0)

    assert book(channex, hotel, rate_plan="Flexible")["sold"] is True


def test_the_last_room_is_sold_once(channex: Client, hotel: Any) -> None:
    sold = [book(channex, hotel, ota=ota)["sold"] for ota in ("BDC", "EXP", "AGO")]

    assert sold == [True, True, False]
    assert channex.sim("/ledger")["oversold"] == []


def test_overbooking_shows_in_the_ledger(channex: Client, hotel: Any) -> None:
    for _ in range(3):
        book(channex, hotel, force=True)

    ledger = channex.sim(f"/ledger?property_id={hotel['id']}")

    assert [row["forced"] for row in ledger["bookings"]] == [True] * 3
    assert [(row["night"], row["sold"], row["units"]) for row in ledger["oversold"]] == [
        (channex.night(5), 3, 2), (channex.night(6), 3, 2),
    ]  # fmt: skip


def test_the_ledger_follows_a_booking_through_its_life(channex: Client, hotel: Any) -> None:
    sold = book(channex, hotel)
    channex.sim(f"/ota/{hotel['id']}/modify", {"code": sold["code"], "nights": 3})
    channex.sim(f"/ota/{hotel['id']}/cancel", {"code": sold["code"]})
    channex.post(f"/booking_revisions/{sold['revision_id']}/ack")

    [entry] = channex.sim("/ledger")["bookings"]

    assert (entry["status"], entry["check_out"], entry["ota"]) == ("cancelled", channex.night(8), "EXP")
    assert [(each["status"], each["acked"]) for each in entry["revisions"]] == [
        ("new", True), ("modified", False), ("cancelled", False),
    ]  # fmt: skip


def test_a_stay_can_move_over_its_own_nights_but_not_into_a_full_house(channex: Client, hotel: Any) -> None:
    sold = book(channex, hotel)
    book(channex, hotel, nights=1)
    edit(channex, hotel, 8, availability=0)

    longer = {"code": sold["code"], "nights": 3}
    fits = channex.sim(f"/ota/{hotel['id']}/modify", longer)
    full = channex.sim(f"/ota/{hotel['id']}/modify", {"code": sold["code"], "nights": 4}, status=(409,))

    assert (fits["check_in"], fits["check_out"], fits["amount"]) == (channex.night(5), channex.night(8), "300.00")
    assert (full["reason"], full["detail"]) == ("no_availability", channex.night(8))


def test_a_cancelled_booking_stays_cancelled(channex: Client, hotel: Any) -> None:
    code = book(channex, hotel)["code"]
    cancelled = channex.sim(f"/ota/{hotel['id']}/cancel", {"code": code, "fee": "50.00"})

    again = channex.sim(f"/ota/{hotel['id']}/cancel", {"code": code}, status=(409,))

    assert cancelled["amount"] == "50.00"
    assert again["reason"] == "already_cancelled"


def test_several_rooms_come_as_one_booking(channex: Client, hotel: Any) -> None:
    sold = book(channex, hotel, rooms=2)
    third = book(channex, hotel)

    assert (len(sold["rooms"]), sold["amount"]) == (2, "400.00")
    assert third["reason"] == "no_availability"


def test_a_party_too_large_for_the_room_is_not_sold(channex: Client, hotel: Any) -> None:
    assert book(channex, hotel, guests=3)["reason"] == "not_connected"


def test_an_ota_without_an_active_channel_sells_nothing(channex: Client) -> None:
    hotel = channex.hotel(channels=["BDC"])
    [channel] = channex.get("/channels")["data"]

    expedia = book(channex, hotel, ota="EXP")
    channex.sim(f"/channels/{channel['id']}/deactivate", {})
    booking_com = book(channex, hotel, ota="BDC")

    assert (expedia["reason"], booking_com["reason"]) == ("not_connected", "not_connected")


def test_a_price_of_zero_is_never_sold(channex: Client) -> None:
    hotel = channex.hotel(open=False)
    edit(channex, hotel, 5, availability=2)
    edit(channex, hotel, 6, availability=2)
    plans = hotel["room_types"][0]["rate_plans"]
    free = channex.hotel(
        title="Free", open=False, room_types=[{"title": "D", "units": 1, "rate_plans": [{"title": "B"}]}]
    )
    edit(channex, free, 5, availability=1)

    sold = book(channex, hotel)
    unpriced = book(channex, free, nights=1)

    assert sold["rooms"][0]["rate_plan_id"] == plans[0]["id"]
    assert unpriced["reason"] == "no_price"


@pytest.mark.parametrize(
    ("ota", "name"), [("BDC", "BookingCom"), ("EXP", "A-Expedia"), ("ABB", "Airbnb"), ("AGO", "Agoda")]
)
def test_each_ota_books_in_its_own_name(channex: Client, hotel: Any, ota: str, name: str) -> None:
    sold = book(channex, hotel, ota=ota)

    have = channex.get(f"/booking_revisions/{sold['revision_id']}")["data"]["attributes"]
    assert (have["ota_name"], have["unique_id"][:4]) == (name, f"{ota}-")
    assert have["channel_id"] is not None
