"""The connector and the simulated Beds24 over real HTTP: signing in, calendar, sales, pushes, faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from queue import Queue
from typing import Any

import pytest
import requests

from providers.beds24.client import Beds24
from providers.dialect import Credits
from providers.errors import AuthFailed, RateLimited, Retryable
from providers.http import Call, HttpClient
from providers.registry import connect
from providers.types import (
    BookingKind,
    BookingStatus,
    CalendarChange,
    Cell,
    LaneKind,
    Occupancy,
    OutgoingReservation,
    OutgoingRoom,
    Person,
    Revision,
    RoomNights,
    Run,
    StayState,
    VerdictKind,
)
from tests.providers.beds24 import Store
from tests.providers.servers import answer, read_request, serving

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OPEN = Cell(Decimal("120.50"), 1, 1, 0)


@dataclass
class Hotel:
    url: str
    beds24: Beds24
    store: Store
    property_id: str
    room_type: str
    calls: list[Call] = field(default_factory=list)
    credits: list[Credits] = field(default_factory=list)
    first: date = date.min

    @property
    def plan(self) -> str:
        return f"{self.room_type}:1"

    def sim(self, path: str, json: Any = None) -> Any:
        method = "GET" if json is None else "POST"
        said = requests.request(method, f"{self.url}/_sim/beds24{path}", json=json, timeout=10)
        assert said.ok, said.text
        return said.json()

    def run(self, value: int | Cell, nights: int = 10) -> Run:
        return Run(self.first, self.first + timedelta(days=nights - 1), value)

    def push(self, kind: LaneKind, value: int | Cell, units: int | None = None) -> VerdictKind:
        """Push ten nights; prices with what is on sale, where the test knows it."""
        product = self.room_type if kind is LaneKind.AVAILABILITY else self.plan
        rooms = {}
        if units is not None and isinstance(value, Cell):
            nights = [self.first + timedelta(days=offset) for offset in range(10)]
            wanted = RoomNights(dict.fromkeys(nights, units), {self.plan: dict.fromkeys(nights, value)})
            rooms = {self.room_type: wanted}
        change = CalendarChange(kind, product, self.run(value))
        (verdict,) = self.beds24.push_calendar(self.property_id, kind, [change], rooms).verdicts
        return verdict.kind

    def read(self, kind: LaneKind) -> int | Cell:
        product = self.room_type if kind is LaneKind.AVAILABILITY else self.plan
        (run,) = self.beds24.read_calendar(self.property_id, kind, [product], self.first, self.first)[product]
        return run.value

    def left(self) -> int:
        """Units of the first night, as they really are."""
        (room,) = self.sim(f"/calendar/{self.property_id}?first={self.first}&last={self.first}")["rooms"]
        return int(room["calendar"][0]["numAvail"])

    def book(self, **more: Any) -> Any:
        stay = {"ota": "booking", "check_in": str(self.first), "nights": 2, **more}
        return self.sim(f"/ota/{self.property_id}/book", stay)

    def revisions(self, since: datetime = LONG_AGO) -> list[Revision]:
        page = self.beds24.recover_messages(self.property_id, since)
        return [self.beds24.parse(message.raw) for message in page.messages]

    def rooms_held(self) -> list[dict[str, Any]]:
        return list(self.sim(f"/ledger?property_id={self.property_id}")["bookings"])


@pytest.fixture
def hotel(sandbox) -> Hotel:
    kinds = [{"title": "Double", "units": 3, "rate_plans": [{"title": "Flexible", "rate": 10_000}]}]
    wanted = {"title": "Prova", "timezone": "UTC", "open": True, "channels": ["booking"], "room_types": kinds}
    built = requests.post(f"{sandbox.url}/_sim/beds24/provision", json={"properties": [wanted]}, timeout=10).json()
    made = built["properties"][0]
    credentials = {"api_url": f"{sandbox.url}/v2", "currency": "EUR"}
    tokens = connect("beds24", credentials, HttpClient).exchange_code(built["code"], "test")
    store, calls, credits = Store(tokens), [], []
    beds24 = connect(
        "beds24",
        credentials,
        lambda base, headers: HttpClient(
            base, headers, deadline=5, journal=calls.append, observed=lambda bucket, seen: credits.append(seen)
        ),
        store,
    )
    assert isinstance(beds24, Beds24)
    now = datetime.fromisoformat(requests.get(f"{sandbox.url}/_sim/clock", timeout=10).json()["now"])
    first = now.date() + timedelta(days=3)
    room_type = str(made["room_types"][0]["id"])
    return Hotel(sandbox.url, beds24, store, str(made["id"]), room_type, calls, credits, first)


def make_reservation(hotel: Hotel, **changes: Any) -> OutgoingReservation:
    stay = {"check_in": hotel.first, "check_out": hotel.first + timedelta(days=2), "occupancy": Occupancy(2)}
    room = OutgoingRoom(
        **{"key": "room-1", "external_id": None, "external_room_type_id": hotel.room_type}
        | stay
        | {"amount": Decimal("241.00")}
        | changes.pop("room", {})
    )
    return OutgoingReservation(hotel.property_id, (room,), Person(name="Ada", surname="Prova"), **changes)


def test_an_account_is_connected_and_its_products_are_listed(hotel):
    assert hotel.beds24.test_connection().endswith("it sees 1 property.")
    assert [found.external_id for found in hotel.beds24.fetch_properties()] == [hotel.property_id]
    (room,) = hotel.beds24.fetch_products(hotel.property_id)
    assert (room.external_id, room.units) == (hotel.room_type, 3)
    assert [plan.external_id for plan in room.rate_plans] == [hotel.plan]
    assert hotel.credits and hotel.credits[-1].remaining is not None and hotel.credits[-1].remaining < 100


def test_an_invite_code_serves_once(hotel):
    code = hotel.sim("/invite", {})["code"]

    hotel.beds24.exchange_code(code, "first")

    with pytest.raises(AuthFailed, match="invite code"):
        hotel.beds24.exchange_code(code, "second")


def test_a_token_that_dies_in_the_middle_is_renewed_unseen(hotel):
    before = hotel.store.load().access
    hotel.sim("/tokens/expire", {"kind": "access"})

    assert hotel.push(LaneKind.AVAILABILITY, 2) is VerdictKind.ACCEPTED
    assert hotel.store.load().access != before


def test_a_revoked_account_asks_for_a_new_code(hotel):
    hotel.beds24.sign_out()
    hotel.sim("/tokens/expire", {"kind": "access"})

    with pytest.raises(AuthFailed, match="new invite code"):
        hotel.beds24.fetch_properties()


@pytest.mark.parametrize("as_text", [False, True])
def test_units_prices_and_restrictions_read_back_as_sent(hotel, as_text):
    hotel.sim("/switches", {"numbers_as_text": as_text})
    cell = Cell(Decimal("99.50"), 2, 2, 14, True, False)

    assert hotel.push(LaneKind.AVAILABILITY, 2) is VerdictKind.ACCEPTED
    assert hotel.push(LaneKind.RATES, cell, 2) is VerdictKind.ACCEPTED

    assert hotel.read(LaneKind.AVAILABILITY) == 2
    assert hotel.beds24.agrees(cell, hotel.read(LaneKind.RATES))


def test_a_blackout_is_lifted_with_the_units_that_are_left(hotel):
    hotel.push(LaneKind.AVAILABILITY, 1)
    assert hotel.push(LaneKind.RATES, OPEN._replace(stop_sell=True), 1) is VerdictKind.ACCEPTED
    closed = hotel.left()

    assert hotel.push(LaneKind.RATES, OPEN, 1) is VerdictKind.ACCEPTED

    assert (closed, hotel.left()) == (0, 1)  # and not 3


def test_a_blackout_made_in_the_panel_survives_a_push_that_does_not_know_the_units(hotel):
    hotel.push(LaneKind.AVAILABILITY, 1)
    last = str(hotel.first + timedelta(days=9))
    blackout = {"roomId": int(hotel.room_type), "from": str(hotel.first), "to": last, "override": "blackout"}
    hotel.sim(f"/calendar/{hotel.property_id}", {"ranges": [blackout]})

    assert hotel.push(LaneKind.RATES, OPEN) is VerdictKind.REFUSED
    assert hotel.left() == 0


def test_a_sale_a_change_and_a_cancellation_come_in_in_order(hotel):
    sold = hotel.book(message="Late arrival")
    (new,) = hotel.revisions()
    change = {"code": sold["code"], "check_in": str(hotel.first), "nights": 3}
    hotel.sim(f"/ota/{hotel.property_id}/modify", change)
    (changed,) = hotel.revisions()
    hotel.sim(f"/ota/{hotel.property_id}/cancel", {"code": sold["code"]})
    (gone,) = hotel.revisions()

    assert new.external_booking_id == changed.external_booking_id == gone.external_booking_id
    assert (new.code, new.channel, new.currency) == (sold["code"], "BDC", "EUR")
    assert new.notes == "Late arrival" and new.rooms[0].external_room_type_id == hotel.room_type
    assert (changed.check_out - changed.check_in).days == 3
    assert gone.status is BookingStatus.CANCELLED
    assert new.ordering < changed.ordering < gone.ordering
    assert len({one.external_revision_id for one in (new, changed, gone)}) == 3


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("changed", [0, 1])
def test_two_rooms_of_one_guest_stay_one_reservation_when_one_of_them_changes(hotel, named, changed):
    hotel.sim("/switches", {"master_names_itself": named})
    sold = hotel.book(rooms=2)
    (before,) = hotel.revisions()
    hotel.sim(f"/panel/{sold['booking_ids'][changed]}", {"notes": "moved", "unitId": 3})
    stamp = datetime.now(UTC) + timedelta(minutes=14)  # the overlap reaches back to the change

    (after,) = hotel.revisions(since=stamp)

    assert before.external_booking_id == after.external_booking_id == str(sold["booking_ids"][0])
    assert [room.external_id for room in after.rooms] == [str(number) for number in sold["booking_ids"]]
    assert after.rooms[changed].meta["unitId"] == 3
    assert after.amount == sum(room.amount or 0 for room in after.rooms)


@pytest.mark.parametrize("lifted", [True, False])
def test_a_guest_in_house_is_seen_to_change(hotel, lifted):
    hotel.sim("/switches", {"modified_lifts_window": lifted})
    hotel.sim("/panel", {"roomId": int(hotel.room_type), "days_ahead": -5, "nights": 9, "firstName": "Ada"})

    (revision,) = hotel.revisions()

    assert revision.check_in < hotel.first - timedelta(days=3)


def test_a_refresh_token_that_changes_each_time_is_never_lost(hotel):
    hotel.sim("/switches", {"rotate_refresh_tokens": True})
    seen = {hotel.store.load().refresh}

    for _ in range(3):
        hotel.sim("/tokens/expire", {"kind": "access"})
        hotel.beds24.fetch_properties()
        seen.add(hotel.store.load().refresh)

    assert len(seen) == 4


def test_what_beds24_keeps_among_its_bookings_is_told_apart(hotel):
    statuses = ("request", "black", "inquiry", "confirmed")
    for at, status in enumerate(statuses):
        hotel.sim("/panel", {"roomId": int(hotel.room_type), "status": status, "days_ahead": 3 + 3 * at})

    kinds = {revision.kind for revision in hotel.revisions()}

    assert kinds == set(BookingKind)


def test_a_stay_is_found_by_the_nights_it_touches_and_a_deleted_one_is_not_there(hotel):
    sold = hotel.book()
    touching = hotel.beds24.fetch_stays(hotel.property_id, hotel.first, hotel.first)
    apart = hotel.beds24.fetch_stays(
        hotel.property_id, hotel.first + timedelta(days=5), hotel.first + timedelta(days=9)
    )
    requests.delete(f"{hotel.url}/_sim/beds24/panel/{sold['booking_id']}", timeout=10)

    assert (len(touching.messages), len(apart.messages)) == (1, 0)
    assert hotel.beds24.fetch_bookings(hotel.property_id, [str(sold["booking_id"])]).messages == ()


def test_a_reservation_of_ours_is_made_changed_seen_as_ours_and_cancelled(hotel):
    (made,) = hotel.beds24.push_reservation(make_reservation(hotel))
    (seen,) = hotel.revisions()
    later = {"external_id": made.external_id, "check_out": hotel.first + timedelta(days=4)}
    hotel.beds24.push_reservation(make_reservation(hotel, room=later))
    hotel.beds24.update_booking_status([str(made.external_id)], StayState.CHECKED_IN)
    (changed,) = hotel.revisions()
    hotel.beds24.push_reservation(make_reservation(hotel, room=later | {"cancelled": True}))
    (gone,) = hotel.revisions()

    assert (made.kind, made.external_id) == (VerdictKind.ACCEPTED, seen.external_booking_id)
    assert (seen.our_keys, seen.channel, seen.amount) == (("room-1",), "DIR", Decimal(241))
    assert seen.customer.full_name == "Ada Prova"
    assert (changed.check_out - changed.check_in).days == 4
    assert changed.stay_state is StayState.CHECKED_IN
    assert gone.status is BookingStatus.CANCELLED


@pytest.mark.parametrize("kind", ["commit_then_timeout", "garbage", "html", "status", "reset", "truncated"])
def test_whatever_befalls_a_creation_it_ends_as_one_booking(hotel, kind):
    match = {"method": "POST", "path_prefix": "/bookings"}
    hotel.sim("/faults", {"kind": kind, "match": match, "times": 1, "delay": 0.1, "status": 500})
    begun = datetime.now(UTC)

    with pytest.raises(Retryable) as caught:
        hotel.beds24.push_reservation(make_reservation(hotel))
    (verdict,) = hotel.beds24.push_reservation(make_reservation(hotel, attempted_at=begun))

    assert caught.value.ambiguous
    assert verdict.kind is VerdictKind.ACCEPTED
    assert [str(row["booking_id"]) for row in hotel.rooms_held()] == [verdict.external_id]


def test_an_overbooking_is_refused_when_asked_for(hotel):
    hotel.push(LaneKind.AVAILABILITY, 0)

    (verdict,) = hotel.beds24.push_reservation(make_reservation(hotel, only_if_free=True))

    assert verdict.kind is VerdictKind.REFUSED and verdict.reason
    assert hotel.rooms_held() == []


def test_a_room_that_fails_leaves_the_others_accepted(hotel):
    hotel.sim("/quirks", {"kind": "refuse", "room_ids": [int(hotel.room_type)], "times": 1})

    first = hotel.push(LaneKind.AVAILABILITY, 2)
    again = hotel.push(LaneKind.AVAILABILITY, 2)

    assert (first, again) == (VerdictKind.REFUSED, VerdictKind.ACCEPTED)


def test_used_up_credits_name_the_end_of_the_window(hotel):
    hotel.beds24.fetch_properties()
    hotel.sim("/credits", {"left": 0})

    with pytest.raises(RateLimited) as caught:
        hotel.beds24.fetch_properties()

    assert caught.value.retry_after and 0 < caught.value.retry_after <= 300


def test_our_webhook_is_registered_and_a_sale_is_announced_to_it(hotel):
    url = "http://127.0.0.1:9/webhooks/key"

    assert hotel.beds24.register_webhook(url, hotel.property_id, "hush-hush") == hotel.property_id
    assert hotel.beds24.register_webhook(url, hotel.property_id, "hush-again") == hotel.property_id

    assert hotel.beds24.check_webhook(url, hotel.property_id, "hush-again") == ()
    assert hotel.beds24.check_webhook(url, hotel.property_id, "hush-hush")
    assert "hush" not in repr(hotel.calls)


def test_a_delivery_is_believed_and_leads_to_the_booking(hotel):
    received: Queue[bytes] = Queue()

    def behave(connection, over):
        while request := read_request(connection):
            received.put(request)
            connection.sendall(answer(b"{}"))

    hotel.sim("/switches", {"webhook_delay_seconds": 0})
    with serving(behave) as base:
        hotel.beds24.register_webhook(f"{base}/webhooks/key", hotel.property_id, "hush-hush")
        sold = hotel.book()
        head, _, body = received.get(timeout=10).partition(b"\r\n\r\n")

    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name: value for name, _, value in lines}
    event = hotel.beds24.parse_webhook(body)
    (message,) = hotel.beds24.fetch_bookings(hotel.property_id, [str(event.external_booking_id)]).messages

    assert hotel.beds24.verify_webhook(headers, body, "hush-hush")
    assert not hotel.beds24.verify_webhook(headers, body, "hush")
    assert (event.kind, event.name, event.external_property_id) == ("booking", "booking.created", hotel.property_id)
    assert event.external_booking_id == message.external_booking_id == str(sold["booking_id"])
    assert b"firstName" not in body  # the form without personal data
