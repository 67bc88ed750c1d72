"""The calendar: compressed reads, a verdict per room, and its traps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.beds24.conftest import Beds, room_of


def test_nothing_included_is_nothing_read(beds: Beds) -> None:
    room = room_of(beds.hotel())

    answer = beds.get("/inventory/rooms/calendar", roomId=room, startDate=beds.night(1), endDate=beds.night(5))

    assert answer["type"] == "calendar"
    assert answer["data"][0]["calendar"] == []
    assert answer["pages"] == {"nextPageExists": False, "nextPageLink": None}


def test_equal_days_are_one_range_with_both_ends_included(beds: Beds) -> None:
    hotel = beds.hotel()
    room = room_of(hotel)
    beds.push(room, beds.span(3, 4, price1=129.5, minStay=2))

    ranges = beds.calendar(room, beds.night(1), beds.night(6), "NumAvail", "Prices", "MinStay", "MaxStay", "Override")

    plain = {"numAvail": 2, "minStay": 1, "maxStay": 365, "override": "none", "price1": 100}
    assert ranges == [
        {"from": beds.night(1), "to": beds.night(2), **plain},
        {"from": beds.night(3), "to": beds.night(4), **plain, "minStay": 2, "price1": 129.5},
        {"from": beds.night(5), "to": beds.night(6), **plain},
    ]


def test_what_is_left_is_net_of_bookings_and_may_be_negative(beds: Beds) -> None:
    room = room_of(beds.hotel())

    left = [beds.left(room, 3)]
    for _ in range(3):
        beds.book(room)
        left.append(beds.left(room, 3))

    assert left == [2, 1, 0, -1]


def test_a_written_number_is_what_remains_and_moves_with_later_bookings(beds: Beds) -> None:
    room = room_of(beds.hotel())
    first = beds.book(room)

    verdict = beds.push(room, beds.span(3, numAvail=5))
    second = beds.book(room)
    booked = beds.left(room, 3)
    beds.post("/bookings", [{"id": each, "status": "cancelled"} for each in (first, second)])

    assert verdict["success"] is True
    assert verdict["modified"]["roomId"] == room
    assert (booked, beds.left(room, 3)) == (4, 6)


def test_a_blackout_reads_as_nothing_left(beds: Beds) -> None:
    room = room_of(beds.hotel())

    beds.push(room, beds.span(3, override="blackout"))

    assert beds.left(room, 3) == 0


def test_a_blackout_lifted_without_a_number_sells_every_unit(beds: Beds) -> None:
    room = room_of(beds.hotel())
    beds.push(room, beds.span(3, 4, numAvail=1))
    beds.push(room, beds.span(3, 4, override="blackout"))

    beds.push(room, beds.span(3, override="none"))
    beds.push(room, beds.span(4, override="none", numAvail=1))

    assert (beds.left(room, 3), beds.left(room, 4)) == (2, 1)


def test_a_night_without_a_price_is_closed(beds: Beds) -> None:
    room = room_of(beds.hotel())

    beds.push(room, beds.span(3, price1=None))
    closed = beds.left(room, 3)
    beds.push(room, beds.span(3, price2=80))

    assert (closed, beds.left(room, 3)) == (0, 2)


def test_fields_that_are_not_sent_stay(beds: Beds) -> None:
    room = room_of(beds.hotel())
    beds.push(room, beds.span(3, numAvail=1, minStay=3, override="noCheckIn", multiplier=1.5))

    beds.push(room, beds.span(3, price1=90))

    [cell] = beds.calendar(
        room, beds.night(3), beds.night(3), "NumAvail", "MinStay", "Override", "Multiplier", "Prices"
    )
    assert (cell["numAvail"], cell["minStay"], cell["override"], cell["multiplier"]) == (1, 3, "noCheckIn", 1.5)


def test_the_longest_stay_is_clamped_with_a_warning_and_null_is_ignored(beds: Beds) -> None:
    room = room_of(beds.hotel(room_types=[{"title": "Double", "maxStay": 30, "rate_plans": [{"rate": 10_000}]}]))

    high, zero, ignored = (
        beds.push(room, beds.span(day, maxStay=value)) for day, value in ((3, 99), (4, 0), (4, None))
    )

    found = [each["maxStay"] for each in beds.calendar(room, beds.night(3), beds.night(4), "MaxStay")]
    assert found == [30, 1]
    assert (high["success"], high["warnings"][0]["field"], zero["success"]) == (True, "maxStay", True)
    assert zero["warnings"]
    assert ignored == {"success": True}


def test_a_range_beyond_twenty_four_months_is_refused_and_the_others_are_written(beds: Beds) -> None:
    room = room_of(beds.hotel())

    verdict = beds.push(room, beds.span(3, price1=77), beds.span(700, 740, price1=88))

    assert verdict["success"] is False
    assert [each["message"] for each in verdict["errors"]] == ["invalid dates"]
    assert [each["from"] for each in verdict["modified"]["calendar"]] == [beds.night(3)]
    assert beds.calendar(room, beds.night(3), beds.night(3), "Prices")[0]["price1"] == 77


def test_days_gone_by_are_left_out_with_a_warning(beds: Beds) -> None:
    room = room_of(beds.hotel())

    verdict = beds.push(room, beds.span(-3, 1, price1=70))

    assert verdict["success"] is True
    assert verdict["warnings"][0]["action"] == "process inventory rooms calendar"
    assert verdict["modified"]["calendar"] == [{"from": beds.night(0), "to": beds.night(1), "price1": 70}]


def test_each_room_has_a_verdict_of_its_own(beds: Beds) -> None:
    room = room_of(beds.hotel())
    items: list[Any] = [
        {"roomId": room, "calendar": [beds.span(3, price1=91)]},
        {"roomId": 1, "calendar": [beds.span(3, price1=91)]},
        {"roomId": room, "calendar": [beds.span(4, override="shut")]},
        "nonsense",
    ]

    verdicts = beds.post("/inventory/rooms/calendar", items)

    assert [each["success"] for each in verdicts] == [True, False, False, False]
    assert [each["errors"][0]["field"] for each in verdicts[1:]] == ["roomId", "override", "roomId"]


def test_a_refused_range_changes_nothing(beds: Beds) -> None:
    room = room_of(beds.hotel())

    beds.push(room, beds.span(3, price1=55, minStay=0))

    assert beds.calendar(room, beds.night(3), beds.night(3), "Prices")[0]["price1"] == 100


def test_a_linked_price_shows_only_when_asked_for(beds: Beds) -> None:
    plans = [{"title": "Flexible", "rate": 10_000}, {"title": "Saver", "linked_to": 1, "multiplier": 0.9}]
    room = room_of(beds.hotel(room_types=[{"title": "Double", "rate_plans": plans}]))
    night = beds.night(3)

    own = beds.calendar(room, night, night, "Prices")[0]
    linked = beds.calendar(room, night, night, "Prices", "LinkedPrices")[0]

    assert own == {"from": night, "to": night, "price1": 100}
    assert linked == {"from": night, "to": night, "price1": 100, "price2": 90}


def test_a_channel_can_be_capped_and_freed(beds: Beds) -> None:
    room = room_of(beds.hotel())
    night = beds.night(3)

    beds.push(room, beds.span(3, channels={"airbnb": {"maxBookings": 1}}))
    capped = beds.calendar(room, night, night, "Prices", "Channels")[0]
    beds.push(room, beds.span(3, channels={"airbnb": {"maxBookings": None}}))

    assert capped["channels"] == {"airbnb": {"maxBookings": 1}}
    assert "channels" not in beds.calendar(room, night, night, "Prices", "Channels")[0]


def test_a_body_that_is_no_array_is_a_bad_request(beds: Beds) -> None:
    beds.hotel()

    answer = beds.call("POST", "/inventory/rooms/calendar", {"roomId": 1})

    assert answer.status_code == 400
    assert answer.json() == {"success": False, "type": "error", "code": 400, "error": "Request body must be an array"}


@pytest.mark.parametrize("params", [{}, {"startDate": "2027-01-01"}, {"startDate": "1.1.27", "endDate": "2027-01-02"}])
def test_a_read_needs_two_dates(beds: Beds, params: dict[str, str]) -> None:
    beds.hotel()

    assert beds.call("GET", "/inventory/rooms/calendar", params=params).status_code == 400


def test_availability_units_and_offers_follow_the_calendar(beds: Beds) -> None:
    room = room_of(beds.hotel())
    beds.book(room)
    beds.push(room, beds.span(4, override="noCheckIn"))
    days = {"roomId": room, "startDate": beds.night(3), "endDate": beds.night(4)}

    [open_] = beds.get("/inventory/rooms/availability", **days)["data"]
    [units] = beds.get("/inventory/rooms/unitBookings", **days)["data"]
    [offer] = beds.get("/inventory/rooms/offers", roomId=room, arrival=beds.night(3), departure=beds.night(5),
                       numAdults=2)["data"]  # fmt: skip

    assert open_["availability"] == {beds.night(3): True, beds.night(4): False}
    assert units["unitBookings"][beds.night(3)] == {"1": 1, "2": 0, "unassigned": 0}
    assert offer["offers"] == [{"offerId": 1, "offerName": "Flexible", "price": 200, "unitsAvailable": 1}]


def test_numbers_can_arrive_as_text(beds: Beds) -> None:
    room = room_of(beds.hotel())
    beds.control("/switches", {"numbers_as_text": True})

    [cell] = beds.calendar(room, beds.night(3), beds.night(3), "NumAvail", "Prices")

    assert (cell["numAvail"], cell["price1"]) == ("2", "100")
