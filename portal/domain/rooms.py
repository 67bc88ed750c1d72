"""Which room a stay gets: keep the one it has, else the room whose calendar it leaves least ragged."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from portal.domain.nights import ONE_NIGHT, nights

StayId = TypeVar("StayId", bound=Hashable)
RoomId = TypeVar("RoomId", bound=Hashable)


@dataclass(frozen=True)
class Stay(Generic[StayId, RoomId]):
    """A stay that wants a room: `[check_in, check_out)`, and the room it has now, if any."""

    id: StayId
    check_in: date
    check_out: date
    current: RoomId | None = None


def assign(
    free: Mapping[RoomId, Collection[date]], order: Sequence[RoomId], stays: Sequence[Stay[StayId, RoomId]]
) -> dict[StayId, RoomId | None]:
    """Return a room for each stay, None where no room is free for all of its nights.

    `free` holds the free nights of each room, `order` the rooms as the house prefers them. Stays that
    still fit their current room keep it, before anyone else chooses; the others choose in the order
    given. Nights outside `free` count as taken, so pass some nights on both sides of the stays.
    """
    left = {room: set(free.get(room, ())) for room in order}
    given: dict[StayId, RoomId | None] = {stay.id: None for stay in stays}

    for stay in stays:
        if stay.current is not None and _fits(stay, left.get(stay.current, set())):
            given[stay.id] = stay.current
            left[stay.current].difference_update(nights(stay.check_in, stay.check_out))

    for stay in stays:
        if given[stay.id] is None:
            room = _choose(stay, order, left)
            given[stay.id] = room
            if room is not None:
                left[room].difference_update(nights(stay.check_in, stay.check_out))
    return given


def _fits(stay: Stay[StayId, RoomId], free: set[date]) -> bool:
    return free.issuperset(nights(stay.check_in, stay.check_out))


def _choose(stay: Stay[StayId, RoomId], order: Sequence[RoomId], left: Mapping[RoomId, set[date]]) -> RoomId | None:
    fitting = [room for room in order if _fits(stay, left[room])]
    # min() returns the first of equals, so the house's order decides a tie.
    return min(fitting, key=lambda room: _raggedness(stay, left[room]), default=None)


def _raggedness(stay: Stay[StayId, RoomId], free: set[date]) -> tuple[int, int]:
    """Return how many stretches of free nights the stay leaves beside itself, and their length together."""
    before = after = 0
    night = stay.check_in - ONE_NIGHT
    while night in free:
        before += 1
        night -= ONE_NIGHT
    night = stay.check_out
    while night in free:
        after += 1
        night += ONE_NIGHT
    return bool(before) + bool(after), before + after
