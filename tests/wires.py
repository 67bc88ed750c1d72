"""A connected hotel for the tests of the wires' pages: set up at the sandbox by the very jobs a worker runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from portal import tenancy
from portal.extensions import db
from portal.models import Connection, Role, User
from portal.services import connections, drain, provision, push
from tests import factories


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


def wire(*, set_up: bool = False) -> Wired:
    """Alice's house, connected. `set_up`: a worker has created it at the sandbox and sent its calendar."""
    house = factories.alices_house()
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
