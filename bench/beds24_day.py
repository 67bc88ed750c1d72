"""A day of a 40-room property at Beds24, five minutes at a time: how many calls it takes, and how many credits.

Time is not waited for: what the clock would have brought is done one after the other, by the very duties that
workers run. The simulation charges what live measurements of Beds24 showed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update

from bench.house import House, Unready
from bench.rows import Budget, Row
from bench.scale import Scale
from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain.nights import local_today
from portal.extensions import db
from portal.models import Connection, ConnectionState, DutyRow, RatePlan, RoomType
from portal.services import (
    connections,
    drain,
    duties,
    full_sync,
    inbox,
    logins,
    mappings,
    organizations,
    parity,
    properties,
    provision,
    push,
    rate_days,
    rates,
    room_types,
    stays,
)
from providers.types import RemoteRatePlan

SLOTS = 288  # of five minutes
TYPES, ROOMS, PLANS = 8, 5, 2
BOOKINGS, CHANGES, CANCELLATIONS, PRICE_EDITS = 50, 5, 5, 20
CALLS_A_DAY, CREDITS_A_DAY, CREDITS_IN_FIVE_MINUTES = 600, 28_800, 100


def measure(house: House, scale: Scale) -> list[Row]:
    """Live through the day; `scale` is the same for a taste of it, which costs as much as it takes."""
    organization = organizations.create("Beds24 Hotels Ltd")
    with tenancy.of(organization.id):
        day = Day(house, _connected(house))
        for slot in range(SLOTS):
            day.five_minutes(slot)
        return day.rows()


class Day:
    """One property's day. Its calls and credits are those the simulation counted."""

    def __init__(self, house: House, connection_id: UUID) -> None:
        self.house = house
        self.id = connection_id
        self.external = self._connection().external_property_id or ""
        self.sold: list[dict[str, Any]] = []
        self.busiest = 0.0
        house.control("DELETE", "beds24/journal")
        self.began = self._credits()

    def five_minutes(self, slot: int) -> None:
        before = self._credits()
        self._by_the_clock(slot)
        for number in _due(slot, BOOKINGS):
            wish = {"ota": "booking", "check_in": str(self._night(3 + number % 300)), "nights": 2, "force": True}
            self.sold.append(self._trade("book", wish))
        if self.sold:
            for _ in _due(slot, CHANGES):
                self._trade("modify", {"booking_id": self.sold[-1]["booking_id"], "guests": 1, "force": True})
            for _ in _due(slot, CANCELLATIONS):
                self._trade("cancel", {"booking_id": self.sold.pop(0)["booking_id"]})
        for number in _due(slot, PRICE_EDITS):
            self._edit_prices(number)
        self.busiest = max(self.busiest, self._credits() - before)

    def rows(self) -> list[Row]:
        calls = self.house.control("GET", "beds24/journal/counts")["total"]
        credits = self._credits() - self.began
        refused = sum(meter["refused"] for meter in self._meters())
        name = "Beds24, 40 rooms, 50 bookings a day"
        return [
            Row(f"{name}: calls a day", calls, "calls", None, Budget(below=CALLS_A_DAY)),
            Row(f"{name}: credits a day", credits, "credits", None, Budget(below=CREDITS_A_DAY / 2)),
            Row(f"{name}: busiest five minutes", self.busiest, "credits", None,
                Budget(below=CREDITS_IN_FIVE_MINUTES / 2)),
            Row(f"{name}: refused for want of credits", refused, "calls", None, Budget(most=0)),
        ]  # fmt: skip

    def _by_the_clock(self, slot: int) -> None:
        with unit_of_work():  # five minutes have passed since the last reading
            db.session.execute(
                update(Connection).where(Connection.id == self.id).values(
                    read_until=Connection.read_until - timedelta(minutes=6))
            )  # fmt: skip
        self._do(drain.drain)
        if slot % 72 == 36:  # every six hours: the calendar read back, the connection tested
            self._do(parity.check)
            self._do(connections.check)
        if slot == 36:  # at three in the morning
            self._do(full_sync.start)
            self._do(push.push)
            self._do(stays.check)
            self._do(drain.drain)
        if 96 <= slot < 240 and slot % 12 == 0:  # every hour of business
            self._do(full_sync.look_for_differences)
            self._do(push.push)
        if slot == 200:  # once a day the access token ends
            self.house.control("POST", "beds24/tokens/expire", json={"kind": "access"})
        logins.keep_signed_in()

    def _trade(self, verb: str, wish: dict[str, Any]) -> dict[str, Any]:
        """A guest does something, Beds24 posts, and the workers do what comes of it."""
        found: dict[str, Any] = self.house.control("POST", f"beds24/ota/{self.external}/{verb}", json=wish)
        connection = self._connection()
        held = self.house.control("GET", f"beds24/panel/{found['booking_id']}")
        route = inbox.Route(connection.organization_id, self.id, "beds24", None)
        end_reading()
        body = f'{{"booking": {{"id": {held["id"]}, "propertyId": {self.external}, "modifiedTime": "{verb}"}}}}'
        inbox.accept(route, inbox.Delivery(body.encode(), {}, "127.0.0.1", "connection"))
        self._do(drain.drain)
        self._do(push.push)
        return found

    def _edit_prices(self, number: int) -> None:
        connection = self._connection()
        plans = db.session.scalars(select(RatePlan.id).where(RatePlan.property_id == connection.property_id)).all()
        end_reading()
        nights = [self._night(number + offset) for offset in range(10)]
        edit = rate_days.DayEdit(plans[number % len(plans)], nights, {"rate": Decimal(90 + number)})
        rate_days.set_days(connection.property_id, [edit])
        self._do(push.push)

    def _do(self, duty: Any) -> None:
        with unit_of_work():
            db.session.execute(update(DutyRow).where(DutyRow.connection_id == self.id).values(retry_at=None))
            db.session.execute(_SEND_NOW, {"connection": self.id, "organization": tenancy.required()})
        duty(self.id)

    def _connection(self) -> Connection:
        found = duties.connection(self.id)
        end_reading()
        return found

    def _night(self, days: int) -> Any:
        today = local_today(now(), "Europe/Lisbon")
        end_reading()
        return today + timedelta(days=days)

    def _meters(self) -> Sequence[dict[str, Any]]:
        found: Sequence[dict[str, Any]] = self.house.control("GET", "beds24/credits")["accounts"]
        return found

    def _credits(self) -> float:
        return float(sum(meter["total"] for meter in self._meters()))


