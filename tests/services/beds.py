"""A hotel connected to the simulated Beds24: the same words as `engine.House`, said to the other simulation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import update

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import Connection, DutyRow, Property, ProviderLogin, RatePlan, RoomType
from portal.services import connections, drain, mappings, provision
from providers.types import RemoteRatePlan
from tests.house import Sandbox
from tests.services import engine

OTAS = {"BDC": "booking", "ABB": "airbnb", "EXP": "expedia"}


class BedsHouse(engine.House):
    """Its endpoint for prices and for units is one and the same; there is no feed to read or to acknowledge."""

    prices_path = "/inventory/rooms/calendar"
    units_path = "/inventory/rooms/calendar"
    reads_path = "/bookings"
    nights = 365

    def _trade(self, verb: str, wishes: dict[str, Any]) -> dict[str, Any]:
        wishes = {**wishes, "ota": OTAS.get(wishes.get("ota", ""), wishes.get("ota"))}
        return self.sim("POST", f"ota/{self.external_id}/{verb}", json=wishes)

    def sim(self, method: str, path: str, **arguments: Any) -> Any:
        """One of the simulation's controls."""
        return self.sandbox.control(method, f"beds24/{path}", **arguments)

    def fault(self, kind: str, **facts: Any) -> None:
        self.sim("POST", "faults", json={"kind": kind, **facts})

    def heal(self) -> None:
        self.sim("DELETE", "faults")
        self.sim("DELETE", "quirks")

    def calls(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        query = {"property_id": self.external_id, **({"endpoint": endpoint} if endpoint else {})}
        return self.sim("GET", "journal", params=query)["calls"]

    def all_calls(self) -> list[dict[str, Any]]:
        """Those too that name no property, such as a renewal."""
        return self.sim("GET", "journal")["calls"]

    def forget_calls(self) -> None:
        self.sim("DELETE", "journal")

    def ari_calls(self) -> int:
        return len(self.calls("POST /inventory/rooms/calendar"))

    def price_calls(self) -> int:
        bodies = [call["request_body"] for call in self.calls("POST /inventory/rooms/calendar")]
        return sum("override" in body for body in bodies)

    def units_calls(self) -> int:
        return self.ari_calls() - self.price_calls()

    def _room(self, night: date, external: str) -> dict[str, Any]:
        span = {"first": night.isoformat(), "last": night.isoformat()}
        rooms = self.sim("GET", f"calendar/{self.external_id}", params=span)["rooms"]
        return next(room for room in rooms if str(room["roomId"]) == external)

    def left(self, night: date, room_type: int = 0) -> int:
        return self._room(night, self.lane(self.types[room_type]).external_id)["free"][0]

    def price(self, night: date, plan: int = 0) -> dict[str, Any]:
        external, _, slot = self.lane(self.plans[plan]).external_id.partition(":")
        (entry,) = self._room(night, external)["calendar"]
        price = entry.get(f"price{slot}")
        return {**entry, "rate": None if price is None else f"{price:.2f}"}

    def unacknowledged(self) -> int:
        return 0

    def holds(self, code: str) -> list[dict[str, Any]]:
        """The bookings of an OTA's code as Beds24 has them."""
        rows = self.sim("GET", "ledger", params={"property_id": self.external_id})["bookings"]
        return [row for row in rows if row["code"] == code]

    @property
    def login(self) -> ProviderLogin:
        (found,) = engine.fresh(ProviderLogin, ProviderLogin.id == self.connection.login_id)
        return found

    def edit_login(self, **values: Any) -> None:
        """Change what is kept of the account, behind everybody's back."""
        with unit_of_work():
            db.session.execute(update(ProviderLogin).where(ProviderLogin.id == self.login.id).values(**values))


def build_there(sandbox: Sandbox, property: Property, **more: Any) -> dict[str, Any]:
    """The same hotel at Beds24, as a person has set it up there; with an invite code."""
    types = engine.fresh(RoomType, RoomType.property_id == property.id)
    rooms = engine.fresh(engine.Room, engine.Room.property_id == property.id)
    plans = engine.fresh(RatePlan, RatePlan.property_id == property.id)
    description = {
        "title": property.name,
        "currency": property.currency,
        "timezone": property.timezone,
        "channels": ["booking", "airbnb"],
        "room_types": [
            {
                "title": kind.name,
                "units": sum(room.room_type_id == kind.id for room in rooms),
                "occ": 3,
                "rate_plans": [
                    {"title": plan.name, "slot": slot, "rate": 9_900}
                    for slot, plan in enumerate((plan for plan in plans if plan.room_type_id == kind.id), 1)
                ],
            }
            for kind in types
        ],
        **more,
    }
    return sandbox.control("POST", "beds24/provision", json={"properties": [description]})


def map_everything(connection: Connection, there: Mapping[str, Any]) -> None:
    """Map room types and plans in the order they stand in, as a person does on the mapping page."""
    types = engine.fresh(RoomType, RoomType.property_id == connection.property_id)
    plans = engine.fresh(RatePlan, RatePlan.property_id == connection.property_id)
    with unit_of_work():
        for kind, room in zip(types, there["room_types"], strict=True):
            mappings.map_room_type(connection, kind, str(room["id"]), room["title"])
            mine = [plan for plan in plans if plan.room_type_id == kind.id]
            for plan, slot in zip(mine, room["price_slots"], strict=True):
                external = f"{room['id']}:{slot['id']}"
                mappings.map_rate_plan(
                    connection, plan, RemoteRatePlan(external, slot["title"], str(room["id"]), plan.currency, None)
                )


def connect(sandbox: Sandbox, property: Property, **more: Any) -> BedsHouse:
    """Connect a property by an invite code, step by step as people and workers do, and send its calendar."""
    built = build_there(sandbox, property, **more)
    connection = connections.create(property, "beds24", code=built["code"])
    assert provision.run(connection.id)
    there = built["properties"][0]
    connections.choose_property(connection, str(there["id"]))
    map_everything(connection, there)
    begin(connection)
    house = house_of(sandbox, connection)
    house.push()
    house.forget_calls()
    return house


def house_of(sandbox: Sandbox, connection: Connection) -> BedsHouse:
    return BedsHouse(
        sandbox,
        tenancy.required(),
        connection.property_id,
        connection.id,
        [row.id for row in engine.fresh(RoomType, RoomType.property_id == connection.property_id)],
        [row.id for row in engine.fresh(RatePlan, RatePlan.property_id == connection.property_id)],
    )


def begin(connection: Connection) -> None:
    """Start, as the button does: what is booked there is applied before anything is sent."""
    connections.start(connection)
    for _ in range(3):
        with unit_of_work():
            db.session.execute(update(DutyRow).where(DutyRow.connection_id == connection.id).values(retry_at=None))
        assert provision.run(connection.id)
        db.session.refresh(connection)
        if connection.state == "active":
            return
        assert drain.drain(connection.id)
    raise AssertionError(f"the connection is still {connection.state}")
