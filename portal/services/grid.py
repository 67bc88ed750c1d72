"""Nights × room types and rate plans, with the state of every cell: wanted, sent, accepted, refused, seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain import calendar as cal
from portal.domain.nights import Window, each
from portal.extensions import db
from portal.models import Connection, ConnectionState, Lane, RatePlan, RoomType
from portal.services import availability, rates
from portal.services.lanes import windows_of
from providers.types import LaneKind


class CellState(StrEnum):
    """How far a value got, worst first where several connections disagree."""

    REFUSED = "refused"
    SAVED = "saved"  # not yet accepted
    ACCEPTED = "accepted"
    SEEN = "seen"  # read back from the channel manager
    NOWHERE = "nowhere"  # no connection carries it


ORDER = list(CellState)


@dataclass(frozen=True)
class GridCell:
    night: date
    value: cal.Value
    state: CellState
    reason: str = ""
    detail: availability.Night | None = None


@dataclass(frozen=True)
class GridRow:
    kind: LaneKind
    subject_id: UUID
    name: str
    currency: str
    cells: tuple[GridCell, ...]


@dataclass(frozen=True)
class Grid:
    nights: tuple[date, ...]
    rows: tuple[GridRow, ...]  # a room type's availability, then its plans, and so on

    def count(self, state: CellState) -> int:
        return sum(cell.state is state for row in self.rows for cell in row.cells)


@dataclass
class LaneView:
    """One lane as the pages need it: which nights are acknowledged, refused, seen, waiting."""

    lane: Lane
    connection: Connection
    acknowledged: cal.Calendar
    refused: cal.Calendar
    reasons: dict[date, str]
    seen: cal.Calendar
    waiting: Sequence[Window] = field(default_factory=list)

    def state(self, night: date, wanted: cal.Value, available: int | None = None) -> tuple[CellState, str]:
        if night in self.refused and self.refused[night] == wanted:
            return CellState.REFUSED, self.reasons.get(night, "")
        if self.acknowledged.get(night) != wanted:
            return CellState.SAVED, ""
        seen = self.seen.get(night)
        if seen is not None and self._agrees(wanted, seen, available):
            return CellState.SEEN, ""
        return CellState.ACCEPTED, ""

    def _agrees(self, wanted: cal.Value, seen: cal.Value, available: int | None) -> bool:
        if wanted == seen:
            return True
        # A night that is sold out reads as closed, whatever was sent.
        closed = getattr(seen, "stop_sell", False) and available == 0
        return bool(closed and seen._replace(stop_sell=wanted.stop_sell) == wanted)  # type: ignore[union-attr]


def read(property_id: UUID, first: date, nights: int) -> Grid:
    """The grid of `nights` nights from `first`: a handful of statements, whatever its size."""
    last = first + timedelta(days=nights - 1)
    days = each(first, last)
    detail = availability.detail(property_id, first, last)
    prices = rates.calendar(property_id, first, last)
    lanes = views(property_id, first, last)
    rows: list[GridRow] = []
    plans = _plans(property_id)
    for room_type in _room_types(property_id):
        units = detail.get(room_type.id, {})
        rows.append(_availability(room_type, days, units, lanes.get(room_type.id, [])))
        for plan in plans.get(room_type.id, []):
            cells = prices.get(plan.id, {})
            rows.append(_prices(plan, days, cells, units, lanes.get(plan.id, [])))
    return Grid(tuple(days), tuple(rows))


def views(property_id: UUID, first: date, last: date, subject_id: UUID | None = None) -> dict[UUID, list[LaneView]]:
    """The lanes of a property's open connections, by room type or rate plan."""
    query = (
        select(Lane, Connection)
        .join(
            Connection,
            (Connection.organization_id == Lane.organization_id) & (Connection.id == Lane.connection_id),
        )
        .where(
            Lane.organization_id == tenancy.required(),
            Lane.property_id == property_id,
            Connection.state != ConnectionState.DISCONNECTED,
        )
        .order_by(Lane.connection_id)
    )
    if subject_id is not None:
        query = query.where((Lane.room_type_id == subject_id) | (Lane.rate_plan_id == subject_id))
    found: dict[UUID, list[LaneView]] = {}
    for lane, connection in db.session.execute(query):
        subject = lane.room_type_id or lane.rate_plan_id
        if subject is not None:  # a constraint of the table; said for the reader
            found.setdefault(subject, []).append(_view(lane, connection, first, last))
    return found


def _view(lane: Lane, connection: Connection, first: date, last: date) -> LaneView:
    forgotten = windows_of(lane.forgotten)
    acknowledged = cal.forget(cal.clip(cal.decode(lane.acknowledged, lane.kind), first, last), forgotten)
    reasons: dict[date, str] = {}
    for entry in lane.refused:
        for night in cal.decode([entry[:3]], lane.kind):
            reasons[night] = entry[3] if len(entry) > 3 else ""
    return LaneView(
        lane=lane,
        connection=connection,
        acknowledged=acknowledged,
        refused=cal.clip(cal.decode([entry[:3] for entry in lane.refused], lane.kind), first, last),
        reasons=reasons,
        seen=cal.clip(cal.decode(lane.seen, lane.kind), first, last),
        waiting=windows_of(lane.dirty) if lane.due_at else [],
    )


def worst(lanes: Sequence[LaneView], night: date, wanted: cal.Value, available: int | None) -> tuple[CellState, str]:
    """The state furthest from proof over all connections that carry the cell."""
    states = [lane.state(night, wanted, available) for lane in lanes]
    return min(states, key=lambda state: ORDER.index(state[0]), default=(CellState.NOWHERE, ""))


def _availability(
    room_type: RoomType, days: Sequence[date], units: Mapping[date, availability.Night], lanes: Sequence[LaneView]
) -> GridRow:
    cells = []
    for night in days:
        detail = units.get(night)
        value = detail.available if detail else 0
        state, reason = worst(lanes, night, value, None)
        cells.append(GridCell(night, value, state, reason, detail))
    return GridRow(LaneKind.AVAILABILITY, room_type.id, room_type.name, "", tuple(cells))


def _prices(
    plan: RatePlan,
    days: Sequence[date],
    prices: Mapping[date, cal.Value],
    units: Mapping[date, availability.Night],
    lanes: Sequence[LaneView],
) -> GridRow:
    cells = []
    for night in days:
        if night not in prices:
            continue
        detail = units.get(night)
        state, reason = worst(lanes, night, prices[night], detail.available if detail else None)
        cells.append(GridCell(night, prices[night], state, reason))
    return GridRow(LaneKind.RATES, plan.id, plan.name, plan.currency, tuple(cells))


def _room_types(property_id: UUID) -> Sequence[RoomType]:
    return db.session.scalars(
        select(RoomType)
        .where(
            RoomType.organization_id == tenancy.required(),
            RoomType.property_id == property_id,
            RoomType.archived_at.is_(None),
        )
        .order_by(RoomType.position, RoomType.name)
    ).all()


def _plans(property_id: UUID) -> dict[UUID, list[RatePlan]]:
    found: dict[UUID, list[RatePlan]] = {}
    for plan in rates.plans(property_id):
        found.setdefault(plan.room_type_id, []).append(plan)
    return found