_SEND_NOW = text(
    "update lanes set due_at = clock_timestamp() "
    "where organization_id = :organization and connection_id = :connection and due_at is not null"
)


def _due(slot: int, a_day: int) -> range:
    """Which of the day's things happen in this slot, spread over all of it."""
    return range(slot * a_day // SLOTS, (slot + 1) * a_day // SLOTS)


def _connected(house: House) -> UUID:
    """A property with 40 rooms, built here and there, connected by a code and started."""
    hotel = properties.create(properties.Facts(name="Beds", currency="EUR", timezone="Europe/Lisbon", country="PT"))
    for kind in range(1, TYPES + 1):
        numbers = [f"{kind}{number:02}" for number in range(1, ROOMS + 1)]
        made = room_types.create(hotel.id, room_types.TypeFacts(name=f"Type {kind}", position=kind), numbers)
        for number in range(1, PLANS + 1):
            terms = rates.PlanFacts(room_type_id=made.id, name=f"Plan {number}", base_rate=Decimal(80 + kind + number))
            rates.create_plan(hotel.id, terms)
    rooms = [
        {"title": f"Type {kind}", "units": ROOMS, "occ": 2,
         "rate_plans": [{"title": f"Plan {number}", "slot": number} for number in range(1, PLANS + 1)]}
        for kind in range(1, TYPES + 1)
    ]  # fmt: skip
    place = {"title": "Beds", "currency": "EUR", "timezone": "Europe/Lisbon", "channels": ["booking"]}
    built = house.control("POST", "beds24/provision", json={"properties": [{**place, "room_types": rooms}]})
    there = built["properties"][0]
    # A day passes in a minute here, so the window of five minutes says nothing; the figures do.
    house.control("POST", "beds24/credits", json={"owner_id": there["owner_id"], "limit": 1_000_000})
    house.control("POST", "beds24/switches", json={"webhooks_paused": True})
    return _begin(connections.create(hotel, "beds24", code=built["code"]), there)


def _begin(connection: Connection, there: dict[str, Any]) -> UUID:
    provision.run(connection.id)
    connections.choose_property(connection, str(there["id"]))
    _map(connection, there)
    connections.start(connection)
    provision.run(connection.id)
    db.session.refresh(connection)
    if connection.state is not ConnectionState.ACTIVE:
        raise Unready(f"the Beds24 property is {connection.state}")
    push.push(connection.id)
    return connection.id


def _map(connection: Connection, there: dict[str, Any]) -> None:
    types = db.session.scalars(
        select(RoomType).where(RoomType.property_id == connection.property_id).order_by(RoomType.position)
    ).all()
    with unit_of_work():
        for kind, room in zip(types, there["room_types"], strict=True):
            mappings.map_room_type(connection, kind, str(room["id"]), room["title"])
            plans = db.session.scalars(
                select(RatePlan).where(RatePlan.room_type_id == kind.id).order_by(RatePlan.name)
            ).all()
            for plan, slot in zip(plans, room["price_slots"], strict=True):
                external = f"{room['id']}:{slot['id']}"
                mappings.map_rate_plan(
                    connection, plan, RemoteRatePlan(external, slot["title"], str(room["id"]), plan.currency, None)
                )
