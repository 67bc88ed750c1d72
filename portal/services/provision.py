"""Creating our hotel at a provider: group, property, room types, rate plans, webhook.

Every item is its own step: looked for, created, written down. Killed anywhere and run again it adopts
what is there and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from portal import queue, tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db
from portal.models import (
    Connection,
    ConnectionState,
    Duty,
    Organization,
    Property,
    ProviderAccount,
    RatePlan,
    Room,
    RoomType,
    SyncStatus,
    SyncType,
)
from portal.models.base import new_id
from portal.services import (
    activation,
    adoption,
    audit,
    connection_state,
    connections,
    connectors,
    duties,
    mappings,
    remote_products,
    sync_runs,
    webhook_setup,
)
from providers.errors import NotSupported, ProviderError
from providers.registry import connector_class
from providers.types import RemoteRatePlan, RemoteRoomType

log = structlog.get_logger()


def request(property: Property, provider: str = "channex") -> Connection:
    """Connect a property and ask a worker to create it at the provider."""
    return connections.create(property, provider)


def request_repair(connection: Connection) -> None:
    """Ask a worker to make anew what was deleted at the provider, and to add what we have since."""
    with unit_of_work():
        duties.request(connection.id, Duty.PROVISION)


def wish(rate_plan_id: UUID) -> str:
    """The word in the duty's request that asks for one more rate plan at a connection that works already."""
    return f"plan:{rate_plan_id}"


def run(connection_id: UUID) -> bool:
    """The duty. False when another worker is at it."""
    lease = duties.claim(connection_id, Duty.PROVISION)
    if lease is None:
        return False
    connection = duties.connection(connection_id)
    with unit_of_work():
        run_id = sync_runs.begin(
            connection, SyncType.MAPPING_SYNC, "person", attempt=lease.attempts + 1, status=SyncStatus.IN_PROGRESS
        )
    line = connectors.line_for(connection)
    creates = connector_class(connection.provider).can("create_property")
    steps = (Steps if creates else adoption.Steps)(lease, connection, line, run_id)
    try:
        steps.all()
    except adoption.Waits as waits:
        with unit_of_work():
            sync_runs.keep_calls(connection, run_id, steps.line.calls)
            sync_runs.finish(run_id, SyncStatus.COMPLETED, processed=sum(steps.done.values()), summary=steps.done)
        duties.later(lease, str(waits), retry_after=adoption.LOOK_AGAIN, counts=False)
        queue.ring_now(Duty.DRAIN.value, connection.organization_id, connection.id)
        return True
    except ProviderError as error:
        with unit_of_work():
            connection_state.run_failed(connection, run_id, steps.line.calls, error, steps.done)
        duties.later(lease, str(error), retry_after=getattr(error, "retry_after", None))
        return True
    except duties.LeaseLost:
        log.warning("provision_lease_lost", connection_id=str(connection_id))
        return True
    with unit_of_work():
        sync_runs.keep_calls(connection, run_id, steps.line.calls)
        sync_runs.finish(run_id, SyncStatus.COMPLETED, processed=sum(steps.done.values()), summary=steps.done)
    duties.done(lease)
    return True


