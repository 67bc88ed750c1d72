"""The simulated Beds24 in a process with a state file: a restart forgets nothing."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import orjson

from sandbox.app import Sandbox
from tests.sandbox.beds24.conftest import Beds, room_of
from tests.sandbox.conftest import Receiver
from tests.sandbox.test_restart import Process


def seen(beds: Beds, hotel: Any) -> dict[str, Any]:
    rooms = beds.get("/properties", includeAllRooms="true", includePriceRules="true")["data"]
    return {
        "properties": rooms, "bookings": beds.bookings(includeInvoiceItems="true", includeBookingGroup="true"),
        "calendar": beds.control(f"/calendar/{hotel['id']}"), "ledger": beds.control("/ledger"),
        "switches": beds.control("/switches"), "messages": beds.get("/bookings/messages")["data"],
    }  # fmt: skip


def test_a_restart_forgets_nothing(tmp_path: Path, receiver: Receiver) -> None:
    state = tmp_path / "sandbox.json"
    first = Process(state)
    beds = Beds(first.client.url)
    hotel = beds.hotel()
    room = room_of(hotel)
    hook = {"version": "twoNoPersonalData", "url": receiver.url}
    beds.post("/properties", [{"id": hotel["id"], "webhooks": hook}])
    beds.control("/switches", {"bookings_page_size": 50})
    beds.push(room, beds.span(3, 9, numAvail=2, price1=88, channels={"airbnb": {"maxBookings": 1}}))
    sold = beds.control(f"/ota/{hotel['id']}/book", {"ota": "airbnb", "check_in": beds.night(4)})
    beds.control(f"/ota/{hotel['id']}/message", {"code": sold["code"], "message": "Hello"})
    beds.book(room)
    before = seen(beds, hotel)
    spent = beds.control("/credits")["accounts"][0]["total"]

    first.end(signal.SIGTERM)
    second = Process(state)
    again = Beds(second.client.url)
    again.token, again.refresh_token = beds.token, beds.refresh_token
    still_spent = again.control("/credits")["accounts"][0]["total"]
    after = seen(again, hotel)
    again.advance(61)

    told = receiver.next()
    assert after == before
    assert still_spent == spent
    assert told["booking"]["id"] == sold["booking_id"]
    assert again.book(room) > sold["booking_id"]
    for each in (beds, again):
        each.session.close()
    assert second.end(signal.SIGTERM) == 0


def test_a_state_file_from_before_there_was_a_second_provider_is_still_read() -> None:
    old = Sandbox()
    place = old.channex.sim.provisioner.property({"title": "Old Inn"})
    document = orjson.loads(old.channex.dump())

    fresh = Sandbox()
    fresh.load(document)

    assert list(fresh.channex.world.properties) == [place["id"]]
    assert fresh.beds24.world.properties == {}
    for each in (old, fresh):
        each.stop()
