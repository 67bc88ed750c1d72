"""The table that says who has which room in which night: taken, given back, looked up.

Its primary key is the guard against double assignment. Helpers inside the caller's unit of work, which
holds the room types concerned.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select, text

from portal import tenancy
from portal.domain.nights import each
from portal.extensions import db
from portal.models import RoomNight

# In (room, night) order. What is taken already is left alone; the caller counts what it got.
_TAKE = text(
    """
    insert into room_nights (organization_id, room_id, night, property_id, room_type_id, reservation_room_id, block_id)
    select :organization, taken.room, taken.night, :property, rooms.room_type_id, taken.stay, taken.block
    from unnest(cast(:rooms as uuid[]), cast(:nights as date[]), cast(:stays as uuid[]), cast(:blocks as uuid[]))
         as taken(room, night, stay, block)
    join rooms on rooms.organization_id = :organization and rooms.id = taken.room
    order by taken.room, taken.night
    on conflict do nothing
    returning coalesce(reservation_room_id, block_id)
    """
)
_TAKEN = text(
    """
    select room_id, array_agg(night) from room_nights
    where organization_id = :organization and room_id = any(cast(:rooms as uuid[])) and night between :first and :last
    group by room_id
    """
)

Claim = tuple[UUID, date, UUID | None, UUID | None]
"""Room, night, and the one who takes it: a reservation's room or a block."""


def take(property_id: UUID, claims: Sequence[Claim]) -> set[UUID]:
    """Take the nights; return the takers that did not get all of theirs, and now hold none."""
    if not claims:
        return set()
    room_ids, dates, stays, blocks = (list(column) for column in zip(*claims, strict=True))
    values = {
        "organization": tenancy.required(),
        "property": property_id,
        "rooms": room_ids,
        "nights": dates,
        "stays": stays,
        "blocks": blocks,
    }
    got: dict[UUID, int] = {}
    for taker in db.session.execute(_TAKE, values).scalars():
        got[taker] = got.get(taker, 0) + 1
    wanted: dict[UUID, int] = {}
    for _, _, stay, block in claims:
        taker = stay or block
        if taker is not None:
            wanted[taker] = wanted.get(taker, 0) + 1
    lost = {taker for taker, count in wanted.items() if got.get(taker, 0) != count}
    if lost:
        _give_back(lost)
    return lost


def _give_back(takers: Collection[UUID]) -> None:
    db.session.execute(
        delete(RoomNight)
        .where(
            RoomNight.organization_id == tenancy.required(),
            RoomNight.reservation_room_id.in_(takers) | RoomNight.block_id.in_(takers),
        )
        .execution_options(synchronize_session=False)
    )


def release(reservation_room_ids: Collection[UUID], since: date = date.min) -> None:
    """Give up the nights these rooms of reservations hold, from the night of `since` on."""
    if reservation_room_ids:
        db.session.execute(
            delete(RoomNight)
            .where(
                RoomNight.organization_id == tenancy.required(),
                RoomNight.reservation_room_id.in_(reservation_room_ids),
                RoomNight.night >= since,
            )
            .execution_options(synchronize_session=False)
        )


def taken_by_stays(room_ids: Collection[UUID], first: date, last: date) -> list[UUID]:
    """The ids of the reservations' rooms that hold a night of these rooms within `first`..`last`."""
    query = (
        select(RoomNight.reservation_room_id)
        .where(
            RoomNight.organization_id == tenancy.required(),
            RoomNight.room_id.in_(room_ids),
            RoomNight.night.between(first, last),
            RoomNight.reservation_room_id.is_not(None),
        )
        .distinct()
    )
    return [found for found in db.session.scalars(query) if found is not None]


def last_night_taken(room_ids: Collection[UUID], after: date) -> date | None:
    """The last night from `after` on that anybody, stay or block, holds in these rooms."""
    query = select(RoomNight.night).where(
        RoomNight.organization_id == tenancy.required(), RoomNight.room_id.in_(room_ids), RoomNight.night >= after
    )
    return db.session.scalar(query.order_by(RoomNight.night.desc()).limit(1))


def free_nights(room_ids: Sequence[UUID], first: date, last: date) -> dict[UUID, set[date]]:
    """The nights of `first`..`last` that nobody, stay or block, has in each of these rooms."""
    values = {"organization": tenancy.required(), "rooms": list(room_ids), "first": first, "last": last}
    left = {room_id: set(each(first, last)) for room_id in room_ids}
    for room_id, taken in db.session.execute(_TAKEN, values):
        left[room_id].difference_update(taken)
    return left