class Steps:
    """The steps of one run, each safe to repeat."""

    def __init__(self, lease: duties.Lease, connection: Connection, line: connectors.Line, run_id: UUID) -> None:
        self.lease = lease
        self.connection = connection
        self.line = line
        self.connector = line.connector
        self.run_id = run_id
        self.done: dict[str, int] = {"room_types": 0, "rate_plans": 0}

    def all(self) -> None:
        added = {UUID(word.partition(":")[2]) for word in self.lease.request if word.startswith("plan:")}
        if added and self.connection.state not in (ConnectionState.SETTING_UP, ConnectionState.BROKEN):
            self.added(added)
            return
        group_id = self.group()
        property_id = self.property(group_id)
        remote = {room.external_id: room for room in self.connector.fetch_products(property_id)}
        self.rooms(property_id, remote)
        self.plans(property_id, remote)
        self._at("webhook")
        webhook_setup.register(self.connection, self.line, self.lease)
        activation.activate(self.connection, self.lease)
        self.products(property_id)

    def added(self, plans: Collection[UUID]) -> None:
        """Create these plans only: everything else works, and what a person left unmapped stays so.

        Nothing is activated by it: a connection that was paused meanwhile stays so, one that ends gets nothing new.
        """
        property_id, state = self.connection.external_property_id, self.connection.state
        end_reading()
        if property_id is None or state not in (ConnectionState.ACTIVE, ConnectionState.PAUSED):
            return
        remote = {room.external_id: room for room in self.connector.fetch_products(property_id)}
        self.plans(property_id, remote, plans)
        self.products(property_id)

    def group(self) -> str | None:
        account = db.session.scalar(
            select(ProviderAccount).where(
                ProviderAccount.organization_id == tenancy.required(),
                ProviderAccount.provider == self.connection.provider,
            )
        )
        title = db.session.scalar(select(Organization.name).where(Organization.id == tenancy.required())) or ""
        known = account.external_id if account else None
        end_reading()
        self._at("group")
        try:
            group_id = self.connector.ensure_group(title, known)
        except NotSupported:
            return None
        if account is not None and group_id == known:
            return group_id
        with unit_of_work():
            duties.renew(self.lease)
            if account is not None:
                account.external_id = group_id
                return group_id
            # Two hotels of one company may be created at the same moment: the first group counts, the
            # other stays behind empty.
            mine = insert(ProviderAccount).values(
                organization_id=tenancy.required(), id=new_id(), provider=self.connection.provider, external_id=group_id
            )
            db.session.execute(mine.on_conflict_do_nothing(index_elements=["organization_id", "provider"]))
            return self._account_id()

    def _account_id(self) -> str:
        return db.session.execute(
            select(ProviderAccount.external_id).where(
                ProviderAccount.organization_id == tenancy.required(),
                ProviderAccount.provider == self.connection.provider,
            )
        ).scalar_one()

    def property(self, group_id: str | None) -> str:
        if self.connection.external_property_id:
            return self.connection.external_property_id
        details = db.session.scalars(select(Property).where(Property.id == self.connection.property_id)).one()
        end_reading()
        self._at("property")
        found = self.connector.find_property(details.name, group_id) if group_id else None
        external_id = found or self.connector.create_property(details, group_id)
        with unit_of_work():
            duties.renew(self.lease)
            self.connection.external_property_id = external_id
            audit.record(
                "connection.property_created",
                "connection",
                self.connection.id,
                {"external_property_id": (None, external_id)},
                property_id=self.connection.property_id,
            )
        return external_id

    def rooms(self, property_id: str, remote: dict[str, RemoteRoomType]) -> None:
        mapped = {row.room_type_id: row for row in mappings.rooms_of(self.connection.id)}
        taken = {row.external_id for row in mapped.values()}
        for room_type, units in self._room_types():
            known = mapped.get(room_type.id)
            if known is not None and known.external_id in remote:
                continue
            end_reading()
            self._at("room_type", room_type.id)
            same = next((r for r in remote.values() if r.name == room_type.name and r.external_id not in taken), None)
            external_id = same.external_id if same else self.connector.create_room_type(property_id, room_type, units)
            taken.add(external_id)
            with unit_of_work():
                duties.renew(self.lease)
                if known is not None:  # deleted there: made anew
                    mappings.repoint(self.connection, known, external_id)
                else:
                    mappings.map_room_type(self.connection, room_type, external_id, room_type.name)
            self._progress("room_types")

    def plans(self, property_id: str, remote: dict[str, RemoteRoomType], only: Collection[UUID] | None = None) -> None:
        mapped = {row.rate_plan_id: row for row in mappings.plans_of(self.connection.id)}
        taken = {row.external_id for row in mapped.values()}
        there = {plan.external_id for room in remote.values() for plan in room.rate_plans}
        rooms = {row.room_type_id: row.external_id for row in mappings.rooms_of(self.connection.id)}
        for plan, room_type in self._rate_plans():
            if only is not None and plan.id not in only:
                continue
            known = mapped.get(plan.id)
            if room_type.id not in rooms or (known is not None and known.external_id in there):
                continue
            end_reading()
            self._at("rate_plan", plan.id)
            external_room = rooms[room_type.id]
            beside = remote.get(external_room)
            names = (plan.name, f"{plan.name} - {room_type.name}")
            others = [p for p in (beside.rate_plans if beside else ()) if p.external_id not in taken]
            found = next((p for p in others if p.name in names), None)
            if found is None:
                external_id = self.connector.create_rate_plan(
                    property_id, external_room, plan.name, plan.currency, room_type.max_adults, plan.meal_plan
                )
                found = RemoteRatePlan(external_id, plan.name, external_room, plan.currency, room_type.max_adults)
            taken.add(found.external_id)
            with unit_of_work():
                duties.renew(self.lease)
                if known is not None:
                    mappings.repoint(self.connection, known, found.external_id)
                else:
                    mappings.map_rate_plan(self.connection, plan, found)
            self._progress("rate_plans")

    def _at(self, kind: str, subject_id: UUID | None = None) -> None:
        """Say what is being made, so that a page can name what failed."""
        sync_runs.progress(self.run_id, {"at": kind, "subject": str(subject_id or "")})

    def products(self, property_id: str) -> None:
        """The list as it is now, for the mapping page: what was there and is not ours is undecided."""
        end_reading()
        found = self.connector.fetch_products(property_id)
        with unit_of_work():
            duties.renew(self.lease)
            remote_products.keep(self.connection, found)

    def _progress(self, what: str) -> None:
        self.done[what] += 1
        sync_runs.progress(self.run_id, self.done)

    def _room_types(self) -> list[tuple[RoomType, int]]:
        units = (
            select(Room.room_type_id, func.count().label("units"))
            .where(Room.organization_id == tenancy.required(), Room.archived_at.is_(None))
            .group_by(Room.room_type_id)
            .subquery()
        )
        rows = db.session.execute(
            select(RoomType, func.coalesce(units.c.units, 0))
            .outerjoin(units, units.c.room_type_id == RoomType.id)
            .where(
                RoomType.organization_id == tenancy.required(),
                RoomType.property_id == self.connection.property_id,
                RoomType.archived_at.is_(None),
            )
            .order_by(RoomType.position, RoomType.id)
        )
        return [(row[0], row[1]) for row in rows]

    def _rate_plans(self) -> list[tuple[RatePlan, RoomType]]:
        rows: Any = db.session.execute(
            select(RatePlan, RoomType)
            .join(
                RoomType,
                (RoomType.organization_id == RatePlan.organization_id) & (RoomType.id == RatePlan.room_type_id),
            )
            .where(
                RatePlan.organization_id == tenancy.required(),
                RatePlan.property_id == self.connection.property_id,
                RatePlan.archived_at.is_(None),
            )
            .order_by(RoomType.position, RatePlan.position, RatePlan.id)
        )
        return [(row[0], row[1]) for row in rows]
