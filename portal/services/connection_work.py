"""What a person asks of a connection, and how far it is: a test, a full sync, reading the bookings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from portal import tenancy
from portal.db import now
from portal.extensions import db
from portal.models import (
    Connection,
    ConnectionState,
    Duty,
    DutyRow,
    Lane,
    RateMapping,
    RatePlan,
    RoomMapping,
    RoomType,
    SyncRun,
    SyncStatus,
    SyncType,
)
from portal.services import connections, drain, full_sync, switches
from portal.services.connection_health import Report
from portal.services.errors import Refused
from providers.registry import connector_class

RUNNING = (SyncStatus.PENDING, SyncStatus.IN_PROGRESS)
PATIENCE = timedelta(minutes=5)  # after that the page stops asking, and says where to look


@dataclass(frozen=True)
class Tested:
    """The result of the last test. `sentence` is the provider's."""

    ok: bool
    sentence: str
    at: datetime


@dataclass(frozen=True)
class Products:
    """How many of our room types and rate plans are mapped. `gone`: mapped, and no longer at the provider."""

    room_types: int
    rooms_mapped: int
    rooms_gone: int
    rate_plans: int
    plans_mapped: int
    plans_gone: int

    @property
    def unmapped(self) -> int:
        return max(0, self.room_types - self.rooms_mapped) + max(0, self.rate_plans - self.plans_mapped)

    @property
    def gone(self) -> int:
        return self.rooms_gone + self.plans_gone


@dataclass(frozen=True)
class Cost:
    """What a full sync takes: calls to the provider, and nights of each calendar."""

    calls: int
    nights: int
    calendars: int


@dataclass(frozen=True)
class Work:
    tested: Tested | None
    test_pending: bool
    pull_pending: bool
    pull: SyncRun | None  # the last reading of the bookings
    sync: SyncRun | None  # the last full sync
    sync_pending: bool
    products: Products
    cost: Cost


def of(report: Report) -> Work:
    """What was asked and what came of it, in two questions more than the report."""
    connection, runs, moment = report.connection, _newest_runs(report.connection.id), now()
    tested, sync, pull = last_test(connection), runs.get(SyncType.FULL_SYNC), runs.get(SyncType.RESERVATION_PULL)
    products, cost = _products(connection)
    return Work(
        tested=tested,
        test_pending=_asked(report.duties.get(Duty.CHANNELS), "test", tested.at if tested else None, moment),
        pull_pending=_asked(report.duties.get(Duty.DRAIN), "pull", pull.completed_at if pull else None, moment),
        pull=pull,
        sync=sync,
        sync_pending=sync is not None and sync.status in RUNNING and moment - sync.started_at < PATIENCE,
        products=products,
        cost=cost,
    )


def last_test(connection: Connection) -> Tested | None:
    kept = (connection.settings or {}).get("tested")
    if not kept:
        return None
    return Tested(bool(kept["ok"]), str(kept["sentence"]), datetime.fromisoformat(kept["at"]))


def obstacle(connection: Connection, *, reading: bool = False, off: switches.Off | None = None) -> str:
    """Why nothing can be sent (or read) now: setting_up, paused, broken, closing, disconnected, sync_off, push_off,
    pull_off, installation. Empty when it can. `off`: the master switches that are off, for who has asked already."""
    if connection.state is not ConnectionState.ACTIVE:
        return connection.state.value
    if not connection.sync_enabled:
        return "sync_off"
    what = "pull" if reading else "push"
    off = switches.turned_off(connection.provider) if off is None else off
    if not switches.installation_may(connection.provider, what, off):
        return "installation"
    return "" if switches.may(connection, what, off) else f"{what}_off"


def start_full_sync(connection: Connection) -> UUID:
    """Ask for a full sync and return its run; one that is on its way already counts. Raises `Refused`."""
    if obstacle(connection):
        raise Refused("Nothing can be sent now: the connection is paused, broken or switched off.")
    running = _newest_runs(connection.id).get(SyncType.FULL_SYNC)
    if running is not None and running.status in RUNNING and now() - running.started_at < PATIENCE:
        return running.id
    return full_sync.request(connection)


def read_bookings(connection: Connection) -> None:
    """Ask for the bookings to be read now. Raises `Refused`."""
    if obstacle(connection, reading=True):
        raise Refused("Nothing can be read now: the connection is paused, broken or switched off.")
    drain.request_pull(connection.id)


def resume(connection: Connection) -> None:
    """Go on after a pause. Raises `Refused` when it was not paused."""
    if connection.state not in (ConnectionState.PAUSED, ConnectionState.BROKEN):
        raise Refused("This connection is not paused.")
    connections.resume(connection)


def pause(connection: Connection, reason: str) -> None:
    """Stop sending and reading. Raises `Refused` when there is nothing to stop."""
    if connection.state is not ConnectionState.ACTIVE:
        raise Refused("This connection is not active.")
    connections.pause(connection, reason)


def _newest_runs(connection_id: UUID) -> dict[SyncType, SyncRun]:
    query = (
        select(SyncRun)
        .ext(distinct_on(SyncRun.type))
        .where(
            SyncRun.organization_id == tenancy.required(),
            SyncRun.connection_id == connection_id,
            SyncRun.type.in_((SyncType.FULL_SYNC, SyncType.RESERVATION_PULL)),
        )
        .order_by(SyncRun.type, SyncRun.id.desc())
        .execution_options(populate_existing=True)
    )
    return {run.type: run for run in db.session.scalars(query)}


def _asked(duty: DutyRow | None, wish: str, answered: datetime | None, moment: datetime) -> bool:
    """Whether somebody waits for this wish: asked, not answered since, and not for too long."""
    if duty is None or not duty.request.get(wish) or duty.due_at is None:
        return False
    return (answered is None or answered < duty.due_at) and moment - duty.due_at < PATIENCE


def _products(connection: Connection) -> tuple[Products, Cost]:
    ours, mine = tenancy.required(), connection.id
    types = select(func.count()).where(
        RoomType.organization_id == ours, RoomType.property_id == connection.property_id, RoomType.archived_at.is_(None)
    )
    plans = select(func.count()).where(
        RatePlan.organization_id == ours, RatePlan.property_id == connection.property_id, RatePlan.archived_at.is_(None)
    )
    # One that was archived stays mapped, closed; among those for sale it does not count.
    rooms_mapped = types.where(
        RoomMapping.organization_id == ours, RoomMapping.connection_id == mine, RoomMapping.room_type_id == RoomType.id
    )
    plans_mapped = plans.where(
        RateMapping.organization_id == ours, RateMapping.connection_id == mine, RateMapping.rate_plan_id == RatePlan.id
    )
    lanes = select(func.count()).where(Lane.organization_id == ours, Lane.connection_id == mine)
    kinds = select(func.count(Lane.kind.distinct())).where(Lane.organization_id == ours, Lane.connection_id == mine)
    questions = (
        types, rooms_mapped, rooms_mapped.where(RoomMapping.missing),
        plans, plans_mapped, plans_mapped.where(RateMapping.missing), kinds, lanes,
    )  # fmt: skip
    found = db.session.execute(select(*(question.scalar_subquery() for question in questions))).one()
    nights = connector_class(connection.provider).horizon_days
    return Products(*found[:6]), Cost(found[6], nights, found[7])
