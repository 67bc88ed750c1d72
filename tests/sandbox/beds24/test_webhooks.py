"""The booking webhook: a minute late, without type or id, on its own header only."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from sandbox.web import Request
from tests.sandbox.beds24.conftest import Beds, room_of
from tests.sandbox.conftest import Receiver, eventually

PERSONAL = "twoWithPersonalData"


def register(beds: Beds, hotel: Any, receiver: Receiver, version: str = PERSONAL, **more: str) -> None:
    hook = {"version": version, "url": receiver.url, "customHeader": "X-Webhook-Secret: s3cret",
            "additionalData": "none", **more}  # fmt: skip
    [verdict] = beds.post("/properties", [{"id": hotel["id"], "webhooks": hook}])
    assert verdict["success"], verdict


def sell(beds: Beds, hotel: Any, **more: Any) -> Any:
    return beds.control(f"/ota/{hotel['id']}/book", {"ota": "booking", "check_in": beds.night(3), **more})


def at_once(beds: Beds) -> None:
    beds.control("/switches", {"webhook_delay_seconds": 0})


def take(receiver: Receiver) -> tuple[dict[str, Any], Request]:
    return receiver.got.get(timeout=5)


def queued(beds: Beds) -> int:
    return int(beds.control("/deliveries")["queued"])


def test_a_sale_is_told_a_minute_later_with_the_secret_header_and_nothing_more(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    register(beds, hotel, receiver)
    sold = sell(beds, hotel)
    beds.advance(50)
    early = receiver.is_quiet()

    beds.advance(11)

    body, request = take(receiver)
    assert early
    assert list(body) == ["timeStamp", "booking", "infoItems", "invoiceItems", "messages", "retries"]
    assert (body["booking"]["id"], body["booking"]["status"], body["retries"]) == (sold["booking_id"], "new", 0)
    assert body["booking"]["bookingGroup"] is None
    assert body["booking"]["lastName"]
    assert body["invoiceItems"][0]["lineTotal"] == 100
    assert request.headers["x-webhook-secret"] == "s3cret"
    assert not any("signature" in name for name in request.headers)
    assert request.method == "POST"


def test_the_body_without_personal_data_names_nobody(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    at_once(beds)
    register(beds, hotel, receiver, version="twoNoPersonalData")

    sell(beds, hotel)

    body, _ = take(receiver)
    assert body["booking"]["apiReference"]
    assert not {"firstName", "lastName", "email", "phone", "mobile", "city"} & set(body["booking"])


def test_quick_changes_arrive_as_one_call_with_the_latest_state(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    register(beds, hotel, receiver)
    sold = sell(beds, hotel)

    beds.control(f"/ota/{hotel['id']}/modify", {"code": sold["code"], "nights": 4})
    beds.control(f"/ota/{hotel['id']}/cancel", {"code": sold["code"]})
    waiting = queued(beds)
    beds.advance(61)

    body, _ = take(receiver)
    assert waiting == 1
    assert (body["booking"]["status"], body["booking"]["departure"]) == ("cancelled", beds.night(7))


def test_changes_further_apart_are_told_one_by_one(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    at_once(beds)
    register(beds, hotel, receiver)

    sold = sell(beds, hotel)
    first, _ = take(receiver)
    beds.control(f"/ota/{hotel['id']}/cancel", {"code": sold["code"]})
    second, _ = take(receiver)

    assert [each["booking"]["status"] for each in (first, second)] == ["new", "cancelled"]


def test_what_a_client_writes_is_told_only_when_it_asks_and_only_if_it_matters(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    room = room_of(hotel)
    register(beds, hotel, receiver)
    loud = {"actions": {"allowWebhooks": True}}

    quiet_id = beds.book(room)
    silent = queued(beds)
    beds.post("/bookings", [{"id": quiet_id, "notes": "x", **loud}])
    note = queued(beds)
    beds.post("/bookings", [{"id": quiet_id, "departure": beds.night(8), **loud}])
    dates = queued(beds)
    beds.book(room, **loud)

    assert (silent, note, dates, queued(beds)) == (0, 0, 1, 2)


def test_names_prices_and_calendars_are_not_told_but_a_guests_message_is(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    room = room_of(hotel)
    sold = sell(beds, hotel)
    register(beds, hotel, receiver)

    beds.control(f"/panel/{sold['booking_id']}", {"lastName": "Changed", "price": 1})
    beds.push(room, beds.span(3, price1=70))
    before = queued(beds)
    beds.control(f"/ota/{hotel['id']}/message", {"code": sold["code"], "message": "Hello"})
    beds.advance(61)

    body, _ = take(receiver)
    assert before == 0
    assert [each["message"] for each in body["messages"]] == ["Hello"]


def test_a_deletion_is_not_told(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    register(beds, hotel, receiver)
    booking = beds.book(room_of(hotel))

    beds.call("DELETE", "/bookings", params={"id": booking})

    assert queued(beds) == 0


@pytest.mark.parametrize("answer", [500, 404])
def test_a_refused_call_is_repeated_and_counted(beds: Beds, receiver: Receiver, answer: int) -> None:
    hotel = beds.hotel()
    at_once(beds)
    register(beds, hotel, receiver)
    receiver.answers = [answer]

    sell(beds, hotel)
    first, _ = take(receiver)
    eventually(lambda: beds.control("/deliveries")["deliveries"][0]["attempts"])
    beds.advance(61)
    second, _ = take(receiver)

    assert (first["retries"], second["retries"]) == (0, 1)
    assert first["booking"] == second["booking"]


def test_after_four_attempts_it_gives_up(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    at_once(beds)
    register(beds, hotel, receiver)
    receiver.answers = [503] * 4

    sell(beds, hotel)
    for attempt in range(1, 5):
        eventually(lambda made=attempt: len(beds.control("/deliveries")["deliveries"][0]["attempts"]) == made)
        beds.advance(1000)

    assert beds.control("/deliveries")["deliveries"][0]["state"] == "given up"


def test_a_late_repetition_carries_the_state_it_had(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    at_once(beds)
    register(beds, hotel, receiver)
    receiver.answers = [500]
    sold = sell(beds, hotel)
    take(receiver)
    eventually(lambda: beds.control("/deliveries")["deliveries"][0]["attempts"])

    beds.control(f"/ota/{hotel['id']}/cancel", {"code": sold["code"]})
    newer, _ = take(receiver)
    beds.advance(61)
    older, _ = take(receiver)

    assert (newer["booking"]["status"], older["booking"]["status"]) == ("cancelled", "new")


def test_deliveries_are_lost_doubled_and_held_back_on_demand(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    at_once(beds)
    register(beds, hotel, receiver)
    beds.control("/switches", {"webhook_loss": 1.0})
    sell(beds, hotel, check_in=beds.night(10))
    lost = beds.control("/deliveries")["deliveries"][0]["state"]

    beds.control("/switches", {"webhook_loss": 0.0, "webhook_duplicates": 1, "webhooks_paused": True})
    sell(beds, hotel, check_in=beds.night(20))
    held = receiver.is_quiet()
    beds.control("/switches", {"webhooks_paused": False})
    twice = [take(receiver)[0]["booking"]["id"] for _ in range(2)]

    assert (lost, held) == ("lost", True)
    assert twice[0] == twice[1]


def test_a_relay_may_sign_the_raw_body(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    at_once(beds)
    register(beds, hotel, receiver)
    beds.control("/switches", {"relay_secret": "between us"})

    sell(beds, hotel)

    _, request = take(receiver)
    expected = hmac.new(b"between us", request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-beds24-signature"] == expected


def test_several_addresses_with_the_number_of_the_property(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    at_once(beds)
    register(beds, hotel, receiver, url=f"{receiver.url}/a\n{receiver.url}/b?at=[PROPERTYID]")

    sell(beds, hotel)

    targets = sorted(take(receiver)[1].target for _ in range(2))
    assert targets == ["/hooks/a", f"/hooks/b?at={hotel['id']}"]


def test_version_one_is_a_get_with_number_and_status(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    at_once(beds)
    register(beds, hotel, receiver, version="one")

    sold = sell(beds, hotel)

    eventually(lambda: beds.control("/deliveries")["deliveries"][0]["attempts"])
    delivery = beds.control("/deliveries")["deliveries"][0]
    assert delivery["method"] == "GET"
    assert delivery["url"] == f"{receiver.url}?bookid={sold['booking_id']}&status=new"


def test_a_booking_is_told_again_on_demand(beds: Beds, receiver: Receiver) -> None:
    hotel = beds.hotel()
    at_once(beds)
    booking = beds.book(room_of(hotel))
    register(beds, hotel, receiver)

    listeners = beds.control(f"/bookings/{booking}/redeliver", {})["listeners"]

    assert listeners == 1
    assert take(receiver)[0]["booking"]["id"] == booking
