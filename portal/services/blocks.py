"""Rooms off sale for a while: maintenance, out of order, the owner's own holiday."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.nights import LONGEST_STAY, each, stay_window
from portal.extensions import db
from portal.models import (
    BlockReason,
    Conflict,
    ConflictType,
    Reservation,
    ReservationRoom,
    Room,
    RoomBlock,
    RoomNight,
)
from portal.services import audit, lanes, room_nights, rooms, waiting
from portal.services.errors import NotFound, Refused


@dataclass(frozen=True)
class StayInTheWay:
    """A stay that holds a night of the block."""

    reservation_id: UUID
    reservation_room_id: UUID
    code: str
    check_in: date
    check_out: date


class StaysInTheWay(Refused):
    """The room is sold in these nights. Asked again with `force`, the stays lose their room, not their bed."""

    def __init__(self, number: str, stays: Sequence[StayInTheWay]) -> None:
        self.stays = tuple(stays)
        named = ", ".join(f"{stay.code} ({stay.check_in} – {stay.check_out})" for stay in stays)
        super().__init__(f"Room {number} is taken in these nights by {named}.", field="room")


def create(
    property_id: UUID,
    room_id: UUID,
    starts: date,
    ends: date,
    reason: BlockReason = BlockReason.MAINTENANCE,
    note: str = "",
    *,
    force: bool = False,
) -> RoomBlock:
    """Block a room over `[starts, ends)`.

    Raises `StaysInTheWay` while somebody has the room; with `force` those stays wait for another room
    and a conflict is opened for each. Another block in these nights is refused in any case.
    """
    if not 0 < (ends - starts).days <= LONGEST_STAY:
        raise Refused(f"A block has from one to {LONGEST_STAY} nights.", field="ends")
    window = stay_window(starts, ends)
    with unit_of_work():
        room = rooms.find(property_id, room_id)
        expected = room_nights.taken_by_stays([room_id], *window)
        rooms.lock_reservations(expected)
        rooms.lock_types(property_id, {room.room_type_id, *_types_sold(expected)})
        stays = _stays(room_nights.taken_by_stays([room_id], *window))
        if stays and not force:
            raise StaysInTheWay(room.number, stays)
        if {stay.reservation_room_id for stay in stays} - set(expected):
            raise Refused(f"Room {room.number} was sold this very moment: please look again.", field="room")
        block = RoomBlock(
            property_id=property_id, room_id=room_id, starts=starts, ends=ends, reason=reason, note=note[:500]
        )
        db.session.add(block)
        db.session.flush()
        _unassign(property_id, room, stays)
        claims: list[room_nights.Claim] = [(room_id, night, None, block.id) for night in each(*window)]
        if room_nights.take(property_id, claims):
            raise Refused(f"Room {room.number} is already blocked in these nights.", field="room")
        changes = {"room": (None, room.number), "starts": (None, starts), "ends": (None, ends)}
        audit.record("block.created", "room_block", block.id, changes, property_id=property_id)
        cause = f"room {room.number} blocked"
        lanes.mark(property_id, room_types=[room.room_type_id], windows=[window], urgent=True, cause=cause)
    return block


def lift(property_id: UUID, block_id: UUID) -> None:
    """End a block: its nights are for sale again. Raises `NotFound` when there is none, or it was lifted."""
    with unit_of_work():
        block = find(property_id, block_id)
        room = rooms.find(property_id, block.room_id)
        rooms.lock_types(property_id, [room.room_type_id])
        db.session.execute(
            delete(RoomNight)
            .where(RoomNight.organization_id == block.organization_id, RoomNight.block_id == block.id)
            .execution_options(synchronize_session=False)
        )
        block.lifted_at = datetime.now(UTC)
        audit.record("block.lifted", "room_block", block.id, {"room": (room.number, None)}, property_id=property_id)
        window = stay_window(block.starts, block.ends)
        cause = f"room {room.number} free again"
        lanes.mark(property_id, room_types=[room.room_type_id], windows=[window], cause=cause)
        waiting.place(property_id, [(room.room_type_id, window)])


def find(property_id: UUID, block_id: UUID) -> RoomBlock:
    """A block of the property that is in force. Raises `NotFound`."""
    block: RoomBlock | None = db.session.scalar(
        select(RoomBlock)
        .where(
            RoomBlock.organization_id == tenancy.required(),
            RoomBlock.property_id == property_id,
            RoomBlock.id == block_id,
            RoomBlock.lifted_at.is_(None),
        )
        .with_for_update()
    )
    if block is None:
        raise NotFound(f"block {block_id}")
    return block


def listed(property_id: UUID, first: date, last: date) -> Sequence[RoomBlock]:
    """The blocks in force that hold a night of `first`..`last`, by their first night."""
    query = select(RoomBlock).where(
        RoomBlock.organization_id == tenancy.required(),
        RoomBlock.property_id == property_id,
        RoomBlock.ends > first,
        RoomBlock.starts <= last,
        RoomBlock.lifted_at.is_(None),
    )
    return db.session.scalars(query.order_by(RoomBlock.starts, RoomBlock.id)).all()


def _types_sold(reservation_room_ids: Collection[UUID]) -> set[UUID]:
    query = select(ReservationRoom.room_type_id).where(
        ReservationRoom.organization_id == tenancy.required(), ReservationRoom.id.in_(reservation_room_ids)
    )
    return {found for found in db.session.scalars(query) if found is not None}


def _stays(reservation_room_ids: Collection[UUID]) -> list[StayInTheWay]:
    row = ReservationRoom
    query = (
        select(row.reservation_id, row.id, Reservation.code, row.check_in, row.check_out)
        .join(
            Reservation, (Reservation.organization_id == row.organization_id) & (Reservation.id == row.reservation_id)
        )
        .where(row.organization_id == tenancy.required(), row.id.in_(reservation_room_ids))
        .order_by(row.check_in, row.id)
    )
    return [StayInTheWay(*found) for found in db.session.execute(query)]


def _unassign(property_id: UUID, room: Room, stays: Sequence[StayInTheWay]) -> None:
    """Take the room from the stays: they are sold all the same, so each becomes a person's task."""
    if not stays:
        return
    ids = [stay.reservation_room_id for stay in stays]
    sold = {
        row.id: row
        for row in db.session.scalars(
            select(ReservationRoom)
            .where(ReservationRoom.organization_id == tenancy.required(), ReservationRoom.id.in_(ids))
            .execution_options(populate_existing=True)
        )
    }
    room_nights.release(ids)
    db.session.execute(
        update(Reservation)
        .where(
            Reservation.organization_id == tenancy.required(),
            Reservation.id.in_({stay.reservation_id for stay in stays}),
        )
        .values(version=Reservation.version + 1, updated_at=func.now())
        .execution_options(synchronize_session="fetch")
    )
    for stay in stays:
        row = sold[stay.reservation_room_id]
        row.room_id = None
        _open_conflict(property_id, room, stay)
        lanes.mark(
            property_id,
            room_types=lanes.ALL if row.room_type_id is None else [row.room_type_id],
            windows=[stay_window(stay.check_in, stay.check_out)],
            urgent=True,
            cause=f"{stay.code} lost room {room.number}",
        )


def _open_conflict(property_id: UUID, room: Room, stay: StayInTheWay) -> None:
    db.session.add(
        Conflict(
            property_id=property_id,
            reservation_id=stay.reservation_id,
            reservation_room_id=stay.reservation_room_id,
            type=ConflictType.ROOM,
            field="room",
            sides={"base": room.number, "ours": None, "theirs": None},
            reason=f"Room {room.number} was blocked over this stay.",
        )
    )
    changes = {"room": (room.number, None)}
    audit.record("reservation.unassigned", "reservation", stay.reservation_id, changes, property_id=property_id)
