"""The OTAs sell from the calendar they were sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.beds24.conftest import Beds, room_of


def sell(beds: Beds, hotel: Any, **more: Any) -> Any:
    return beds.control(f"/ota/{hotel['id']}/book", {"ota": "BDC", "check_in": beds.night(3), **more})


def refusal(beds: Beds, hotel: Any, **more: Any) -> Any:
    asked = {"ota": "booking", "check_in": beds.night(3), **more}
    return beds.control(f"/ota/{hotel['id']}/book", asked, status=(409,))["reason"]


def test_a_guest_books_and_beds24_holds_the_booking(beds: Beds) -> None:
    hotel = beds.hotel()

    sold = sell(beds, hotel, nights=2, message="Late arrival")

    [row] = beds.bookings()
    assert (row["id"], row["apiReference"], row["status"]) == (sold["booking_id"], sold["code"], "new")
    assert (row["channel"], row["apiSourceId"], row["apiSource"], row["referer"]) == (
        "booking", 19, "Booking.com", "Booking.com",
    )  # fmt: skip
    assert (row["price"], row["commission"], row["apiMessage"]) == (200, 30, "Late arrival")
    assert row["rateDescription"] == f"{beds.night(3)} 100\n{beds.night(4)} 100"
    assert beds.left(room_of(hotel), 3) == 1


def test_several_rooms_are_a_booking_each_in_one_group_with_one_reference(beds: Beds) -> None:
    hotel = beds.hotel()

    sold = sell(beds, hotel, rooms=2)

    rows = beds.bookings(apiReference=sold["code"], includeBookingGroup="true")
    master = sold["booking_ids"][0]
    assert [row["masterId"] for row in rows] == [master, master]
    assert [row["unitId"] for row in rows] == [1, 2]
    assert rows[1]["bookingGroup"] == {"master": master, "ids": sold["booking_ids"]}


def test_companions_are_read_when_guests_are_included(beds: Beds) -> None:
    hotel = beds.hotel()

    sell(beds, hotel, companions=[{"firstName": "Bo", "lastName": "Example"}], fields={"status": "request"})

    [row] = beds.bookings(includeGuests="true")
    assert row["status"] == "request"
    assert [each["firstName"] for each in row["guests"]] == ["Bo"]


@pytest.mark.parametrize(
    ("cell", "stay", "reason"),
    [
        ({"numAvail": 0}, {}, "no_availability"),
        ({"override": "blackout"}, {}, "closed"),
        ({"override": "noCheckIn"}, {}, "no_arrival"),
        ({"price1": None}, {}, "no_price"),
        ({"minStay": 3}, {"nights": 2}, "min_stay"),
        ({"maxStay": 1}, {"nights": 2}, "max_stay"),
        ({"channels": {"booking": {"maxBookings": 0}}}, {}, "channel_full"),
        ({}, {"guests": 5}, "too_many_guests"),
        ({}, {"ota": "expedia"}, "not_connected"),
        ({}, {"check_in": "2020-01-01"}, "past"),
    ],
)
def test_a_guest_is_refused_what_the_calendar_forbids(
    beds: Beds, cell: dict[str, Any], stay: dict[str, Any], reason: str
) -> None:
    hotel = beds.hotel()
    beds.push(room_of(hotel), beds.span(3, **cell))

    assert refusal(beds, hotel, **stay) == reason
    assert beds.bookings() == []


def test_nobody_leaves_on_a_day_closed_to_departure(beds: Beds) -> None:
    hotel = beds.hotel()
    beds.push(room_of(hotel), beds.span(4, override="noCheckOut"))

    assert refusal(beds, hotel, nights=1) == "no_departure"
    assert sell(beds, hotel, nights=2)["sold"] is True


def test_the_last_room_is_sold_once_and_forced_sales_are_oversold(beds: Beds) -> None:
    hotel = beds.hotel()
    for _ in range(2):
        sell(beds, hotel)

    full = refusal(beds, hotel)
    sell(beds, hotel, force=True)

    ledger = beds.control(f"/ledger?property_id={hotel['id']}")
    assert full == "no_availability"
    assert beds.left(room_of(hotel), 3) == -1
    assert [(each["night"], each["sold"], each["units"]) for each in ledger["oversold"]] == [(beds.night(3), 3, 2)]
    assert [each["forced"] for each in ledger["sold"]] == [False, False, True]


def test_a_guest_changes_and_cancels(beds: Beds) -> None:
    hotel = beds.hotel()
    sold = sell(beds, hotel)
    beds.advance(3)

    moved = beds.control(f"/ota/{hotel['id']}/modify", {"code": sold["code"], "check_in": beds.night(5), "nights": 2})
    changed = beds.bookings()[0]
    beds.control(f"/ota/{hotel['id']}/cancel", {"booking_id": sold["booking_id"]})

    [row] = beds.bookings(id=sold["booking_id"])
    assert (moved["check_in"], moved["check_out"], moved["amount"]) == (beds.night(5), beds.night(7), 200)
    assert changed["modifiedTime"] > changed["bookingTime"]
    assert (row["status"], row["subStatus"]) == ("cancelled", "cancelledByGuest")
    assert row["cancelTime"] is not None
    history = beds.control("/ledger")["sold"][0]["revisions"]
    assert [each["status"] for each in history] == ["new", "modified", "cancelled"]


def test_the_ota_still_holds_what_a_client_cancelled_at_beds24(beds: Beds) -> None:
    hotel = beds.hotel()
    sold = sell(beds, hotel)

    beds.post("/bookings", [{"id": sold["booking_id"], "status": "cancelled"}])

    [row] = beds.control("/ledger")["bookings"]
    assert (row["status"], row["ota_status"]) == ("cancelled", "new")


def test_the_control_panel_makes_changes_and_deletes(beds: Beds) -> None:
    room = room_of(beds.hotel())

    booking = beds.control("/panel", {"roomId": room, "firstName": "Desk", "nights": 2})["booking_id"]
    shown = beds.control(f"/panel/{booking}", {"status": "request", "fields": {"subStatus": "noShow"}})
    gone = beds.session.delete(f"{beds.url}/_sim/beds24/panel/{booking}", timeout=5)

    assert (shown["referer"], shown["status"], shown["subStatus"]) == ("Control panel", "request", "noShow")
    assert gone.status_code == 200
    assert beds.bookings(id=booking) == []


def test_guests_and_hosts_write_to_each_other(beds: Beds) -> None:
    hotel = beds.hotel()
    sold = sell(beds, hotel)
    own = beds.book(room_of(hotel))

    beds.control(f"/ota/{hotel['id']}/message", {"code": sold["code"], "message": "Is there parking?"})
    sent, refused = beds.post(
        "/bookings/messages",
        [{"bookingId": sold["booking_id"], "message": "Yes"}, {"bookingId": own, "message": "Hello"}],
    )
    unread = beds.get("/bookings/messages", filter="unread", bookingId=sold["booking_id"])["data"]
    marked = beds.call("PATCH", "/bookings/messages", {"read": True}, params={"bookingId": sold["booking_id"]})

    assert (sent["success"], refused["success"]) == (True, False)
    assert [(each["source"], each["message"]) for each in unread] == [("guest", "Is there parking?")]
    assert len(unread[0]) == 9
    assert marked.status_code == 200
    assert beds.get("/bookings/messages", filter="unread")["data"] == []


def test_the_seed_has_what_the_reference_asks_for(beds: Beds) -> None:
    made = beds.control("/seed", {})
    beds.connect(made["code"])

    properties = beds.get("/properties", includeAllRooms="true", includePriceRules="true")["data"]
    rows = beds.bookings()

    rooms = [room for place in properties for room in place["roomTypes"]]
    assert [place["currency"] for place in properties] == ["EUR", "PLN"]
    assert [unit["id"] for unit in rooms[0]["units"]] == [1, 2, 3, 4]
    assert rooms[0]["priceRules"][1]["priceLinking"]["priceId"] == 1
    assert {row["status"] for row in rows} == {"confirmed", "request", "new", "cancelled", "black", "inquiry"}
    assert len([row for row in rows if row["masterId"]]) == 2
