"""Reading the provider's calendar back: what was seen and when, and what drifted is sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select, update

from portal import queue, tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain import calendar as cal
from portal.domain.nights import Window, windows_of
from portal.domain.problems import Category, Trouble
from portal.extensions import db, runtime
from portal.models import Connection, ConnectionState, Duty, Lane, RatePlan, SyncStatus, SyncType
from portal.services import (
    connection_state,
    connectors,
    duties,
    first_proof,
    horizon,
    incidents,
    lanes,
    poll,
    remote_products,
    switches,
    sync_runs,
)
from providers.base import Connector
from providers.errors import ProviderError
from providers.types import Cell, LaneKind, Run

log = structlog.get_logger()
FIRST_LOOKS = timedelta(seconds=30)  # until the first night of a hotel that was just activated is proved
BOOKINGS_FIRST = 15.0  # seconds, for bookings that were read just now to be applied
DRIFT_TOLD = 1  # nights: any drift is told, and healed


def check(connection_id: UUID) -> bool:
    """The duty: read calendar and products back, compare, heal. False when another worker is at it."""
    lease = duties.claim(connection_id, Duty.PARITY)
    if lease is None:
        return False
    connection = duties.connection(connection_id)
    with unit_of_work():
        run_id = sync_runs.begin(connection, SyncType.ARI_PULL, "schedule", status=SyncStatus.IN_PROGRESS)
    first, last = horizon.window(connection)
    line = connectors.line_for(connection, urgent=False)
    externals = _externals(connection_id)
    asked = now()
    end_reading()
    try:
        products = line.connector.fetch_products(connection.external_property_id or "")
        seen = {
            kind: line.connector.read_calendar(connection.external_property_id or "", kind, ids, first, last)
            for kind, ids in externals.items()
            if ids
        }
        # What was sold there is in its numbers at once, and here only when it was read: reading it comes first.
        sold = poll.changes(connection, line, "poll") if poll.is_polled(connection) and _reads(connection) else 0
    except ProviderError as error:
        with unit_of_work():
            connection_state.run_failed(connection, run_id, line.calls, error)
        duties.later(lease, str(error), retry_after=getattr(error, "retry_after", None))
        return True
    if sold:
        with unit_of_work():
            sync_runs.nothing_new(connection, run_id, line.calls)
        queue.ring_now(Duty.DRAIN.value, connection.organization_id, connection.id)
        duties.later(lease, "bookings are applied first", retry_after=BOOKINGS_FIRST, counts=False)
        return True
    with unit_of_work():
        duties.renew(lease)
        sync_runs.keep_calls(connection, run_id, line.calls)
        counts = remote_products.keep(connection, products)
        nights, drifted = _compare(connection, line.connector, seen, first, asked)
        sync_runs.finish(
            run_id, SyncStatus.COMPLETED, processed=nights, failed=drifted,
            summary={"nights": nights, "drifted": drifted, "calls": len(line.calls), **counts},
        )  # fmt: skip
        _tell(connection, drifted, counts["missing"])
        waiting = first_proof.note(connection)
    again = FIRST_LOOKS if waiting else timedelta(hours=runtime.settings.parity_hours)
    duties.done(lease, next_at=now() + again)
    return True


def _reads(connection: Connection) -> bool:
    return connection.state is ConnectionState.ACTIVE and switches.may(connection, "pull")


def _compare(
    connection: Connection,
    connector: Connector,
    seen: Mapping[LaneKind, Mapping[str, Sequence[Run]]],
    first: date,
    asked: datetime,
) -> tuple[int, int]:
    """Write what was seen on each lane; forget the nights that differ from what was acknowledged.

    A lane that something was accepted for since we asked is left for the next time: the answer may be older.
    """
    rows = db.session.scalars(
        select(Lane)
        .where(Lane.organization_id == tenancy.required(), Lane.connection_id == connection.id)
        .execution_options(populate_existing=True)
    ).all()
    available = {
        row.room_type_id: cal.expand(seen.get(LaneKind.AVAILABILITY, {}).get(row.external_id, ()))
        for row in rows
        if row.kind is LaneKind.AVAILABILITY
    }
    room_types = _room_type_of_plans(connection)
    held = _held(connector, rows, room_types)
    nights = drifted = 0
    for row in rows:
        if row.accepted_at is not None and row.accepted_at > asked:
            continue
        found = cal.expand(seen.get(row.kind, {}).get(row.external_id, ()))
        db.session.execute(
            update(Lane)
            .where(Lane.organization_id == row.organization_id, Lane.id == row.id)
            .values(seen=cal.encode(cal.runs(found), row.kind), seen_at=func.clock_timestamp())
            .execution_options(synchronize_session=False)
        )
        nights += len(found)
        if row.due_at is not None:
            continue  # on its way out: a difference is expected
        wanted = held[row.id]
        left = available.get(room_types.get(row.rate_plan_id)) or {}
        wrong = [
            night
            for night, value in wanted.items()
            if night in found and night >= first and not connector.agrees(value, found[night], _units(left, night))
        ]
        if wrong:
            drifted += len(wrong)
            _heal(connection, row, windows_of(wrong))
    return nights, drifted


def _held(
    connector: Connector, rows: Sequence[Lane], room_types: Mapping[UUID | None, UUID]
) -> Mapping[UUID, Mapping[date, cal.Value]]:
    """What each lane should read like: what was accepted, where a room type's plans share restrictions made one."""
    accepted = {row.id: cal.decode(row.acknowledged, row.kind) for row in rows}
    if connector.restrictions_of != "room_type":
        return accepted
    together: dict[UUID | None, list[Lane]] = {}
    for row in rows:
        if row.kind is LaneKind.RATES:
            together.setdefault(room_types.get(row.rate_plan_id), []).append(row)
    for plans in together.values():
        for night in {night for row in plans for night in accepted[row.id]}:
            cells = {str(row.id): value for row in plans if isinstance(value := accepted[row.id].get(night), Cell)}
            for lane_id, cell in connector.as_held(cells).items():
                accepted[UUID(lane_id)][night] = cell
    return accepted


