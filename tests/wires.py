"""A connected hotel for the tests of the wires' pages: set up at the sandbox by the very jobs a worker runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.nights import windows_of
from portal.extensions import db
from portal.models import Connection, InboxMessage, Lane, RateDay, Role, SyncRun, SyncType, User, WebhookEvent
from portal.services import connections, drain, lanes, provision, push
from tests import factories
from tests.house import Sandbox


@dataclass(frozen=True)
class Wired:
    """A house with a room type, a plan and a connection. `double` is the room type's id, `plan` the rate plan's."""

    house: factories.House
    connection_id: UUID
    double: UUID
    plan: UUID

    def url(self, path: str = "connections") -> str:
        return f"/p/{self.house.property_id}/{path}"

    def card(self, act: str) -> str:
        return f"/p/{self.house.property_id}/connections/{self.connection_id}/{act}"


def wire(*, set_up: bool = False, **facts: Any) -> Wired:
    """Alice's house, connected. `set_up`: a worker has created it at the sandbox and sent its calendar."""
    house = factories.alices_house(**facts)
    double = factories.make_room_type(house.property)
    plan = factories.make_rate_plan(double)
    double_id, plan_id = double.id, plan.id
    with tenancy.of(house.organization_id):
        connection_id = connections.create(house.property, "channex").id
    wired = Wired(house, connection_id, double_id, plan_id)
    if set_up:
        work(wired, "provision", "push")
    return wired


def work(wired: Wired, *duties: str) -> None:
    """Do what a worker would do for the connection, in this process."""
    does = {"provision": provision.run, "push": push.push, "drain": drain.drain, "channels": connections.check}
    with tenancy.of(wired.house.organization_id):
        for duty in duties:
            does[duty](wired.connection_id)
        db.session.commit()
        # A test's requests share its session: what they read before is old now.
        for row in list(db.session.identity_map.values()):
            if isinstance(row, Connection | InboxMessage | Lane | SyncRun | WebhookEvent):
                db.session.expire(row)


@contextmanager
def inside(wired: Wired) -> Iterator[Connection]:
    """Work for the house's organization; yields the connection as the database has it."""
    with tenancy.of(wired.house.organization_id):
        connection = connections.find(wired.house.property_id, wired.connection_id)
        db.session.refresh(connection)
        yield connection


def alice(wired: Wired) -> User:
    return db.session.merge(wired.house.owner)


def viewer(wired: Wired) -> User:
    """Bob, who may only look."""
    return factories.make_bob(wired.house, Role.VIEWER)


def text(answer: Any) -> str:
    """The page's text with its blanks folded, as a person reads it."""
    return " ".join(answer.get_data(as_text=True).split())


def price_nothing(wired: Wired, *days: int) -> list[date]:
    """Write a price of 0.00 for the nights so many days from today, which no form lets through and Channex refuses."""
    with inside(wired), unit_of_work():
        nights = [datetime.now(UTC).date() + timedelta(days=number) for number in days]
        for night in nights:
            db.session.add(RateDay(rate_plan_id=wired.plan, night=night, rate=Decimal(0)))
        db.session.flush()
        lanes.mark(wired.house.property_id, rate_plans=[wired.plan], windows=windows_of(nights), cause="nightly prices")
    return nights


def deliver(wired: Wired, body: object, **facts: Any) -> UUID:
    """A delivery as the receiving route leaves it, and its id. `body` is sent as JSON unless it is bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    values = {"address": "198.51.100.7", "route": "global", "headers": {"user-agent": "Channex"}, **facts}
    with inside(wired), unit_of_work():
        event = WebhookEvent(connection_id=wired.connection_id, size=len(raw), **values)
        event.body = raw
        db.session.add(event)
        db.session.flush()
        return event.id


def book(wired: Wired, sandbox: Sandbox, days: int = 5) -> dict[str, Any]:
    """A guest books two nights at the simulated Booking.com; what Channex would post about it."""
    with inside(wired) as connection:
        external = connection.external_property_id
    sandbox.control("POST", f"properties/{external}/channels", json={"code": "BDC"})
    wish = {"ota": "BDC", "check_in": str(datetime.now(UTC).date() + timedelta(days=days)), "nights": 2}
    booking = sandbox.control("POST", f"ota/{external}/book", json=wish)
    payload = {"booking_id": booking["booking_id"], "revision_id": booking["revision_id"], "property_id": external}
    return {"event": "booking", "property_id": external, "payload": payload}


def keep(row: Any) -> None:
    """Write one row as it is."""
    db.session.add(row)
    db.session.commit()


def newest_run(type: SyncType) -> UUID:
    """The id of the newest run of a type."""
    return db.session.scalars(select(SyncRun.id).where(SyncRun.type == type).order_by(SyncRun.id.desc())).first()
