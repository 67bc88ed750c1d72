"""`POST /bookings` and `DELETE`: a verdict per item, and always a 201."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.beds24.conftest import ALL, Beds, room_of


def test_a_new_booking_answers_with_its_number(beds: Beds) -> None:
    room = room_of(beds.hotel())

    [verdict] = beds.post("/bookings", [beds.stay(room, custom10="chp:7c")])

    made = verdict["new"]
    assert verdict["success"] is True
    assert verdict["info"] == [{"action": "new booking", "id": made["id"], "message": "added new booking"}]
    assert (made["roomId"], made["status"], made["unitId"], made["custom10"]) == (room, "confirmed", 1, "chp:7c")
    assert "errors" not in verdict


def test_a_refused_item_is_a_201_with_a_failure_inside(beds: Beds) -> None:
    room = room_of(beds.hotel())
    dateless = {"roomId": room, "departure": beds.night(4)}

    answer = beds.call("POST", "/bookings", [dateless, beds.stay(room)])

    assert answer.status_code == 201
    refused, made = answer.json()
    assert refused == {
        "success": False, "errors": [{"action": "new booking", "field": "arrival", "message": "invalid"}],
    }  # fmt: skip
    assert made["success"] is True
    assert len(beds.bookings()) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"roomId": 1}, "roomId"),
        ({"arrival": "2027-13-01"}, "arrival"),
        ({"departure": "2020-01-01"}, "departure"),
        ({"status": "checkedin"}, "status"),
        ({"numAdult": -1}, "numAdult"),
        ({"email": "nobody"}, "email"),
        ({"firstName": "x" * 101}, "firstName"),
        ({"flagColor": "red"}, "flagColor"),
        ({"price": -5}, "price"),
    ],
)
def test_a_value_a_field_cannot_hold_refuses_the_item(beds: Beds, change: dict[str, Any], field: str) -> None:
    room = room_of(beds.hotel())

    [verdict] = beds.post("/bookings", [{**beds.stay(room), **change}])

    assert verdict["success"] is False
    assert [each["field"] for each in verdict["errors"]] == [field]
    assert beds.bookings() == []


def test_an_item_with_an_id_changes_only_what_it_names(beds: Beds) -> None:
    room = room_of(beds.hotel())
    booking = beds.book(room, notes="late")
    [before] = beds.bookings(id=booking)
    beds.advance(5)

    [verdict] = beds.post("/bookings", [{"id": booking, "departure": beds.night(7), "flagText": "In house"}])

    [after] = beds.bookings(id=booking)
    assert verdict == {
        "success": True, "modified": {"id": booking, "departure": beds.night(7), "flagText": "In house"},
    }  # fmt: skip
    assert (after["notes"], after["arrival"], after["bookingTime"]) == (
        "late",
        before["arrival"],
        before["bookingTime"],
    )
    assert after["modifiedTime"] > before["modifiedTime"]
    assert beds.left(room, 6) == 1


def test_a_cancelled_booking_gives_its_room_back_and_has_no_time_of_cancellation(beds: Beds) -> None:
    room = room_of(beds.hotel())
    booking = beds.book(room)

    beds.post("/bookings", [{"id": booking, "status": "cancelled"}])

    [row] = beds.bookings(id=booking)
    assert (row["status"], row["cancelTime"]) == ("cancelled", None)
    assert beds.left(room, 3) == 2


@pytest.mark.parametrize(
    ("status", "left"), [("new", 1), ("request", 1), ("black", 1), ("inquiry", 2), ("cancelled", 2)]
)
def test_a_status_takes_a_room_or_not(beds: Beds, status: str, left: int) -> None:
    room = room_of(beds.hotel())

    beds.book(room, status=status)

    assert beds.left(room, 3) == left


def test_creates_and_updates_mix_in_one_call(beds: Beds) -> None:
    room = room_of(beds.hotel())
    booking = beds.book(room)

    verdicts = beds.post("/bookings", [{"id": booking, "notes": "x"}, beds.stay(room), {"id": 1, "notes": "y"}])

    assert [("new" in each, "modified" in each, each["success"]) for each in verdicts] == [
        (False, True, True), (True, False, True), (False, False, False),
    ]  # fmt: skip
    assert verdicts[2]["errors"][0]["field"] == "id"


def test_the_same_body_twice_makes_two_bookings(beds: Beds) -> None:
    room = room_of(beds.hotel())
    body = [beds.stay(room, custom10="chp:same")]

    beds.post("/bookings", body)
    beds.post("/bookings", body)

    assert [row["custom10"] for row in beds.bookings()] == ["chp:same", "chp:same"]


def test_a_full_room_is_oversold_unless_the_availability_is_checked(beds: Beds) -> None:
    room = room_of(beds.hotel())
    for _ in range(2):
        beds.book(room)

    [checked] = beds.post("/bookings", [beds.stay(room, actions={"checkAvailability": True})])
    [silent] = beds.post("/bookings", [beds.stay(room)])

    assert (checked["success"], "new" in checked) == (False, False)
    assert silent["success"] is True
    assert silent["new"]["unitId"] is None
    assert beds.control("/ledger")["oversold"][0]["sold"] == 3


def test_a_group_is_made_of_all_items_that_ask_for_it(beds: Beds) -> None:
    room = room_of(beds.hotel())
    together = {"actions": {"makeGroup": True}}

    verdicts = beds.post("/bookings", [beds.stay(room, **together), beds.stay(room, **together), beds.stay(room)])

    first, second, alone = (each["new"]["id"] for each in verdicts)
    rows = {row["id"]: row for row in beds.bookings(includeBookingGroup="true")}
    assert [rows[each]["masterId"] for each in (first, second, alone)] == [first, first, None]
    assert rows[second]["bookingGroup"] == {"master": first, "ids": [first, second]}
    assert {row["id"] for row in beds.bookings(masterId=first)} == {first, second}


def test_a_booking_leaves_its_group_with_null_and_joins_with_a_number(beds: Beds) -> None:
    room = room_of(beds.hotel())
    first, second = beds.book(room), beds.book(room)

    beds.post("/bookings", [{"id": second, "masterId": first}])
    joined = [row["masterId"] for row in beds.bookings()]
    beds.post("/bookings", [{"id": second, "masterId": None}])

    assert joined == [first, first]
    assert beds.bookings(id=second)[0]["masterId"] is None


def test_read_only_fields_are_ignored_without_a_word(beds: Beds) -> None:
    room = room_of(beds.hotel())

    [verdict] = beds.post("/bookings", [beds.stay(room, referer="Portal", apiReference="A1", nonsense=1)])
    [row] = beds.bookings()

    assert verdict["success"] is True
    assert (row["referer"], row["apiReference"]) == ("API", "")
    assert "warnings" not in verdict


def test_read_only_fields_can_be_warned_of_or_stored(beds: Beds) -> None:
    room = room_of(beds.hotel())
    beds.control("/switches", {"read_only_fields": "warn"})
    [warned] = beds.post("/bookings", [beds.stay(room, reference="R1")])
    beds.control("/switches", {"read_only_fields": "store"})
    [stored] = beds.post("/bookings", [beds.stay(room, reference="R1")])

    assert (warned["success"], warned["warnings"][0]["field"]) == (True, "reference")
    assert beds.bookings(id=stored["new"]["id"])[0]["reference"] == "R1"


def test_subitems_are_added_changed_and_deleted(beds: Beds) -> None:
    room = room_of(beds.hotel())
    booking = beds.book(room, invoiceItems=[{"description": "Stay", "amount": 100}, {"type": "payment", "amount": 30}])

    def lines() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = beds.bookings(id=booking, includeInvoiceItems="true")[0]["invoiceItems"]
        return rows

    stay, payment = lines()
    beds.post("/bookings", [{"id": booking, "invoiceItems": [{"id": stay["id"], "amount": 90}, {"id": payment["id"]}]}])
    beds.post("/bookings", [{"id": booking, "invoiceItems": [{"description": "Parking", "qty": 2, "amount": 8}]}])

    assert (payment["type"], payment["subType"]) == ("payment", 204)
    assert [(each["description"], each["lineTotal"]) for each in lines()] == [("Stay", 90), ("Parking", 16)]


def test_a_bad_subitem_fails_the_item_though_the_booking_is_made(beds: Beds) -> None:
    room = room_of(beds.hotel())

    [verdict] = beds.post("/bookings", [beds.stay(room, invoiceItems=[{"type": "gift"}])])

    assert verdict["success"] is False
    assert [row["id"] for row in beds.bookings()] == [verdict["new"]["id"]]


def test_a_charge_is_made_of_the_price_only_when_asked(beds: Beds) -> None:
    room = room_of(beds.hotel())
    plain = beds.book(room, price=80)
    charged = beds.book(room, price=80, actions={"autoInvoiceItemCharge": True})

    rows = {row["id"]: row["invoiceItems"] for row in beds.bookings(includeInvoiceItems="true")}

    assert rows[plain] == []
    assert [each["lineTotal"] for each in rows[charged]] == [80]


def test_a_moved_booking_gets_a_unit_of_its_new_room(beds: Beds) -> None:
    rooms = [{"title": name, "units": 2, "rate_plans": [{"rate": 10_000}]} for name in ("Double", "Twin")]
    hotel = beds.hotel(room_types=rooms)
    double, twin = room_of(hotel), room_of(hotel, 1)
    beds.book(twin)
    booking = beds.book(double)

    beds.post("/bookings", [{"id": booking, "roomId": twin}])

    assert beds.bookings(id=booking)[0]["unitId"] == 2
    assert (beds.left(double, 3), beds.left(twin, 3)) == (2, 0)


def test_a_deleted_booking_is_gone(beds: Beds) -> None:
    room = room_of(beds.hotel())
    booking = beds.book(room)

    answer = beds.call("DELETE", "/bookings", params={"id": [booking, 1]})

    assert answer.status_code == 201
    assert [each["success"] for each in answer.json()] == [True, False]
    assert beds.bookings(id=booking, status=ALL) == []
    assert beds.left(room, 3) == 2


@pytest.mark.parametrize(("body", "words"), [({"roomId": 1}, "Request body must be an array"), (None, "Request body")])
def test_a_body_that_is_no_array_is_a_bad_request(beds: Beds, body: Any, words: str) -> None:
    beds.hotel()

    answer = beds.call("POST", "/bookings", body)

    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert answer.json()["error"].startswith(words)
