"""Taking back a mistaken step at the desk: the wrong guest checked in, a no-show who arrives at two in the morning.

What the step changed is read from its audit entry, so exactly that comes back: the rooms that were active, the
rooms they had, the nights an early departure freed. What was sold meanwhile is never taken from anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.reservations import OCCUPYING, Status
from portal.extensions import db
from portal.models import AuditEntry, Reservation, ReservationRoom
from portal.services import properties
from portal.services import reservation_desk as desk
from portal.services.errors import Refused

# The steps a person at the desk may take back, while they are the last thing that happened.
UNDOABLE = frozenset(
    {"reservation.checked_in", "reservation.checked_out", "reservation.no_show", "reservation.cancelled"}
)
_BY_HAND = "user"


def undoable(history: Sequence[AuditEntry]) -> str:
    """The action of the last step when it can be taken back, else nothing. `history` is newest first."""
    steps = [entry for entry in history if entry.action.startswith("reservation.")]
    if steps and steps[0].action in UNDOABLE and steps[0].actor_kind == _BY_HAND:
        return steps[0].action
    return ""


def undo(property_id: UUID, reservation_id: UUID, *, version: int | None = None) -> Reservation:
    """Take back the last step. Raises `Refused` when there is none, or its nights were sold meanwhile."""
    with unit_of_work():
        reservation, rows = desk.hold(property_id, reservation_id, version)
        step = _last_step(reservation_id)
        before, footprint = desk.snapshot(reservation, rows), desk.footprint(rows)
        changes = step.changes or {}
        desk.go(reservation, Status(changes["status"][0]))
        reservation.cancel_reason = changes.get("cancel_reason", [reservation.cancel_reason])[0]
        reservation.cancelled_at = None
        changed = [row for row in rows if _restore(row, changes)]
        desk.span(reservation, rows)
        if reservation.check_out < properties.today(properties.find(property_id)):
            raise Refused("This stay is over: its dates would lie in the past.", field="status")
        if changed and reservation.status in OCCUPYING:
            desk.take(property_id, changed, footprint, desk.cause(reservation), among=rows, keep=True)
        desk.finish(reservation, rows, "reservation.taken_back", before)
    return reservation


def _last_step(reservation_id: UUID) -> AuditEntry:
    query = (
        select(AuditEntry)
        .where(AuditEntry.organization_id == tenancy.required(), AuditEntry.subject_id == reservation_id)
        .where(AuditEntry.action.startswith("reservation.", autoescape=True))
        .order_by(AuditEntry.number.desc())
        .limit(1)
    )
    step: AuditEntry | None = db.session.scalar(query)
    if step is None or not undoable([step]):
        raise Refused("The last step of this reservation cannot be taken back.", field="status")
    return step


def _restore(row: ReservationRoom, changes: Mapping[str, Sequence[Any]]) -> bool:
    """Give the row back what the step took; True when it takes other nights or another room by it."""
    old = {name: changes[path][0] for name in ("active", "room_id", "check_out")
           if (path := f"rooms.{row.position}.{name}") in changes}  # fmt: skip
    if "active" in old:
        row.active = old["active"]
    if "check_out" in old:
        row.check_out = date.fromisoformat(old["check_out"])
    if old.get("room_id"):
        row.room_id = UUID(old["room_id"])
    return bool(old)
