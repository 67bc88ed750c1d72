"""What a push has to say: the lanes that are due, and the runs that close the gap to what was acknowledged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from portal import tenancy
from portal.domain import calendar as cal
from portal.domain.nights import Window, each, union
from portal.extensions import db
from portal.models import Connection, ConnectionState, Lane
from portal.services import availability, horizon, push_rooms, rates
from portal.services.lanes import windows_of
from providers.types import CalendarChange, LaneKind, RoomNights, Run


@dataclass
class LanePlan:
    """One lane as read: what it has, what it wants, what to send for it."""

    id: UUID
    kind: LaneKind
    subject_id: UUID
    external_id: str
    version: int
    causes: list[str]
    correlation_id: str
    acknowledged: cal.Calendar
    refused: cal.Calendar
    seen: cal.Calendar
    runs: list[Run] = field(default_factory=list)
    lowers: list[Run] = field(default_factory=list)


@dataclass
class Batch:
    connection: Connection
    today: date
    lanes: list[LanePlan]
    wanted: Mapping[str, RoomNights] = field(default_factory=dict)  # by the provider's room type

    def rooms(self, kind: LaneKind) -> Mapping[str, RoomNights] | None:
        """What a push of prices has to know of whole room types, where restrictions are kept with these."""
        return self.wanted if kind is LaneKind.RATES and self.wanted else None

    def changes(self, kind: LaneKind) -> list[CalendarChange]:
        """In the order they are sent: nights that close or fall before nights that open or rise."""
        mine = [lane for lane in self.lanes if lane.kind is kind]
        first = [CalendarChange(kind, lane.external_id, run) for lane in mine for run in lane.lowers]
        return first + [CalendarChange(kind, lane.external_id, run) for lane in mine for run in lane.runs]

    def correlation_id(self) -> str:
        """The id that leads from the delivery or the click that caused this to the call it makes."""
        return next((lane.correlation_id for lane in self.lanes if lane.correlation_id), "")

    def cells(self) -> int:
        return sum((run.last - run.first).days + 1 for lane in self.lanes for run in lane.lowers + lane.runs)


def read(connection_id: UUID) -> Batch | None:
    """What is due now: the desired calendar of the dirty nights against the acknowledged one."""
    connection = db.session.scalar(
        select(Connection).where(Connection.organization_id == tenancy.required(), Connection.id == connection_id)
    )
    if connection is None or not connection.external_property_id:
        return None
    rows = _due_lanes(connection_id)
    if not rows:
        return None
    today, last = horizon.window(connection)
    lanes = [_plan(row) for row in rows]
    dirty = {row.id: _clipped(windows_of(row.dirty), today, last) for row in rows}
    desired = _desired(connection, lanes, list(dirty.values()))
    for lane in lanes:
        wanted = desired.get(lane.subject_id, {})
        nights = {night: wanted[night] for window in dirty[lane.id] for night in each(*window) if night in wanted}
        changes = cal.changes(nights, lane.acknowledged, lane.refused)
        if lane.kind is LaneKind.AVAILABILITY:
            lane.lowers, lane.runs = cal.decreases_first(changes, lane.acknowledged)
        else:
            lane.runs = changes
    return Batch(connection, today, lanes, push_rooms.wanted(connection, lanes))


def _due_lanes(connection_id: UUID) -> Sequence[Lane]:
    """The lanes whose time has come, and those of the same kind that still wait: one call carries both."""
    mine = (Lane.organization_id == tenancy.required(), Lane.connection_id == connection_id)
    due = select(Lane.kind).where(*mine, Lane.due_at <= text("clock_timestamp()"))
    rows = db.session.scalars(
        select(Lane)
        .where(*mine, Lane.due_at.is_not(None), Lane.kind.in_(due))
        .order_by(Lane.id)  # whoever locks several lanes takes them in this order
        .execution_options(populate_existing=True)
    )
    return rows.all()


def _plan(row: Lane) -> LanePlan:
    kind = LaneKind(row.kind)
    known = cal.forget(cal.decode(row.acknowledged, kind), windows_of(row.forgotten))
    return LanePlan(
        id=row.id,
        kind=kind,
        subject_id=(row.room_type_id or row.rate_plan_id),  # type: ignore[arg-type]
        external_id=row.external_id,
        version=row.version,
        causes=list(row.causes),
        correlation_id=row.correlation_id,
        acknowledged=known,
        refused=cal.decode([entry[:3] for entry in row.refused], kind),
        seen=cal.decode(row.seen, kind),
    )


def _desired(
    connection: Connection, lanes: Sequence[LanePlan], dirty: Sequence[list[Window]]
) -> dict[UUID, cal.Calendar]:
    """One query for all room types, one set for all plans, over the hull of the dirty nights.

    A connection that is closing wants no room sold, and has nothing to say about prices any more.
    """
    windows = [window for part in dirty for window in part]
    if not windows:
        return {}
    first, last = min(window.first for window in windows), max(window.last for window in windows)
    if connection.state is ConnectionState.CLOSING:
        return {lane.subject_id: dict.fromkeys(each(first, last), 0)
                for lane in lanes if lane.kind is LaneKind.AVAILABILITY}  # fmt: skip
    found: dict[UUID, Any] = {}
    if any(lane.kind is LaneKind.AVAILABILITY for lane in lanes):
        found.update(availability.calendar(connection.property_id, first, last))
    plans = [lane.subject_id for lane in lanes if lane.kind is LaneKind.RATES]
    if plans:
        found.update(rates.calendar(connection.property_id, first, last, plans))
    return found


def _clipped(windows: Sequence[Window], first: date, last: date) -> list[Window]:
    inside = [Window(max(w.first, first), min(w.last, last)) for w in windows if w.first <= last and w.last >= first]
    return union(*inside)
