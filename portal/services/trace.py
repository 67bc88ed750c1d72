"""One night's trace: what we want and why, what each connection sent, what was answered, what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain import calendar as cal
from portal.extensions import db
from portal.models import (
    AuditEntry,
    Connection,
    RatePlan,
    Reservation,
    ReservationRoom,
    Room,
    RoomBlock,
    RoomType,
    Send,
)
from portal.services import availability, grid, rates
from portal.services.errors import NotFound
from providers.types import LaneKind

MOST_SENDS = 20
MOST_CHANGES = 200  # of the plan; those of the night are picked out of them


@dataclass(frozen=True)
class Sent:
    """One call that carried the night."""

    at: datetime
    value: cal.Value
    verdict: str  # accepted, warned, refused, failed, unknown
    reason: str
    task_ids: Sequence[str]
    causes: Sequence[str]
    sync_run_id: UUID | None


@dataclass(frozen=True)
class Proof:
    """The night on one connection."""

    connection: Connection
    state: grid.CellState
    reason: str
    acknowledged: cal.Value | None
    accepted_at: datetime | None
    seen: cal.Value | None
    seen_at: datetime | None
    sent: Sequence[Sent]


@dataclass(frozen=True)
class Trace:
    kind: LaneKind
    subject_id: UUID
    name: str
    currency: str
    night: date
    wanted: cal.Value
    detail: availability.Night | None
    stays: Sequence[Reservation]
    blocks: Sequence[tuple[RoomBlock, str]]  # with the room's number
    changes: Sequence[AuditEntry]
    proofs: Sequence[Proof]


def read(property_id: UUID, kind: LaneKind, subject_id: UUID, night: date) -> Trace:
    """Everything known of one cell. Raises `NotFound` for a stranger's room type or plan."""
    units = availability.detail(property_id, night, night)
    if kind is LaneKind.AVAILABILITY:
        room_type = _room_type(property_id, subject_id)
        detail = units.get(room_type.id, {}).get(night)
        wanted: cal.Value = detail.available if detail else 0
        name, currency, left = room_type.name, "", None
    else:
        plan = rates.find_plan(property_id, subject_id)
        wanted = rates.calendar(property_id, night, night, [plan.id])[plan.id][night]
        detail = units.get(plan.room_type_id, {}).get(night)
        name, currency, left = _plan_name(property_id, plan), plan.currency, detail.available if detail else None
    lanes = grid.views(property_id, night, night, subject_id).get(subject_id, [])
    return Trace(
        kind=kind,
        subject_id=subject_id,
        name=name,
        currency=currency,
        night=night,
        wanted=wanted,
        detail=detail,
        stays=_stays(property_id, subject_id, night) if kind is LaneKind.AVAILABILITY else (),
        blocks=_blocks(property_id, subject_id, night) if kind is LaneKind.AVAILABILITY else (),
        changes=_changes(subject_id) if kind is LaneKind.RATES else (),
        proofs=[_proof(lane, night, wanted, left) for lane in lanes],
    )


def _proof(view: grid.LaneView, night: date, wanted: cal.Value, left: int | None) -> Proof:
    state, reason = view.state(night, wanted, left)
    return Proof(
        connection=view.connection,
        state=state,
        reason=reason,
        acknowledged=view.acknowledged.get(night),
        accepted_at=view.lane.accepted_at,
        seen=view.seen.get(night),
        seen_at=view.lane.seen_at,
        sent=_sends(view, night),
    )


def _sends(view: grid.LaneView, night: date) -> list[Sent]:
    rows = db.session.scalars(
        select(Send)
        .where(
            Send.organization_id == tenancy.required(),
            Send.lane_id == view.lane.id,
            Send.first_night <= night,
            Send.last_night >= night,
        )
        .order_by(Send.id.desc())
        .limit(MOST_SENDS)
    )
    found = []
    for row in rows:
        run = next((run for run in row.runs if run["first"] <= night.isoformat() <= run["last"]), None)
        if run is not None:
            found.append(_sent(view.lane.kind, row, run, night))
    return found


def _sent(kind: LaneKind, row: Send, run: dict[str, Any], night: date) -> Sent:
    value = cal.decode([[night.isoformat(), 1, run["value"]]], kind)[night]
    return Sent(row.sent_at, value, run["verdict"], run["reason"], row.task_ids, row.causes, row.sync_run_id)


def _stays(property_id: UUID, room_type_id: UUID, night: date) -> Sequence[Reservation]:
    """The reservations that take a unit of this type that night, placed or not."""
    return db.session.scalars(
        select(Reservation)
        .join(
            ReservationRoom,
            (ReservationRoom.organization_id == Reservation.organization_id)
            & (ReservationRoom.reservation_id == Reservation.id),
        )
        .where(
            Reservation.organization_id == tenancy.required(),
            Reservation.property_id == property_id,
            ReservationRoom.active,
            (ReservationRoom.room_type_id == room_type_id) | ReservationRoom.room_type_id.is_(None),
            ReservationRoom.check_in <= night,
            ReservationRoom.check_out > night,
        )
        .distinct()
        .order_by(Reservation.id.desc())
        .limit(100)
    ).all()


def _blocks(property_id: UUID, room_type_id: UUID, night: date) -> Sequence[tuple[RoomBlock, str]]:
    """What keeps rooms of this type off sale that night."""
    query = (
        select(RoomBlock, Room.number)
        .join(Room, (Room.organization_id == RoomBlock.organization_id) & (Room.id == RoomBlock.room_id))
        .where(
            RoomBlock.organization_id == tenancy.required(),
            RoomBlock.property_id == property_id,
            RoomBlock.lifted_at.is_(None),
            Room.room_type_id == room_type_id,
            Room.archived_at.is_(None),
            RoomBlock.starts <= night,
            RoomBlock.ends > night,
        )
        .order_by(Room.number)
    )
    return [(block, number) for block, number in db.session.execute(query)]


def _changes(rate_plan_id: UUID) -> Sequence[AuditEntry]:
    return db.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.organization_id == tenancy.required(), AuditEntry.subject_id == rate_plan_id)
        .order_by(AuditEntry.number.desc())
        .limit(MOST_CHANGES)
    ).all()


def _room_type(property_id: UUID, room_type_id: UUID) -> RoomType:
    row: RoomType | None = db.session.scalar(
        select(RoomType).where(
            RoomType.organization_id == tenancy.required(),
            RoomType.property_id == property_id,
            RoomType.id == room_type_id,
        )
    )
    if row is None:
        raise NotFound(f"room type {room_type_id}")
    return row


def _plan_name(property_id: UUID, plan: RatePlan) -> str:
    return f"{_room_type(property_id, plan.room_type_id).name} · {plan.name}"
