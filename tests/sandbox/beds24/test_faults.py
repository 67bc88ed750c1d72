"""What goes wrong on demand, and the journal of it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.beds24.conftest import Beds, room_of


def test_faults_of_beds24_leave_channex_alone_and_the_other_way_round(beds: Beds) -> None:
    beds.hotel()
    beds.control("/faults", {"kind": "status", "status": 503})
    channex = {"headers": {"user-api-key": "test-key"}, "timeout": 5}

    down = beds.call("GET", "/properties").status_code
    up = requests.get(f"{beds.url}/api/v1/properties", **channex).status_code
    beds.session.delete(f"{beds.url}/_sim/beds24/faults", timeout=5)
    beds.sim("/faults", {"kind": "status", "status": 503})

    assert (down, up) == (503, 200)
    assert beds.call("GET", "/properties").status_code == 200
    assert requests.get(f"{beds.url}/api/v1/properties", **channex).status_code == 503


@pytest.mark.parametrize("status", [401, 429, 500])
def test_an_error_looks_like_beds24s_own(beds: Beds, status: int) -> None:
    beds.hotel()
    beds.control("/faults", {"kind": "status", "status": status, "times": 1})

    answer = beds.call("GET", "/properties")

    assert (answer.status_code, answer.json()["code"], answer.json()["type"]) == (status, status, "error")
    assert ("x-five-min-limit-resets-in" in answer.headers) is (status == 429)
    assert "Retry-After" not in answer.headers
    assert beds.call("GET", "/properties").status_code == 200


def test_a_fault_strikes_one_property_even_where_only_a_room_or_booking_is_named(beds: Beds) -> None:
    sick = beds.hotel()
    booking = beds.book(room_of(sick))
    well = beds.control("/provision", {"properties": [{"title": "Other", "owner_id": sick["owner_id"]}]})
    room = beds.post("/properties", [{"id": well["properties"][0]["id"], "roomTypes": [{"name": "Twin"}]}])
    healthy = room[0]["modified"]["roomTypes"][0]["id"]
    beds.control("/faults", {"kind": "status", "status": 500, "match": {"property_id": sick["id"]}})

    def pushed(room_id: int) -> int:
        body = [{"roomId": room_id, "calendar": [beds.span(3, numAvail=1)]}]
        return beds.call("POST", "/inventory/rooms/calendar", body).status_code

    assert (pushed(room_of(sick)), pushed(healthy)) == (500, 201)
    assert beds.call("POST", "/bookings", [{"id": booking, "notes": "x"}]).status_code == 500


def test_a_write_can_be_done_without_an_answer(beds: Beds) -> None:
    room = room_of(beds.hotel())
    match = {"method": "POST", "path_prefix": "/bookings"}
    beds.control("/faults", {"kind": "commit_then_timeout", "match": match, "times": 1, "delay": 0.1})

    with pytest.raises(requests.ConnectionError):
        beds.call("POST", "/bookings", [beds.stay(room, custom10="chp:lost")])

    rows = beds.bookings(roomId=room, arrival=beds.night(3), departure=beds.night(5))
    assert [row["custom10"] for row in rows] == ["chp:lost"]


def test_some_rooms_of_a_batch_fail_and_succeed_the_next_time(beds: Beds) -> None:
    rooms = [{"title": f"Room {at}", "rate_plans": [{"rate": 10_000}]} for at in range(5)]
    hotel = beds.hotel(room_types=rooms)
    ids = [room_of(hotel, at) for at in range(5)]
    beds.control("/quirks", {"kind": "refuse", "path": "/inventory/rooms/calendar", "room_ids": ids[:3], "times": 3})
    body = [{"roomId": each, "calendar": [beds.span(3, price1=91)]} for each in ids]

    first = beds.post("/inventory/rooms/calendar", body)
    second = beds.post("/inventory/rooms/calendar", body)

    assert [each["success"] for each in first] == [False, False, False, True, True]
    assert [each["success"] for each in second] == [True] * 5
    assert beds.control("/quirks")["quirks"][0]["struck"] == 3


def test_a_write_can_succeed_without_effect(beds: Beds) -> None:
    room = room_of(beds.hotel())
    beds.control("/quirks", {"kind": "no_effect", "times": 2})

    pushed = beds.push(room, beds.span(3, price1=70))
    [booked] = beds.post("/bookings", [beds.stay(room)])

    assert (pushed, booked) == ({"success": True}, {"success": True})
    assert beds.bookings() == []
    assert beds.calendar(room, beds.night(3), beds.night(3), "Prices")[0]["price1"] == 100


def test_a_write_can_be_partial_with_a_warning(beds: Beds) -> None:
    room = room_of(beds.hotel())
    beds.control("/quirks", {"kind": "warn", "field": "minStay", "times": 1})

    verdict = beds.push(room, beds.span(3, price1=70, minStay=4))

    assert verdict["success"] is True
    assert verdict["warnings"][0]["field"] == "minStay"
    cell = beds.calendar(room, beds.night(3), beds.night(3), "Prices", "MinStay")[0]
    assert (cell["price1"], cell["minStay"]) == (70, 1)


def test_a_read_can_be_stale(beds: Beds) -> None:
    room = room_of(beds.hotel())
    before = beds.left(room, 3)
    beds.control("/quirks", {"kind": "stale", "times": 1})
    beds.book(room)

    assert (before, beds.left(room, 3), beds.left(room, 3)) == (2, 2, 1)


@pytest.mark.parametrize("rule", [{"kind": "explode"}, {"kind": "warn"}, {"kind": "refuse", "times": "often"}])
def test_a_quirk_that_cannot_be_followed_is_refused(beds: Beds, rule: dict[str, Any]) -> None:
    assert "error" in beds.control("/quirks", rule, status=(422,))


def test_the_journal_knows_each_call_by_its_address_whatever_the_base(beds: Beds) -> None:
    hotel = beds.hotel()
    room = room_of(hotel)
    beds.push(room, beds.span(3, numAvail=1))
    beds.call("GET", "/bookings", params={"propertyId": hotel["id"]}, base="/api/v2")

    calls = beds.control(f"/journal?property_id={hotel['id']}")["calls"]
    counts = beds.control("/journal/counts")["by_endpoint"]

    assert [each["endpoint"] for each in calls] == ["POST /inventory/rooms/calendar", "GET /bookings"]
    assert '"numAvail":1' in calls[0]["request_body"].replace(" ", "")
    assert counts["GET /authentication/setup"] == 1
    assert beds.sim("/journal")["calls"] == []
