"""What should be for sale, counted from the rooms and stays themselves, against what the OTAs were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, select

from portal import tenancy
from portal.db import now
from portal.domain import calendar as cal
from portal.domain.nights import local_today
from portal.domain.reservations import OCCUPYING
from portal.extensions import db
from portal.models import (
    Connection,
    Lane,
    Property,
    Reservation,
    ReservationRoom,
    Room,
    RoomBlock,
    RoomType,
)
from portal.services import rates
from providers.types import Cell, LaneKind

Found = list[tuple[str, str]]
SHOWN = 5


class Other(Protocol):
    """Who can tell what the OTAs hold."""

    def calendar(self, external_property_id: str, first: date, last: date) -> Mapping[str, Any]: ...


def compare(other: Other, connection: Connection, ledger: Sequence[Mapping[str, Any]], nights: int) -> Found:
    """Every cell at the OTAs equals what should be for sale, refused ones aside."""
    zone = db.session.scalar(select(Property.timezone).where(Property.id == connection.property_id)) or "UTC"
    first = local_today(now(), zone)
    last = first + timedelta(days=nights - 1)
    held = other.calendar(connection.external_property_id or "", first, last)
    lanes = db.session.scalars(
        select(Lane).where(Lane.connection_id == connection.id).execution_options(populate_existing=True)
    ).all()
    free = left_to_sell(connection.property_id, first, last)
    plans = [lane.rate_plan_id for lane in lanes if lane.rate_plan_id is not None]
    cells = rates.calendar(connection.property_id, first, last, plans) if plans else {}
    found: Found = []
    for lane in lanes:
        refused = cal.decode([entry[:3] for entry in lane.refused], LaneKind(lane.kind))
        if lane.room_type_id is not None:
            seen = held["availability"].get(lane.external_id, {})
            wrong = [
                f"{night}: {seen.get(night.isoformat())} instead of {left}"
                for night, left in free[lane.room_type_id].items()
                if refused.get(night) != left and seen.get(night.isoformat()) != left
            ]
            what = f"room type {lane.room_type_id}"
        elif lane.rate_plan_id is not None:
            seen = held["rate_plans"].get(lane.external_id, {})
            wrong = [
                f"{night}: {seen.get(night.isoformat())} instead of {cell}"
                for night, cell in cells[lane.rate_plan_id].items()
                if refused.get(night) != cell and not agrees(cell, seen.get(night.isoformat()))
            ]
            what = f"rate plan {lane.rate_plan_id}"
        else:
            continue  # the table's own check forbids it
        if wrong:
            found.append(("wrong", f"{what}, {len(wrong)} nights differ at the OTAs: {'; '.join(wrong[:SHOWN])}"))
    return found


def agrees(wanted: Cell, seen: Mapping[str, Any] | None) -> bool:
    """Whether a cell as the OTAs hold it is the one that was wanted; a night without a price is closed."""
    if seen is None:
        return False
    if wanted.rate is not None and seen["rate"] is not None and Decimal(str(seen["rate"])) != wanted.rate:
        return False
    rest = {name: getattr(wanted, name) for name in Cell._fields if name not in ("rate", "stop_sell")}
    closed = wanted.stop_sell or wanted.rate is None
    return seen["stop_sell"] == closed and all(seen[name] == value for name, value in rest.items())


def left_to_sell(property_id: UUID, first: date, last: date) -> dict[UUID, dict[date, int]]:
    """Units of each type that nobody has, night by night: capacity, less stays, less blocks. Never negative."""
    organization_id = tenancy.required()
    units = select(Room.room_type_id, func.count()).where(
        Room.organization_id == organization_id, Room.property_id == property_id, Room.archived_at.is_(None)
    )
    capacity: dict[UUID, int] = {row[0]: row[1] for row in db.session.execute(units.group_by(Room.room_type_id))}
    kinds = db.session.scalars(
        select(RoomType.id).where(RoomType.organization_id == organization_id, RoomType.property_id == property_id)
    ).all()
    taken: Counter[tuple[UUID | None, date]] = Counter()
    for kind, check_in, check_out in [*_stays(property_id), *_blocks(property_id)]:
        for day in range(max(check_in, first).toordinal(), min(check_out, last + timedelta(days=1)).toordinal()):
            taken[kind, date.fromordinal(day)] += 1
    nights = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    # A stay whose type nobody knows may need a room of any.
    return {
        kind: {night: max(0, capacity.get(kind, 0) - taken[kind, night] - taken[None, night]) for night in nights}
        for kind in kinds
    }


def _stays(property_id: UUID) -> list[tuple[UUID | None, date, date]]:
    """(type of the room it has, else the type sold; arrival; departure) of every stay that takes nights."""
    row = ReservationRoom
    query = (
        select(func.coalesce(Room.room_type_id, row.room_type_id), row.check_in, row.check_out)
        .join(
            Reservation, (Reservation.organization_id == row.organization_id) & (Reservation.id == row.reservation_id)
        )
        .outerjoin(Room, (Room.organization_id == row.organization_id) & (Room.id == row.room_id))
        .where(
            row.organization_id == tenancy.required(),
            row.property_id == property_id,
            row.active,
            Reservation.status.in_(OCCUPYING),
        )
    )
    return [(kind, check_in, check_out) for kind, check_in, check_out in db.session.execute(query)]


def _blocks(property_id: UUID) -> list[tuple[UUID | None, date, date]]:
    query = (
        select(Room.room_type_id, RoomBlock.starts, RoomBlock.ends)
        .join(Room, (Room.organization_id == RoomBlock.organization_id) & (Room.id == RoomBlock.room_id))
        .where(
            RoomBlock.organization_id == tenancy.required(),
            RoomBlock.property_id == property_id,
            RoomBlock.lifted_at.is_(None),
        )
    )
    return [(kind, starts, ends) for kind, starts, ends in db.session.execute(query)]
