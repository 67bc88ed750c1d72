"""What Activate will change at the provider: per rate plan, the nights that start or stop selling, or change price.

Compared is what we want with what was last read there; what the OTA itself shows its guests nobody tells us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain import calendar as cal
from portal.domain.nights import Window, each
from portal.extensions import db
from portal.models import Connection, Duty, DutyRow, Lane
from portal.services import availability, duties, horizon, rates, room_types
from providers.types import Cell, LaneKind

NIGHTS = 30


@dataclass(frozen=True)
class Line:
    """One rate plan over the next nights: how many start, stop, change price, stay; our lowest and highest price."""

    room_type: str
    plan: str
    currency: str
    starts: int
    stops: int
    changes: int
    same: int
    lowest: Decimal | None
    highest: Decimal | None


@dataclass(frozen=True)
class Preview:
    """`read_at` None: the provider's side was not read yet, and `starts`, `stops`, `changes` count against nothing."""

    window: Window
    lines: Sequence[Line]
    read_at: datetime | None
    reading: bool

    @property
    def sells(self) -> bool:
        """Whether anything at all will be for sale."""
        return any(line.lowest is not None for line in self.lines)


def of(connection: Connection) -> Preview:
    first = horizon.window(connection)[0]
    window = Window(first, first + timedelta(days=NIGHTS - 1))
    lanes = _lanes(connection.id)
    plans = rates.plans(connection.property_id)
    wanted = rates.calendar(connection.property_id, *window)
    left = availability.calendar(connection.property_id, *window)
    lines = []
    for room_type in room_types.listed(connection.property_id):
        for plan in (one for one in plans if one.room_type_id == room_type.id):
            ours = _selling(wanted.get(plan.id, {}), left.get(room_type.id, {}), window)
            there = _selling(_seen(lanes.get(plan.id)), _seen(lanes.get(room_type.id)), window)
            lines.append(_line(room_type.name, plan.name, plan.currency, ours, there, window))
    seen = [lane.seen_at for lane in lanes.values()]
    read_at = min((moment for moment in seen if moment), default=None) if seen and all(seen) else None
    return Preview(window, lines, read_at, _reading(connection.id))


def request_reading(connection: Connection) -> None:
    """Ask a worker to read the provider's calendar; nothing is sent by it."""
    with unit_of_work():
        duties.request(connection.id, Duty.PARITY)


def _line(
    room_type: str, plan: str, currency: str, ours: Mapping[date, Decimal], there: Mapping[date, Decimal],
    window: Window,
) -> Line:  # fmt: skip
    starts = sum(night in ours and night not in there for night in each(*window))
    stops = sum(night in there and night not in ours for night in each(*window))
    changes = sum(ours[night] != there[night] for night in ours.keys() & there.keys())
    prices = sorted(ours.values())
    return Line(
        room_type, plan, currency, starts, stops, changes, NIGHTS - starts - stops - changes,
        prices[0] if prices else None, prices[-1] if prices else None,
    )  # fmt: skip


def _selling(cells: Mapping[date, object], left: Mapping[date, object], window: Window) -> dict[date, Decimal]:
    """The nights that are for sale, with their price."""
    found = {}
    for night in each(*window):
        cell, units = cells.get(night), left.get(night)
        if isinstance(cell, Cell) and cell.rate and not cell.stop_sell and isinstance(units, int) and units > 0:
            found[night] = cell.rate
    return found


def _seen(lane: Lane | None) -> Mapping[date, object]:
    return cal.decode(lane.seen, LaneKind(lane.kind)) if lane is not None else {}


def _lanes(connection_id: UUID) -> dict[UUID, Lane]:
    rows = db.session.scalars(
        select(Lane)
        .where(Lane.organization_id == tenancy.required(), Lane.connection_id == connection_id)
        .execution_options(populate_existing=True)
    )
    return {subject: row for row in rows if (subject := row.room_type_id or row.rate_plan_id)}


def _reading(connection_id: UUID) -> bool:
    duty = db.session.scalar(
        select(DutyRow)
        .where(
            DutyRow.organization_id == tenancy.required(),
            DutyRow.connection_id == connection_id,
            DutyRow.duty == Duty.PARITY,
        )
        .execution_options(populate_existing=True)
    )
    # Asked for, and neither read since nor failed: a plan for later is no reading.
    return duty is not None and duty.due_at is not None and duty.retry_at is None and duty.due_at <= now()
