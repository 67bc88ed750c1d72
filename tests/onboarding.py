"""Walking a set-up as Alice does: the forms she sends, and the work the workers do meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask.testing import FlaskClient
from sqlalchemy import select

from portal import tenancy
from portal.extensions import db
from portal.models import Connection, Onboarding, RatePlan, RoomType
from portal.services import connections, parity, provision, push
from tests.factories import House, make_organization, make_user

PROPERTY = {
    "name": "Seaview Faro", "country": "PT", "currency": "EUR", "timezone": "Europe/Lisbon", "city": "Faro",
    "check_in_from": "15:00", "check_out_until": "11:00",
}  # fmt: skip
DUTIES = {"provision": provision.run, "push": push.push, "parity": parity.check, "channels": connections.check}


def owner() -> tuple[UUID, Any]:
    """Alice, who has just signed up: (her organization's id, herself). She has no property."""
    alice = make_user("Alice Marques")
    return make_organization("Seaview Hotels", alice).id, alice


def room_fields(*rows: dict[str, str]) -> dict[str, list[str]]:
    """The second form as a browser sends it."""
    names = ("key", "name", "count", "adults", "children", "numbers")
    usual = {"adults": "2", "children": "0", "numbers": ""}
    made = [{"key": str(uuid4()), **usual, **row} for row in rows]
    return {name: [row.get(name, "") for row in made] for name in names}


def plan_fields(organization_id: UUID, draft_id: UUID, *prices: str, **more: Any) -> dict[str, Any]:
    """The third form with a price for each room type, else as it is offered."""
    with tenancy.of(organization_id):
        draft = db.session.get(Onboarding, (organization_id, draft_id), populate_existing=True)
        keys = [row["key"] for row in draft.answers["rooms"]]
    said = {f"price-{key}": price for key, price in zip(keys, prices, strict=True)}
    return {
        "name": "Flexible", "meal": "room_only", "policy": "", "uplift": "", **said,
        "plan": ["Non-refundable"], "plan-change": ["-10"], "plan-unit": ["percent"], "plan-meal": [""],
        "plan-policy": [""], **more,
    }  # fmt: skip


class Walk:
    """One draft, walked with the test client."""

    def __init__(self, client: FlaskClient, organization_id: UUID) -> None:
        self.client, self.organization_id, self.draft_id = client, organization_id, uuid4()

    def url(self, step: str = "") -> str:
        root = f"/o/{self.organization_id}/start"
        return f"{root}/{self.draft_id}/{step}" if step else root

    def describe(self, *prices: str, rows: tuple[dict[str, str], ...] = (), **hotel: str) -> None:
        """The three first forms."""
        rows = rows or ({"name": "Double", "count": "3"},)
        first = self.client.post(self.url(), data={"draft_id": str(self.draft_id), **PROPERTY, **hotel})
        assert first.status_code == 303, first.text
        second = self.client.post(self.url("rooms"), data=room_fields(*rows))
        assert second.status_code == 303, second.text
        fields = plan_fields(self.organization_id, self.draft_id, *(prices or ("120",)))
        third = self.client.post(self.url("plans"), data=fields)
        assert third.status_code == 303, third.text

    def choose(self, route: str = "channex:BDC") -> None:
        answer = self.client.post(self.url("connect"), data={"route": route})
        assert answer.status_code == 303, answer.text

    def draft(self) -> Onboarding:
        with tenancy.of(self.organization_id):
            found = db.session.get(Onboarding, (self.organization_id, self.draft_id), populate_existing=True)
        assert found is not None
        return found

    def connection(self) -> Connection:
        with tenancy.of(self.organization_id):
            return db.session.scalars(select(Connection).execution_options(populate_existing=True)).one()

    def work(self, *duties: str) -> None:
        """What the workers would do."""
        connection_id = self.connection().id
        with tenancy.of(self.organization_id):
            for duty in duties:
                DUTIES[duty](connection_id)
            db.session.commit()

    def rows(self, model: type[RoomType] | type[RatePlan]) -> list[Any]:
        with tenancy.of(self.organization_id):
            query = select(model).where(model.archived_at.is_(None)).order_by(model.position)
            return list(db.session.scalars(query.execution_options(populate_existing=True)))

    def page(self, step: str) -> str:
        """The text of a step's page, its blanks folded."""
        answer = self.client.get(self.url(step))
        assert answer.status_code == 200, (step, answer.status_code, answer.location)
        return " ".join(answer.get_data(as_text=True).split())


def of(house: House, client: FlaskClient) -> Walk:
    """A walk in an organization that has a hotel already."""
    return Walk(client, house.organization_id)
