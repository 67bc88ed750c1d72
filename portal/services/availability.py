"""How many rooms of each type are left, night by night: one question to the database for a whole property.

Counted are the nights that have a room (stays and blocks) and the bookings that have none yet. A
booking whose product nobody mapped counts against every type: closing too much costs a sale, closing
too little a guest without a bed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from portal import tenancy
from portal.domain import availability as rule
from portal.domain.nights import each
from portal.extensions import db

# One row a type, its nights as arrays of (days after the first night, count): reading twenty rows
# with arrays is faster than ten thousand rows. The row without a type holds what is not mapped.
# Materialized: without statistics (a hotel just imported) the planner would count anew for each type.
_COUNTS = text(
    """
    with units as materialized (
        select room_type_id, count(*) as units from rooms
        where organization_id = :organization and property_id = :property and archived_at is null
        group by room_type_id
    ), nights as (
        select room_type_id, night - cast(:first as date) as day, count(*) as taken, count(block_id) as blocked
        from room_nights
        where organization_id = :organization and property_id = :property and night between :first and :last
        group by room_type_id, night
    ), taken as materialized (
        select room_type_id, array_agg(day) as days, array_agg(taken) as taken,
            array_agg(day) filter (where blocked > 0) as blocked_days,
            array_agg(blocked) filter (where blocked > 0) as blocked
        from nights group by room_type_id
    ), waiting as materialized (
        select room_type_id, array_agg(greatest(check_in - cast(:first as date), 0)) as starts,
            array_agg(least(check_out - cast(:first as date), cast(:length as int))) as ends
        from reservation_rooms
        where organization_id = :organization and property_id = :property and active and room_id is null
          and check_out > :first and check_in <= :last
        group by room_type_id
    ), types as (
        select id from room_types where organization_id = :organization and property_id = :property
    )
    select types.id, coalesce(units.units, 0), taken.days, taken.taken, taken.blocked_days, taken.blocked,
        waiting.starts, waiting.ends
    from types
    full join waiting on waiting.room_type_id = types.id
    left join units on units.room_type_id = types.id
    left join taken on taken.room_type_id = types.id
    """
)


class Night(NamedTuple):
    """One type, one night. `available` is never negative; `oversold` is what has no room behind it."""

    units: int
    sold: int
    blocked: int
    waiting: int  # sold without a room yet, unmapped bookings among them
    available: int
    oversold: int


@dataclass
class _Tally:
    """One type's counts, by days after the first night."""

    units: int
    taken: Mapping[int, int]
    blocked: Mapping[int, int]
    waiting: Counter[int] = field(default_factory=Counter)


def calendar(property_id: UUID, first: date, last: date) -> dict[UUID, dict[date, int]]:
    """Units left to sell of every room type of the property, for every night of `first`..`last`, both included."""
    nights = each(first, last)
    found: dict[UUID, dict[date, int]] = {}
    for room_type_id, tally in _tallies(property_id, first, last).items():
        left = dict.fromkeys(nights, tally.units)
        for day, taken in tally.taken.items():
            left[nights[day]] = rule.available(tally.units, taken, tally.waiting.get(day, 0))
        for day in tally.waiting.keys() - tally.taken.keys():
            left[nights[day]] = rule.available(tally.units, 0, tally.waiting[day])
        found[room_type_id] = left
    return found


def oversold(property_id: UUID, first: date, last: date) -> dict[UUID, dict[date, int]]:
    """The nights of `first`..`last` with more claims than rooms: {room type: {night: how many too many}}."""
    nights = each(first, last)
    found: dict[UUID, dict[date, int]] = {}
    for room_type_id, tally in _tallies(property_id, first, last).items():
        short = {}
        for day in sorted(tally.taken.keys() | tally.waiting.keys()):
            many = rule.oversold(tally.units, tally.taken.get(day, 0), tally.waiting[day])
            if many:
                short[nights[day]] = many
        if short:
            found[room_type_id] = short
    return found


def detail(property_id: UUID, first: date, last: date) -> dict[UUID, dict[date, Night]]:
    """What the numbers of `calendar` are made of, for every room type and night of `first`..`last`."""
    nights = each(first, last)
    return {
        room_type_id: {night: _night(tally, day) for day, night in enumerate(nights)}
        for room_type_id, tally in _tallies(property_id, first, last).items()
    }


def _night(tally: _Tally, day: int) -> Night:
    taken, blocked, waiting = tally.taken.get(day, 0), tally.blocked.get(day, 0), tally.waiting[day]
    return Night(
        tally.units,
        taken - blocked,
        blocked,
        waiting,
        rule.available(tally.units, taken, waiting),
        rule.oversold(tally.units, taken, waiting),
    )


def _tallies(property_id: UUID, first: date, last: date) -> dict[UUID, _Tally]:
    rows = db.session.execute(
        _COUNTS,
        {
            "organization": tenancy.required(),
            "property": property_id,
            "first": first,
            "last": last,
            "length": (last - first).days + 1,
        },
    )
    found: dict[UUID, _Tally] = {}
    unmapped: Counter[int] = Counter()
    for room_type_id, units, days, taken, blocked_days, blocked, starts, ends in rows:
        waiting: Counter[int] = Counter()
        for start, end in zip(starts or (), ends or (), strict=True):
            waiting.update(range(start, end))
        if room_type_id is None:
            unmapped = waiting
            continue
        found[room_type_id] = _Tally(
            units,
            dict(zip(days or (), taken or (), strict=True)),
            dict(zip(blocked_days or (), blocked or (), strict=True)),
            waiting,
        )
    for tally in found.values():
        tally.waiting.update(unmapped)
    return found
