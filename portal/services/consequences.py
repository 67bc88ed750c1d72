"""What a block, or fewer rooms, would do to what is sold: told before it is saved, and agreed to by the person.

Helpers: they read what the caller holds. What a person agrees to is the token of just these consequences; when
something was sold meanwhile, the token is another one and they are asked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.domain.nights import Window, each, nights
from portal.extensions import db
from portal.models import Reservation, ReservationRoom, Room
from portal.services import availability
from portal.services.errors import Refused
from portal.services.sentences import Phrase

Short = Mapping[UUID, Mapping[date, int]]
"""{room type: {night: how many stays would have no room behind them}}"""


@dataclass(frozen=True)
class StayInTheWay:
    """A stay that holds a night of a room that is to go."""

    reservation_id: UUID
    reservation_room_id: UUID
    code: str
    check_in: date
    check_out: date
    room_type_id: UUID | None  # what was sold; None: nobody mapped it, so it counts as one of every type


@dataclass(frozen=True)
class Consequences:
    """The stays that lose their room, and the nights that would be oversold."""

    stays: Sequence[StayInTheWay] = ()
    short: Short = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.stays or self.short)

    @property
    def token(self) -> str:
        """The same for the same consequences; empty when there are none."""
        if not self:
            return ""
        parts = sorted(str(stay.reservation_room_id) for stay in self.stays)
        parts += sorted(f"{kind}{night}{many}" for kind, found in self.short.items() for night, many in found.items())
        return sha256("|".join(parts).encode()).hexdigest()[:32]


class NotAgreed(Refused):
    """It would do this, and the person has not said yes to it yet."""

    def __init__(self, consequences: Consequences) -> None:
        self.consequences = consequences
        super().__init__(Phrase("This has consequences: look at them, then decide."))


def check(consequences: Consequences, agreed: str) -> None:
    """Raise `NotAgreed` unless there are none, or the person agreed to just these."""
    if consequences and consequences.token != agreed:
        raise NotAgreed(consequences)


def stays(reservation_room_ids: Collection[UUID]) -> list[StayInTheWay]:
    """These rooms of reservations with the codes people know, by arrival."""
    row = ReservationRoom
    query = (
        select(row.reservation_id, row.id, Reservation.code, row.check_in, row.check_out, row.room_type_id)
        .join(
            Reservation, (Reservation.organization_id == row.organization_id) & (Reservation.id == row.reservation_id)
        )
        .where(row.organization_id == tenancy.required(), row.id.in_(reservation_room_ids))
        .order_by(row.check_in, row.id)
    )
    return [StayInTheWay(*found) for found in db.session.execute(query)]


def of_block(
    room: Room, window: Window, in_the_way: Sequence[StayInTheWay], instead_of: Window | None = None
) -> Consequences:
    """What blocking the room over the window does; `instead_of` are the nights the block holds already.

    A stay that loses the room is sold all the same: from then on it counts as one of the type sold, beside the block.
    """
    change: Counter[tuple[UUID | None, date]] = Counter()
    for night in each(*window):
        if instead_of is None or not instead_of.first <= night <= instead_of.last:
            change[room.room_type_id, night] += 1
    for stay in in_the_way:
        for night in nights(stay.check_in, stay.check_out):
            change[room.room_type_id, night] -= 1
            change[stay.room_type_id, night] += 1
    worse = {key for key, many in change.items() if many > 0}
    if not worse:
        return Consequences(tuple(in_the_way))
    first, last = min(night for _, night in worse), max(night for _, night in worse)
    short: dict[UUID, dict[date, int]] = {}
    for room_type_id, counted in availability.detail(room.property_id, first, last).items():
        for night, counts in counted.items():
            more = change[room_type_id, night] + change[None, night]
            too_many = counts.sold + counts.blocked + counts.waiting + more - counts.units
            if more > 0 and too_many > 0:
                short.setdefault(room_type_id, {})[night] = too_many
    return Consequences(tuple(in_the_way), short)


def of_fewer_rooms(property_id: UUID, losing: Sequence[Room], ahead: Window) -> Short:
    """The nights that would be oversold without these rooms; those oversold already when it would become worse."""
    found: dict[UUID, dict[date, int]] = {}
    lost: dict[UUID, int] = {}
    for room in losing:
        lost[room.room_type_id] = lost.get(room.room_type_id, 0) + 1
    counted = availability.detail(property_id, *ahead)
    for room_type_id, fewer in lost.items():
        for night, counts in counted[room_type_id].items():
            too_many = counts.sold + counts.blocked + counts.waiting - (counts.units - fewer)
            if too_many > 0:
                found.setdefault(room_type_id, {})[night] = too_many
    return found
