"""`GET /bookings`: what it shows, hides and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.beds24.conftest import ALL, Beds, room_of

FIELDS = 70


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_a_booking_has_the_seventy_fields_of_a_captured_one(beds: Beds) -> None:
    hotel = beds.hotel()
    booking = beds.book(room_of(hotel), custom10="chp:1", price=120.5)

    answer = beds.get("/bookings", id=booking)

    [row] = answer["data"]
    assert (answer["success"], answer["type"], answer["count"]) == (True, "booking", 1)
    assert len(row) == FIELDS
    assert list(row)[:6] == ["id", "masterId", "propertyId", "roomId", "unitId", "roomQty"]
    shown = {name: row[name] for name in ("referer", "channel", "apiSourceId", "apiSource", "subStatus", "custom10")}
    assert shown == {"referer": "API", "channel": "direct", "apiSourceId": 0, "apiSource": "Direct",
                     "subStatus": "none", "custom10": "chp:1"}  # fmt: skip
    assert (row["propertyId"], row["unitId"], row["price"]) == (hotel["id"], 1, 120.5)
    assert row["bookingTime"] == row["modifiedTime"]
    assert row["modifiedTime"].endswith("Z") and len(row["modifiedTime"]) == 20
    assert (row["country2"], row["cancelTime"], row["notes"]) == (None, None, "")


def test_cancelled_bookings_are_hidden_until_asked_for(beds: Beds) -> None:
    room = room_of(beds.hotel())
    kept, gone = beds.book(room), beds.book(room)
    beds.post("/bookings", [{"id": gone, "status": "cancelled"}])

    assert ids(beds.get("/bookings")["data"]) == [kept]
    assert ids(beds.get("/bookings", includeCancelled="true")["data"]) == [kept]
    assert ids(beds.get("/bookings", status="cancelled")["data"]) == [gone]
    assert ids(beds.bookings()) == [kept, gone]
    assert ids(beds.get("/bookings", id=gone)["data"]) == [gone]


def test_without_a_date_only_arrivals_from_yesterday_to_a_year_ahead_are_read(beds: Beds) -> None:
    room = room_of(beds.hotel())
    old, recent, far = (beds.book(room, days=days) for days in (-10, -1, 400))

    assert ids(beds.bookings()) == [recent]
    assert ids(beds.bookings(arrivalFrom="2000-01-01")) == [old, recent, far]
    assert ids(beds.bookings(modifiedFrom="2000-01-01T00:00:00Z")) == [old, recent, far]
    assert ids(beds.bookings(id=[old, far])) == [old, far]
    beds.control("/switches", {"modified_lifts_window": False})
    assert ids(beds.bookings(modifiedFrom="2000-01-01")) == [recent]


def test_dates_times_and_names_narrow_the_list(beds: Beds) -> None:
    hotel = beds.hotel()
    room = room_of(hotel)
    first = beds.book(room, days=2, nights=2, lastName="Nightingale", email="flo@example.invalid")
    beds.advance(120)
    later = beds.sim("/clock")["now"][:19] + "Z"
    second = beds.book(room, days=5, nights=1)

    assert ids(beds.bookings(arrival=beds.night(2))) == [first]
    assert ids(beds.bookings(departure=beds.night(6))) == [second]
    assert ids(beds.bookings(arrivalTo=beds.night(4), departureFrom=beds.night(3))) == [first]
    assert ids(beds.bookings(arrivalFrom=beds.night(2), arrivalTo=beds.night(5))) == [first, second]
    assert ids(beds.bookings(modifiedFrom=later)) == [second]
    assert ids(beds.bookings(bookingTimeTo=later[:17] + "00Z", bookingTimeFrom="2000-01-01")) == [first]
    assert ids(beds.bookings(searchString="nightin")) == [first]
    assert ids(beds.bookings(searchString=str(second))) == [second]
    assert ids(beds.bookings(propertyId=hotel["id"], roomId=[room, 1])) == [first, second]
    assert ids(beds.bookings(propertyId=1)) == []
    assert ids(beds.bookings(channel="airbnb")) == []


@pytest.mark.parametrize(("kind", "days", "nights"), [("arrivals", 0, 1), ("departures", -2, 2), ("current", -1, 3)])
def test_a_filter_finds_who_moves_today(beds: Beds, kind: str, days: int, nights: int) -> None:
    room = room_of(beds.hotel())
    wanted = beds.book(room, days=days, nights=nights)
    beds.book(room, days=20)
    beds.post("/bookings", [beds.stay(room, days, nights, status="black")])

    assert ids(beds.get("/bookings", filter=kind)["data"]) == [wanted]


def test_pages_hold_a_hundred_and_say_whether_there_is_another(beds: Beds) -> None:
    hotel = beds.hotel()
    beds.control("/bookings", {"count": 101, "webhooks": False, "seed": 1})

    pages = [beds.get("/bookings", status=ALL, page=page) for page in (1, 2, 3)]

    assert [each["count"] for each in pages] == [100, 1, 0]
    assert [each["pages"]["nextPageExists"] for each in pages] == [True, False, False]
    assert pages[0]["pages"]["nextPageLink"].endswith("/bookings?page=2")
    assert pages[1]["pages"]["nextPageLink"] is None
    assert len({row["id"] for each in pages for row in each["data"]}) == 101
    assert {row["propertyId"] for row in pages[0]["data"]} == {hotel["id"]}


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"arrivalFrom": "P1D"}, "Parameter arrivalFrom is in an invalid format. Expected format: YYYY-MM-DD"),
        ({"status": "new,confirmed"}, "Parameter status"),
        ({"status": "bogus"}, "Parameter status"),
        ({"id": "1,2"}, "Parameter id"),
        ({"modifiedFrom": "yesterday"}, "Parameter modifiedFrom"),
        ({"filter": "tomorrow"}, "Parameter filter"),
        ({"includeGuests": "maybe"}, "Parameter includeGuests"),
        ({"page": "0"}, "Parameter page"),
    ],
)
def test_a_value_it_cannot_read_is_a_bad_request(beds: Beds, params: dict[str, str], words: str) -> None:
    beds.hotel()

    answer = beds.call("GET", "/bookings", params=params)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(words)
    assert (answer.json()["type"], answer.json()["success"]) == ("error", False)


def test_unknown_parameters_and_brackets_filter_nothing(beds: Beds) -> None:
    room = room_of(beds.hotel())
    both = [beds.book(room), beds.book(room)]

    assert ids(beds.get("/bookings", **{"status[]": "cancelled", "limit": "1", "lastModified": "x"})["data"]) == both


def test_an_unknown_booking_is_an_empty_list(beds: Beds) -> None:
    beds.hotel()

    assert beds.bookings(id=1) == []


def test_an_unknown_address_is_not_found(beds: Beds) -> None:
    beds.hotel()

    answer = beds.call("GET", "/bookings/90000001")

    assert (answer.status_code, answer.json()["code"]) == (404, 404)


def test_subitems_come_when_included(beds: Beds) -> None:
    room = room_of(beds.hotel())
    line = {"type": "charge", "description": "Stay", "qty": 3, "amount": 120}
    booking = beds.book(room, invoiceItems=[line], infoItems=[{"code": "CHECKIN", "text": "18:00"}])

    [plain] = beds.bookings(id=booking)
    [full] = beds.bookings(id=booking, includeInvoiceItems="true", includeInfoItems="true", includeGuests="true",
                           includeBookingGroup="true")  # fmt: skip
    [invoice] = beds.get("/bookings/invoices", bookingId=booking)["data"]

    assert "invoiceItems" not in plain
    [item] = full["invoiceItems"]
    assert (item["lineTotal"], item["subType"], item["bookingId"]) == (360, 7, booking)
    assert invoice["invoiceItems"] == [item]
    assert full["infoItems"][0]["code"] == "CHECKIN"
    assert (full["guests"], full["bookingGroup"]) == ([], None)
