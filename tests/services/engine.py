"""A hotel connected to the simulated Channex, and the few words the engine's tests are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import select, update

from demo.processes import until
from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain import calendar as cal
from portal.domain.nights import local_today
from portal.extensions import db, runtime
from portal.models import (
    Conflict,
    Connection,
    DutyRow,
    InboxMessage,
    Incident,
    Lane,
    Property,
    RatePlan,
    Reservation,
    ReservationRoom,
    Room,
    RoomType,
    SyncRun,
)
from portal.services import drain, organizations, provision, push, rate_days
from portal.services.lanes import windows_of
from providers.types import LaneKind
from tests.house import Sandbox

ZONE = "Europe/Lisbon"


@dataclass
class House:
    """One property with its connection. Its tests run inside its organization's tenancy."""

    sandbox: Sandbox
    organization_id: UUID
    property_id: UUID
    connection_id: UUID
    types: list[UUID]
    plans: list[UUID]

    # What the tests of both connectors say, where the two simulations say it differently.
    prices_path = "/restrictions"
    units_path = "/availability"
    reads_path = "/booking_revisions"
    nights = 500

    @property
    def connection(self) -> Connection:
        return fresh(Connection, Connection.id == self.connection_id)[0]

    @property
    def external_id(self) -> str:
        return self.connection.external_property_id or ""

    # -- the other side ------------------------------------------------------------------------

    def book(self, **wishes: Any) -> dict[str, Any]:
        """A guest books at an OTA; `ota`, `check_in`, `nights`, `rooms`, `force`, `unmapped`, `code` may be named."""
        return self._trade("book", {"ota": "BDC", "check_in": self.day(5).isoformat(), "nights": 2, **wishes})

    def modify(self, booking: Mapping[str, Any], **wishes: Any) -> dict[str, Any]:
        return self._trade("modify", {"booking_id": booking["booking_id"], **wishes})

    def cancel(self, booking: Mapping[str, Any]) -> dict[str, Any]:
        return self._trade("cancel", {"booking_id": booking["booking_id"]})

    def _trade(self, verb: str, wishes: dict[str, Any]) -> dict[str, Any]:
        return self.sandbox.control("POST", f"ota/{self.external_id}/{verb}", json=wishes)

    def revision(self, attributes: dict[str, Any], status: str = "new", **facts: Any) -> dict[str, Any]:
        """Any revision at all, also nonsense; `booking_id` and `adjust` may be named."""
        body = {"property_id": self.external_id, "status": status, "attributes": attributes, "webhooks": False}
        return self.sandbox.control("POST", "revisions", json={**body, **facts})

    def fault(self, kind: str, **facts: Any) -> None:
        self.sandbox.control("POST", "faults", json={"kind": kind, **facts})

    def heal(self) -> None:
        self.sandbox.control("DELETE", "faults")

    def calls(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """The calls about this property, oldest first."""
        query = {"property_id": self.external_id, **({"endpoint": endpoint} if endpoint else {})}
        return self.sandbox.control("GET", "journal", params=query)["calls"]

    def forget_calls(self) -> None:
        self.sandbox.control("DELETE", "journal")

    def ari_calls(self) -> int:
        return len(self.calls("POST /availability")) + len(self.calls("POST /restrictions"))

    def calendar(self, first: date, last: date) -> dict[str, Any]:
        span = {"first": first.isoformat(), "last": last.isoformat()}
        return self.sandbox.control("GET", f"calendar/{self.external_id}", params=span)

    def left(self, night: date, room_type: int = 0) -> int:
        """The units the OTAs may sell that night."""
        external = self.lane(self.types[room_type]).external_id
        return self.calendar(night, night)["availability"][external][night.isoformat()]

    def price(self, night: date, plan: int = 0) -> dict[str, Any]:
        """The cell the OTAs have for a plan that night."""
        external = self.lane(self.plans[plan]).external_id
        return self.calendar(night, night)["rate_plans"][external][night.isoformat()]

    def price_calls(self) -> int:
        return len(self.calls("POST /restrictions"))

    def units_calls(self) -> int:
        return len(self.calls("POST /availability"))

    def unacknowledged(self) -> int:
        return self.sandbox.control("GET", "feed")["unacked"]

    # -- our side ------------------------------------------------------------------------------

    def day(self, number: int) -> date:
        """The night so many days from the property's today."""
        today = local_today(now(), ZONE)
        end_reading()
        return today + timedelta(days=number)

    def pull(self) -> None:
        """Read the feed, apply, and send what came of it: what the workers do after a webhook."""
        self.receive()
        self.push()

    def receive(self) -> None:
        drain.request_pull(self.connection_id)
        assert drain.drain(self.connection_id)

    def push(self) -> None:
        self.due()
        assert push.push(self.connection_id)

    def due(self) -> None:
        """Let the waiting time of retries be over."""
        with unit_of_work():
            db.session.execute(update(DutyRow).where(DutyRow.connection_id == self.connection_id).values(retry_at=None))

    def set_price(self, rate: str, *numbers: int, plan: int = 0, **cell: Any) -> None:
        nights = [self.day(number) for number in numbers]
        edit = rate_days.DayEdit(self.plans[plan], nights, {"rate": Decimal(rate), **cell})
        rate_days.set_days(self.property_id, [edit])

    def acknowledged(self, night: date, plan: int = 0) -> Any:
        """What we believe the OTAs have for a plan that night; None: unknown."""
        lane = self.lane(self.plans[plan])
        known = cal.forget(cal.decode(lane.acknowledged, LaneKind.RATES), windows_of(lane.forgotten))
        return known.get(night)

    def lane(self, subject_id: UUID) -> Lane:
        return fresh(Lane, (Lane.room_type_id == subject_id) | (Lane.rate_plan_id == subject_id))[0]

    def reservations(self) -> list[Reservation]:
        return fresh(Reservation, Reservation.property_id == self.property_id)

    def reservation(self) -> Reservation:
        (found,) = self.reservations()
        return found

    def rooms(self, reservation: Reservation) -> list[ReservationRoom]:
        return fresh(ReservationRoom, ReservationRoom.reservation_id == reservation.id)

    def messages(self) -> list[InboxMessage]:
        return fresh(InboxMessage, InboxMessage.connection_id == self.connection_id)

    def incidents(self) -> set[str]:
        """The causes that are open."""
        return {row.message for row in fresh(Incident, Incident.resolved_at.is_(None))}

    def conflicts(self) -> list[Conflict]:
        return fresh(Conflict, Conflict.resolved_at.is_(None))

    def runs(self) -> list[SyncRun]:
        return fresh(SyncRun, SyncRun.connection_id == self.connection_id)

    def duty(self, name: str) -> DutyRow:
        (found,) = fresh(DutyRow, DutyRow.connection_id == self.connection_id, DutyRow.duty == name)
        return found


def fresh(model: Any, *conditions: Any) -> list[Any]:
    """The rows as the database has them now, oldest first."""
    query = select(model).where(*conditions).execution_options(populate_existing=True)
    if hasattr(model, "id"):
        query = query.order_by(model.id)
    found = list(db.session.scalars(query))
    end_reading()
    return found


def build_property(types: int = 1, rooms: int = 3, plans: int = 1, name: str = "Sea", zone: str = ZONE) -> Property:
    """A property that can be sold, of the organization in whose tenancy the caller works."""
    with unit_of_work():
        property = Property(name=name, currency="EUR", timezone=zone, country="PT")
        db.session.add(property)
        db.session.flush()
        for number in range(types):
            kind = RoomType(
                property_id=property.id, name=f"Type {number}", max_adults=3, default_occupancy=2, position=number
            )
            db.session.add(kind)
            db.session.flush()
            for room in range(rooms):
                db.session.add(Room(property_id=property.id, room_type_id=kind.id, number=f"{number}-{room}"))
            for plan in range(plans):
                rate = Decimal(100 + number + 10 * plan)
                facts = {"name": f"Plan {plan}", "currency": "EUR", "base_rate": rate, "position": plan}
                db.session.add(RatePlan(property_id=property.id, room_type_id=kind.id, **facts))
    return property


def connect(sandbox: Sandbox, property: Property) -> House:
    """Create the property at the simulated Channex and send its calendar; one OTA sells it."""
    connection = provision.request(property)
    assert provision.run(connection.id)
    types = fresh(RoomType, RoomType.property_id == property.id)
    plans = fresh(RatePlan, RatePlan.property_id == property.id)
    house = House(
        sandbox,
        tenancy.required(),
        property.id,
        connection.id,
        [row.id for row in types],
        [row.id for row in plans],
    )
    house.push()
    sandbox.control("POST", f"properties/{house.external_id}/channels", json={"code": "BDC"})
    house.forget_calls()
    return house


def found_organization(name: str) -> UUID:
    return organizations.create(name).id


def open_house(sandbox: Sandbox, **shape: Any) -> House:
    """A connected property of the organization in whose tenancy the caller works."""
    return connect(sandbox, build_property(**shape))


def announce(client: FlaskClient, body: Any, *, path: str = "/api/webhooks/channex", secret: str | None = None) -> int:
    """Post a delivery as Channex would; the status of the answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    shown = runtime.settings.channex_webhook_secret if secret is None else secret
    return client.post(
        path, data=raw, content_type="application/json", headers={"X-Channex-Webhook-Secret": shown or ""}
    ).status_code


def booking_event(external_property_id: str, booking: Mapping[str, Any]) -> dict[str, Any]:
    """What Channex posts when a booking has news."""
    ids = {"booking_id": booking["booking_id"], "revision_id": booking["revision_id"]}
    return {
        "event": "booking",
        "property_id": external_property_id,
        "payload": {**ids, "property_id": external_property_id},
        "user_id": None,
        "timestamp": "2026-11-01T10:00:00.000000Z",
    }


@contextmanager
def settings(**changes: Any) -> Iterator[None]:
    """Run with some settings changed."""
    usual = runtime.settings
    runtime.settings = replace(usual, **changes)
    try:
        yield
    finally:
        runtime.settings = usual


@contextmanager
def beside(house: House, work: Callable[[], object]) -> Iterator[None]:
    """Do `work` as another worker would, meanwhile; the end of the block waits for it and raises its errors."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def run() -> None:
        with app.app_context(), tenancy.of(house.organization_id):
            try:
                work()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(run)
        yield
        running.result(30)


def eventually(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something is true; fail when it is not within the time."""
    assert any(true() for _ in until(seconds)), "it did not become true in time"
