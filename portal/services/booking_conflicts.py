"""What a channel's message left for a person: open once, closed when the cause is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select, update

from portal import tenancy
from portal.domain import merge
from portal.domain.problems import Category, Trouble
from portal.extensions import db
from portal.models import Conflict, ConflictType, Reservation, ReservationRoom
from portal.services import booking_state as state
from portal.services import incidents

if TYPE_CHECKING:
    from portal.services.bookings import Desk

TYPES = {
    "status": ConflictType.STATUS,
    "check_in": ConflictType.DATE,
    "check_out": ConflictType.DATE,
    "amount": ConflictType.AMOUNT,
    "room_type": ConflictType.ROOM,
    "rate_plan": ConflictType.ROOM,
    "active": ConflictType.STATUS,
    "occupancy": ConflictType.GUEST,
    "notes": ConflictType.GUEST,
}


class Problems:
    """Reports for one reservation, inside the message's unit of work."""

    def __init__(self, at: Desk, reservation: Reservation, inbox_id: UUID | None) -> None:
        self.at = at
        self.reservation = reservation
        self.inbox_id = inbox_id
        self._open: dict[tuple[str, str, UUID | None], Conflict] | None = None

    def report_decisions(self, decisions: Sequence[merge.Decision], room_id: UUID | None = None) -> None:
        """A field both sides changed keeps ours and waits for a person, once, with the newest values.

        `room_id`: the fields are those of this room. Where both sides came to agree, nothing waits any more.
        """
        for decision in merge.conflicts(list(decisions)):
            sides = {
                "base": state.plain(decision.base),
                "ours": state.plain(decision.ours),
                "theirs": state.plain(decision.theirs),
            }
            type = TYPES.get(decision.field, ConflictType.GUEST)
            self._report(type, decision.field[:32], decision.reason.value, sides=sides, room_id=room_id)
        agreed = {decision.field for decision in decisions if decision.result is merge.Result.AGREED}
        for (_, name, of_room), conflict in self._known().items() if agreed else ():
            if name in agreed and of_room == room_id and conflict.sides is not None:
                conflict.resolved_at, conflict.strategy, conflict.action = func.now(), "RESOLVED", "agreed"

    def report_rooms(self, booked: Sequence[ReservationRoom], unplaced: Sequence[UUID]) -> None:
        """Sold and not placed: no free room, or a product nobody mapped."""
        missing = set(unplaced)
        placed = [row.id for row in booked if row.id not in missing]
        if placed and self._known():
            self._close(placed)
        for row in booked:
            if row.id not in missing:
                continue
            if row.room_type_id is None:
                self._report(ConflictType.UNMAPPED, "room", "unmapped", room_id=row.id)
                self._incident(Trouble.PRODUCT_UNMAPPED, Category.MAPPING_ERROR, row.external_room_type_id or "none")
            else:
                self._report(ConflictType.OVERBOOKING, "room", "no_room_free", room_id=row.id)
                self._incident(Trouble.NO_ROOM_FREE, Category.OVERBOOKING, self.reservation.id)
        if not missing:
            incidents.closed(Trouble.NO_ROOM_FREE, self.at.connection.id, about=self.reservation.id)

    def _incident(self, trouble: Trouble, category: Category, about: object) -> None:
        facts = {
            "reservation_id": str(self.reservation.id),
            "code": self.reservation.code,
            "first": self.reservation.check_in.isoformat(),
            "until": self.reservation.check_out.isoformat(),
        }
        incidents.opened(trouble, category, self.at.property.id, self.at.connection.id, about=about, facts=facts)

    def _report(
        self, type: ConflictType, name: str, reason: str, *, sides: dict[str, object] | None = None,
        room_id: UUID | None = None,
    ) -> None:  # fmt: skip
        known = self._known().get((type.value, name, room_id))
        if known is not None:
            known.sides, known.inbox_id, known.reason = sides, self.inbox_id, reason
            return
        conflict = Conflict(
            property_id=self.at.property.id,
            reservation_id=self.reservation.id,
            reservation_room_id=room_id,
            connection_id=self.at.connection.id,
            inbox_id=self.inbox_id,
            type=type,
            field=name,
            reason=reason,
            sides=sides,
        )
        db.session.add(conflict)
        self._known()[type.value, name, room_id] = conflict

    def _known(self) -> dict[tuple[str, str, UUID | None], Conflict]:
        if self._open is None:
            rows = db.session.scalars(
                select(Conflict).where(
                    Conflict.organization_id == tenancy.required(),
                    Conflict.reservation_id == self.reservation.id,
                    Conflict.resolved_at.is_(None),
                )
            )
            self._open = {(str(row.type.value), row.field, row.reservation_room_id): row for row in rows}
        return self._open

    def report_mapped(self, booked: Sequence[ReservationRoom]) -> None:
        """What nobody had mapped is mapped by now, whether or not a room was free."""
        self._close([row.id for row in booked if row.room_type_id is not None], [ConflictType.UNMAPPED], "mapped")

    def _close(
        self,
        room_ids: Sequence[UUID],
        types: Sequence[ConflictType] = (ConflictType.OVERBOOKING, ConflictType.UNMAPPED),
        action: str = "placed",
    ) -> None:
        db.session.execute(
            update(Conflict)
            .where(
                Conflict.organization_id == tenancy.required(),
                Conflict.reservation_room_id.in_(room_ids),
                Conflict.type.in_(types),
                Conflict.resolved_at.is_(None),
            )
            .values(resolved_at=func.clock_timestamp(), strategy="RESOLVED", action=action)
            .execution_options(synchronize_session=False)
        )
