"""Our own reservations at the wire: created once, changed, cancelled, looked for after a broken line."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from providers.beds24.client import Beds24
from providers.errors import Rejected, Retryable
from providers.http import Call, HttpClient
from providers.types import (
    BookingKind,
    Occupancy,
    OutgoingReservation,
    OutgoingRoom,
    Person,
    RoomVerdict,
    StayState,
    VerdictKind,
)
from tests.providers.beds24 import (
    BASE,
    NOW,
    PROPERTY,
    ROOM_TYPE,
    Clock,
    Store,
    make_beds24,
    make_booking,
    make_tokens,
    page,
)
from tests.providers.servers import answer, read_request, serving

BOOKINGS = f"{BASE}/bookings"
ACCEPTED, WARNED, REFUSED = VerdictKind.ACCEPTED, VerdictKind.WARNED, VerdictKind.REFUSED
ADA = Person(
    name="Ada",
    surname="Prova",
    email="ada@example.test",
    phone="+34 600",
    address="1 Rua",
    city="Porto",
    postal_code="4000",
    country="PT",
    language="PT",
    company="Prova Lda",
)


def make_room(**changes: Any) -> OutgoingRoom:
    room = OutgoingRoom(
        "room-1", None, ROOM_TYPE, date(2027, 3, 1), date(2027, 3, 4), Occupancy(2, 1, 1), Decimal("360.50")
    )
    return dataclasses.replace(room, **changes)


def make_reservation(*rooms: OutgoingRoom, **changes: Any) -> OutgoingReservation:
    kept = {"arrival_hour": "15:00", "guest_notes": "Late", "host_notes": "VIP"}
    return OutgoingReservation(PROPERTY, rooms or (make_room(),), ADA, **{**kept, **changes})


def made(identity: int) -> dict:
    info = [{"action": "new booking", "id": identity, "message": "added new booking"}]
    return {"success": True, "new": {"id": identity, "status": "confirmed"}, "info": info}


def modified(identity: int) -> dict:
    return {"success": True, "modified": {"id": identity}}


def push(wire, said, reservation: OutgoingReservation) -> tuple[RoomVerdict, ...]:
    wire.post(BOOKINGS, json=said, status=201)
    return make_beds24().push_reservation(reservation)


def sent(wire) -> list[dict]:
    return json.loads(wire.calls[-1].request.body)


def test_a_new_reservation_carries_our_key_and_everything_we_know(wire):
    (verdict,) = push(wire, [made(90000001)], make_reservation(make_room(unit=3)))

    assert verdict == RoomVerdict("room-1", "90000001", ACCEPTED)
    assert sent(wire) == [
        {
            "roomId": 555001,
            "status": "confirmed",
            "arrival": "2027-03-01",
            "departure": "2027-03-04",
            "numAdult": 2,
            "numChild": 2,
            "unitId": 3,
            "price": 360.5,
            "arrivalTime": "15:00",
            "comments": "Late",
            "notes": "VIP",
            "firstName": "Ada",
            "lastName": "Prova",
            "email": "ada@example.test",
            "mobile": "+34 600",
            "company": "Prova Lda",
            "address": "1 Rua",
            "city": "Porto",
            "postcode": "4000",
            "country2": "PT",
            "lang": "pt",
            "custom10": "chp:room-1",
            "actions": {"autoInvoiceItemCharge": True},
        }
    ]


def test_what_we_do_not_know_is_left_out_and_what_is_too_long_is_cut(wire):
    nobody = Person(name="x" * 300, email="not an address", country=None, language="portuguese", address="y" * 300)
    room = make_room(amount=None, guest=nobody)

    push(wire, [made(1)], make_reservation(room, arrival_hour=None, guest_notes="z" * 3000, host_notes=None))

    (item,) = sent(wire)
    stay = {"roomId", "status", "arrival", "departure", "numAdult", "numChild"}
    assert set(item) == stay | {"comments", "firstName", "address", "custom10"}
    assert [len(item[name]) for name in ("firstName", "address", "comments")] == [100, 250, 1000]


def test_several_rooms_are_made_a_group_in_one_call(wire):
    rooms = (make_room(), make_room(key="room-2", guest=Person(name="Bob")))

    verdicts = push(wire, [made(1), made(2)], make_reservation(*rooms))

    assert [(verdict.key, verdict.external_id) for verdict in verdicts] == [("room-1", "1"), ("room-2", "2")]
    assert all(item["actions"]["makeGroup"] for item in sent(wire))
    assert [item["firstName"] for item in sent(wire)] == ["Ada", "Bob"]


def test_a_room_added_later_joins_the_group_while_the_others_are_updated_and_cancelled(wire):
    rooms = (
        make_room(external_id="1", check_out=date(2027, 3, 6)),
        make_room(key="room-2", external_id="2", cancelled=True),
        make_room(key="room-3"),
    )

    verdicts = push(wire, [modified(1), modified(2), made(3)], make_reservation(*rooms, external_group_id="1"))

    first, second, third = sent(wire)
    assert (first["id"], first["departure"], first["price"]) == (1, "2027-03-06", 360.5)
    assert not {"actions", "custom10", "masterId"} & set(first)  # a second charge line would be added otherwise
    assert second == {"id": 2, "status": "cancelled"}
    assert (third["masterId"], third["custom10"]) == (1, "chp:room-3")
    assert "makeGroup" not in third["actions"]
    assert [(verdict.external_id, verdict.kind) for verdict in verdicts] == [(str(n), ACCEPTED) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("kind", "status"),
    [(BookingKind.STAY, "confirmed"), (BookingKind.REQUEST, "request"), (BookingKind.BLOCK, "black")],
)
def test_what_we_hold_is_held_there_alike(wire, kind, status):
    push(wire, [made(1)], make_reservation(kind=kind))

    assert sent(wire)[0]["status"] == status


def test_beds24_refuses_an_overbooking_only_when_asked_to(wire):
    refused = {"success": False, "errors": [{"action": "new booking", "message": "not available"}]}

    (verdict,) = push(wire, [refused], make_reservation(only_if_free=True))

    assert sent(wire)[0]["actions"]["checkAvailability"] is True
    assert verdict == RoomVerdict("room-1", None, REFUSED, "not available")


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        (
            {"success": False, "errors": [{"action": "new booking", "field": "arrival", "message": "invalid"}]},
            (None, REFUSED, "arrival invalid"),
        ),
        ({"success": False, "warnings": [{"field": "lang", "message": "Invalid"}]}, (None, REFUSED, "lang Invalid")),
        (made(7) | {"warnings": [{"field": "lang", "message": "Invalid"}]}, ("7", WARNED, "lang Invalid")),
        # a valid booking with one bad part is made, and answered with a failure
        (made(7) | {"success": False, "errors": [{"message": "bad item"}]}, ("7", WARNED, "bad item")),
    ],
)
def test_a_refusal_comes_with_a_201_and_may_have_kept_a_part(wire, item, verdict):
    (said,) = push(wire, [item], make_reservation())

    assert (said.external_id, said.kind, said.reason) == verdict


def test_one_refused_room_does_not_refuse_the_others(wire):
    refused = {"success": False, "errors": [{"field": "roomId", "message": "unknown"}]}

    verdicts = push(wire, [made(1), refused], make_reservation(make_room(), make_room(key="room-2")))

    assert [verdict.kind for verdict in verdicts] == [ACCEPTED, REFUSED]


@pytest.mark.parametrize(
    "said",
    [
        {"body": "<html>bad gateway</html>", "status": 502},
        {"body": "<html>ok</html>", "status": 201},
        {"body": '[{"success": tr', "status": 201},
        {"json": [], "status": 201},
        {"json": {"success": True}, "status": 201},
        {"json": [{"success": True}], "status": 201},  # made, and not named
    ],
)
def test_after_an_unclear_answer_nobody_claims_to_know(wire, said):
    wire.post(BOOKINGS, **said)

    with pytest.raises(Retryable) as caught:
        make_beds24().push_reservation(make_reservation())

    assert caught.value.ambiguous
    assert len(wire.calls) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_a_line_that_breaks_around_the_commit_ends_in_one_booking(kept):
    bookings: list[dict] = []

    def behave(connection, over):
        while request := read_request(connection):
            head, _, body = request.partition(b"\r\n\r\n")
            if head.startswith(b"GET"):
                connection.sendall(answer(json.dumps(page(*bookings)).encode()))
                continue
            (item,) = json.loads(body)
            if "id" in item:
                connection.sendall(answer(json.dumps([modified(item["id"])]).encode()))
                continue
            first_try = not over.is_set() and not tries
            tries.append(item)
            if kept or not first_try:
                bookings.append({"id": 100 + len(bookings), **item})
            if first_try:
                return  # the line breaks before the answer
            connection.sendall(answer(json.dumps([made(bookings[-1]["id"])]).encode()))

    tries: list[dict] = []
    with serving(behave) as base:
        beds24 = Beds24(HttpClient(base, {}, deadline=5), Store(make_tokens()), None, Clock())
        with pytest.raises(Retryable) as caught:
            beds24.push_reservation(make_reservation())
        (verdict,) = beds24.push_reservation(make_reservation(attempted_at=NOW))

    assert caught.value.ambiguous
    assert [booking["custom10"] for booking in bookings] == ["chp:room-1"]
    assert verdict == RoomVerdict("room-1", "100", ACCEPTED)


def test_the_journal_tells_the_stay_and_not_the_guest(wire):
    calls: list[Call] = []
    wire.post(BOOKINGS, json=[made(1)], status=201)

    make_beds24(journal=calls.append).push_reservation(make_reservation())

    written = str(calls[0].request_body)
    assert "2027-03-01" in written and "chp:room-1" in written
    for private in ("Ada", "Prova", "example.test", "+34", "Rua", "Porto", "4000", "Late", "VIP"):
        assert private not in written


def test_before_a_second_try_the_booking_is_looked_for_by_our_key(wire):
    wire.get(BOOKINGS, json=page(make_booking(id=5, custom10="chp:another"), more=True))
    wire.get(BOOKINGS, json=page(make_booking(id=6, custom10="chp:room-1")))

    (verdict,) = push(wire, [modified(6)], make_reservation(attempted_at=NOW - timedelta(minutes=2)))

    assert dict(wire.calls[0].request.params) == {
        "propertyId": PROPERTY,
        "status": ["black", "cancelled", "confirmed", "inquiry", "new", "request"],
        "bookingTimeFrom": "2027-01-10T09:13:00Z",
        "departureFrom": "2025-12-06",
    }
    (item,) = sent(wire)
    assert item["id"] == 6 and "custom10" not in item
    assert verdict == RoomVerdict("room-1", "6", ACCEPTED)


def test_only_the_rooms_that_are_not_there_are_made_and_they_join_the_one_that_is(wire):
    wire.get(BOOKINGS, json=page(make_booking(id=6, custom10="chp:room-1")))
    rooms = (make_room(), make_room(key="room-2"))

    verdicts = push(wire, [modified(6), made(9)], make_reservation(*rooms, attempted_at=NOW))

    assert [(item.get("id"), item.get("masterId")) for item in sent(wire)] == [(6, None), (None, 6)]
    assert [verdict.external_id for verdict in verdicts] == ["6", "9"]


def test_a_booking_that_never_arrived_is_made_on_the_second_try(wire):
    wire.get(BOOKINGS, json=page())

    (verdict,) = push(wire, [made(9)], make_reservation(attempted_at=NOW))

    assert sent(wire)[0]["custom10"] == "chp:room-1"
    assert verdict.external_id == "9"


def test_a_reservation_cancelled_before_it_was_pushed_needs_no_call():
    (verdict,) = make_beds24().push_reservation(make_reservation(make_room(cancelled=True)))

    assert (verdict.kind, verdict.external_id) == (ACCEPTED, None)


def test_a_reservation_cancelled_after_an_unclear_creation_is_looked_for_and_cancelled(wire):
    wire.get(BOOKINGS, json=page(make_booking(id=6, custom10="chp:room-1")))

    (verdict,) = push(wire, [modified(6)], make_reservation(make_room(cancelled=True), attempted_at=NOW))

    assert sent(wire) == [{"id": 6, "status": "cancelled"}]
    assert verdict == RoomVerdict("room-1", "6", ACCEPTED)


def test_pushing_twice_sends_the_same_twice_and_makes_nothing_new(wire):
    reservation = make_reservation(make_room(external_id="6"))

    push(wire, [modified(6)], reservation)
    first = sent(wire)
    push(wire, [modified(6)], reservation)

    assert sent(wire) == first and first[0]["id"] == 6


def test_what_has_no_number_at_beds24_is_refused_without_a_call():
    rooms = (make_room(external_room_type_id="double"), make_room(key="room-2", external_id="x"))

    verdicts = make_beds24().push_reservation(make_reservation(*rooms))

    assert [verdict.kind for verdict in verdicts] == [REFUSED, REFUSED]


def test_a_call_beds24_does_not_understand_is_refused_for_good(wire):
    wire.post(BOOKINGS, json={"success": False, "code": 400, "error": "Request body must be an array"}, status=400)

    with pytest.raises(Rejected, match="must be an array"):
        make_beds24().push_reservation(make_reservation())


@pytest.mark.parametrize(
    ("state", "label", "colour"),
    [
        (StayState.CHECKED_IN, "Checked in", "00a651"),
        (StayState.CHECKED_OUT, "Checked out", "808080"),
        (StayState.NO_SHOW, "No-show", "d9001b"),
        (StayState.EXPECTED, "", ""),
    ],
)
def test_where_the_guest_is_goes_onto_the_label_and_comes_back(wire, state, label, colour):
    wire.post(BOOKINGS, json=[modified(1), modified(2)], status=201)
    beds24 = make_beds24()

    verdicts = beds24.update_booking_status(["1", "2.3", "2"], state)

    assert sent(wire) == [{"id": number, "flagText": label, "flagColor": colour} for number in (1, 2)]
    assert [(verdict.key, verdict.kind) for verdict in verdicts] == [("1", ACCEPTED), ("2", ACCEPTED)]
    seen = beds24.parse(json.dumps(make_booking(flagText=label, flagColor=colour)).encode()).stay_state
    assert seen is (None if state is StayState.EXPECTED else state)


def test_a_status_for_what_is_no_booking_is_refused(wire):
    wire.post(BOOKINGS, json=[{"success": False, "errors": [{"message": "not found"}]}], status=201)

    verdicts = make_beds24().update_booking_status(["x", "7"], StayState.CHECKED_IN)

    assert [(verdict.key, verdict.kind) for verdict in verdicts] == [("x", REFUSED), ("7", REFUSED)]
    assert verdicts[1].reason == "not found"