def _heal(connection: Connection, lane: Lane, windows: list[Window]) -> None:
    lanes.mark(
        connection.property_id,
        room_types=[lane.room_type_id] if lane.room_type_id else None,
        rate_plans=[lane.rate_plan_id] if lane.rate_plan_id else None,
        windows=windows,
        urgent=True,
        cause="drift found",
        forget_connection=connection.id,
    )


def _tell(connection: Connection, drifted: int, missing: int) -> None:
    if missing:
        incidents.opened(
            Trouble.PRODUCT_GONE,
            Category.MAPPING_ERROR,
            connection.property_id,
            connection.id,
            facts={"products": missing},
        )
    else:
        incidents.closed(Trouble.PRODUCT_GONE, connection.id)
    if drifted >= DRIFT_TOLD:
        incidents.opened(
            Trouble.CALENDAR_DRIFT,
            Category.SYNC_FAILED,
            connection.property_id,
            connection.id,
            facts={"nights": drifted},
        )
    else:
        incidents.closed(Trouble.CALENDAR_DRIFT, connection.id)


def _units(calendar: Mapping[date, cal.Value], night: date) -> int | None:
    value = calendar.get(night)
    return value if isinstance(value, int) else None


def _externals(connection_id: UUID) -> dict[LaneKind, list[str]]:
    found: dict[LaneKind, list[str]] = {LaneKind.AVAILABILITY: [], LaneKind.RATES: []}
    for kind, external_id in db.session.execute(
        select(Lane.kind, Lane.external_id).where(
            Lane.organization_id == tenancy.required(), Lane.connection_id == connection_id
        )
    ):
        found[kind].append(external_id)
    return found


def _room_type_of_plans(connection: Connection) -> dict[UUID | None, UUID]:
    rows = db.session.execute(
        select(RatePlan.id, RatePlan.room_type_id).where(
            RatePlan.organization_id == tenancy.required(), RatePlan.property_id == connection.property_id
        )
    )
    return {row.id: row.room_type_id for row in rows}
