"""Rooms off sale for a while: maintenance, out of order, the owner's own holiday."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.nights import LONGEST_STAY, Window, each, stay_window
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
from portal.services import audit, consequences, lanes, locks, room_nights, rooms, waiting
from portal.services.consequences import StayInTheWay
from portal.services.errors import NotFound, Refused
from portal.services.sentences import Phrase


class StaysInTheWay(Refused):
    """The room is sold in these nights. Asked again with `force`, the stays lose their room, not their bed."""

    def __init__(self, number: str, stays: Sequence[StayInTheWay]) -> None:
        self.stays = tuple(stays)
        super().__init__(
            Phrase("Room %(number)s is taken in these nights by %(stays)s."),
            number=number, stays=tuple(stay.code for stay in stays), field="room",
        )  # fmt: skip


def create(
    property_id: UUID,
    room_id: UUID,
    starts: date,
    ends: date,
    reason: BlockReason = BlockReason.MAINTENANCE,
    note: str = "",
    *,
    force: bool = False,
    agreed: str | None = None,
    block_id: UUID | None = None,
) -> RoomBlock:
    """Block a room over `[starts, ends)`.

    Raises `StaysInTheWay` while somebody has the room; with `force` those stays wait for another room
    and a conflict is opened for each. Another block in these nights is refused in any case.

    A page passes `agreed` instead: `NotAgreed` tells what the block would do, until the token of just that comes
    back. The same `block_id` again gives the block of the first time.
    """
    window = _window(starts, ends)
    with unit_of_work():
        if block_id is not None:
            locks.hold(locks.Kind.REQUEST, [block_id])
            if known := db.session.get(RoomBlock, (tenancy.required(), block_id)):
                return known
        room = rooms.find(property_id, room_id)
        stays = _stays_in_the_way(property_id, room, window)
        if agreed is not None:
            consequences.check(consequences.of_block(room, window, stays), agreed)
        elif stays and not force:
            raise StaysInTheWay(room.number, stays)
        block = RoomBlock(
            id=block_id,
            property_id=property_id,
            room_id=room_id,
            starts=starts,
            ends=ends,
            reason=reason,
            note=note[:500],
        )
        db.session.add(block)
        db.session.flush()
        _take(block, room, stays)
        changes = {"room": (None, room.number), "starts": (None, starts), "ends": (None, ends)}
        audit.record("block.created", "room_block", block.id, changes, property_id=property_id)
        cause = f"room {room.number} blocked"
        lanes.mark(property_id, room_types=[room.room_type_id], windows=[window], urgent=True, cause=cause)
    return block


def change(
    property_id: UUID, block_id: UUID, starts: date, ends: date, reason: BlockReason, note: str = "", *, agreed: str
) -> RoomBlock:
    """Give a block other nights, another reason or note. Raises `NotAgreed` as `create` does, `Refused`, `NotFound`."""
    window = _window(starts, ends)
    with unit_of_work():
        block = find(property_id, block_id, for_update=False)
        room = rooms.find(property_id, block.room_id)
        stays = _stays_in_the_way(property_id, room, window)
        block = find(property_id, block_id)
        before = {"starts": block.starts, "ends": block.ends, "reason": block.reason, "note": block.note}
        old = stay_window(block.starts, block.ends)
        consequences.check(consequences.of_block(room, window, stays, instead_of=old), agreed)
        _give_back(block)
        block.starts, block.ends, block.reason, block.note = starts, ends, reason, note[:500]
        _take(block, room, stays)
        changes = {name: (was, getattr(block, name)) for name, was in before.items() if was != getattr(block, name)}
        if changes:
            audit.record("block.changed", "room_block", block.id, changes, property_id=property_id)
        if changes.keys() & {"starts", "ends"}:
            cause = f"room {room.number} blocked"
            lanes.mark(property_id, room_types=[room.room_type_id], windows=[old, window], urgent=True, cause=cause)
            waiting.place(property_id, [(room.room_type_id, old)])
    return block


def lift(property_id: UUID, block_id: UUID) -> None:
    """End a block: its nights are for sale again. Raises `NotFound` when there is none, or it was lifted."""
    with unit_of_work():
        room = rooms.find(property_id, find(property_id, block_id, for_update=False).room_id)
        rooms.lock_types(property_id, [room.room_type_id])
        block = find(property_id, block_id)
        _give_back(block)
        block.lifted_at = datetime.now(UTC)
        audit.record("block.lifted", "room_block", block.id, {"room": (room.number, None)}, property_id=property_id)
        window = stay_window(block.starts, block.ends)
        cause = f"room {room.number} free again"
        lanes.mark(property_id, room_types=[room.room_type_id], windows=[window], cause=cause)
        waiting.place(property_id, [(room.room_type_id, window)])


def find(property_id: UUID, block_id: UUID, *, for_update: bool = True) -> RoomBlock:
    """A block of the property that is in force, held from here on unless told not to. Raises `NotFound`.

    Room types come before blocks, the order in which everybody locks.
    """
    query = select(RoomBlock).where(
        RoomBlock.organization_id == tenancy.required(),
        RoomBlock.property_id == property_id,
        RoomBlock.id == block_id,
        RoomBlock.lifted_at.is_(None),
    )
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    block: RoomBlock | None = db.session.scalar(query)
    if block is None:
        raise NotFound(f"block {block_id}")
    return block


def room_of(property_id: UUID, block_id: UUID) -> UUID:
    """The id of the room of a block, also of one that was lifted. Raises `NotFound`."""
    query = select(RoomBlock.room_id).where(
        RoomBlock.organization_id == tenancy.required(),
        RoomBlock.property_id == property_id,
        RoomBlock.id == block_id,
    )
    room_id: UUID | None = db.session.scalar(query)
    if room_id is None:
        raise NotFound(f"block {block_id}")
    return room_id


def reason(word: str) -> BlockReason:
    """The reason a form names. Raises ValueError for one nobody knows."""
    return BlockReason(word)


def listed(property_id: UUID, first: date, last: date, room_id: UUID | None = None) -> Sequence[RoomBlock]:
    """The blocks in force that hold a night of `first`..`last`, by their first night; of one room or of all."""
    query = select(RoomBlock).where(
        RoomBlock.organization_id == tenancy.required(),
        RoomBlock.property_id == property_id,
        RoomBlock.ends > first,
        RoomBlock.starts <= last,
        RoomBlock.lifted_at.is_(None),
    )
    if room_id is not None:
        query = query.where(RoomBlock.room_id == room_id)
    return db.session.scalars(query.order_by(RoomBlock.starts, RoomBlock.id)).all()


def _window(starts: date, ends: date) -> Window:
    if not 0 < (ends - starts).days <= LONGEST_STAY:
        raise Refused("A block has from one to %(most)s nights.", most=LONGEST_STAY, field="ends")
    return stay_window(starts, ends)


def _stays_in_the_way(property_id: UUID, room: Room, window: Window) -> list[StayInTheWay]:
    """The stays that hold nights of the window in this room. They and their room types are held from here on."""
    expected = room_nights.taken_by_stays([room.id], *window)
    rooms.lock_reservations(expected)
    rooms.lock_types(property_id, {room.room_type_id, *_types_sold(expected)})
    stays = consequences.stays(room_nights.taken_by_stays([room.id], *window))
    if {stay.reservation_room_id for stay in stays} - set(expected):
        raise Refused("Room %(number)s was sold this very moment: please look again.", number=room.number, field="room")
    return stays


def _take(block: RoomBlock, room: Room, stays: Sequence[StayInTheWay]) -> None:
    """The block takes its nights; the stays that had them lose the room."""
    _unassign(block.property_id, room, stays)
    nights = each(*stay_window(block.starts, block.ends))
    claims: list[room_nights.Claim] = [(room.id, night, None, block.id) for night in nights]
    if room_nights.take(block.property_id, claims):
        raise Refused("Room %(number)s is already blocked in these nights.", number=room.number, field="room")


def _give_back(block: RoomBlock) -> None:
    db.session.execute(
        delete(RoomNight)
        .where(RoomNight.organization_id == block.organization_id, RoomNight.block_id == block.id)
        .execution_options(synchronize_session=False)
    )


def _types_sold(reservation_room_ids: Collection[UUID]) -> set[UUID]:
    query = select(ReservationRoom.room_type_id).where(
        ReservationRoom.organization_id == tenancy.required(), ReservationRoom.id.in_(reservation_room_ids)
    )
    return {found for found in db.session.scalars(query) if found is not None}


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
