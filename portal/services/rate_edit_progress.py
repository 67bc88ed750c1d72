"""How far a bulk edit, or its undo, got on each connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain.nights import Window
from portal.extensions import db
from portal.models import Connection, ConnectionState, RateEdit, SyncRun, SyncType
from portal.services import availability, grid, horizon, rate_edits, rates


@dataclass
class Progress:
    """Cells of one connection, each in one state. `later`: nights the provider does not keep yet, or no more."""

    connection: Connection
    waiting: int = 0
    accepted: int = 0
    seen: int = 0
    refused: int = 0
    later: int = 0
    runs: Sequence[SyncRun] = field(default_factory=tuple)

    @property
    def total(self) -> int:
        return self.waiting + self.accepted + self.seen + self.refused

    @property
    def pending(self) -> bool:
        """Whether it goes on by itself: what is paused, broken or switched off waits for a person."""
        at_work = self.connection.state is ConnectionState.ACTIVE and self.connection.sync_enabled
        return bool(self.waiting) and at_work and self.connection.push_enabled


def read(property_id: UUID, edit: RateEdit) -> list[Progress]:
    """By connection; empty when no connection carries a plan of the edit."""
    touched = {plan_id: nights for plan_id, nights in rate_edits.touched(edit).items() if nights}
    if not touched:
        return []
    first, last = min(nights[0] for nights in touched.values()), max(nights[-1] for nights in touched.values())
    prices = rates.calendar(property_id, first, last, list(touched))
    sold_out = _sold_out(property_id, first, last)
    found: dict[UUID, Progress] = {}
    windows: dict[UUID, Window] = {}
    for plan_id, views in grid.views(property_id, first, last).items():
        if plan_id not in touched:
            continue
        for view in views:
            connection = view.connection
            mine = found.setdefault(connection.id, Progress(connection))
            window = windows.get(connection.id) or windows.setdefault(connection.id, horizon.window(connection))
            _count(mine, view, touched[plan_id], prices[plan_id], window, sold_out.get(plan_id, {}))
    for mine in found.values():
        mine.runs = _runs(mine.connection, edit)
    return list(found.values())


def _count(
    mine: Progress,
    view: grid.LaneView,
    nights: Sequence[date],
    prices: Mapping[date, object],
    window: Window,
    left: Mapping[date, int],
) -> None:
    for night in nights:
        if not window.first <= night <= window.last:
            mine.later += 1
            continue
        state, _ = view.state(night, prices[night], left.get(night))  # type: ignore[arg-type]
        if state is grid.CellState.REFUSED:
            mine.refused += 1
        elif state is grid.CellState.SAVED:
            mine.waiting += 1
        elif state is grid.CellState.SEEN:
            mine.seen += 1
        else:
            mine.accepted += 1


def _sold_out(property_id: UUID, first: date, last: date) -> dict[UUID, dict[date, int]]:
    """Rooms left by plan: a night that is sold out reads as closed."""
    units = availability.calendar(property_id, first, last)
    return {plan.id: dict(units.get(plan.room_type_id, {})) for plan in rates.plans(property_id)}


def _runs(connection: Connection, edit: RateEdit) -> Sequence[SyncRun]:
    """The runs of the sync history that followed the click."""
    if not edit.correlation_id:
        return ()
    return db.session.scalars(
        select(SyncRun)
        .where(
            SyncRun.organization_id == tenancy.required(),
            SyncRun.connection_id == connection.id,
            SyncRun.correlation_id == edit.correlation_id,
            SyncRun.type == SyncType.ARI_PUSH,
        )
        .order_by(SyncRun.id.desc())
        .limit(5)
    ).all()
