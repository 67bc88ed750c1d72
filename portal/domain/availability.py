"""How many rooms of a type are left to sell on a night.

`taken` counts room nights that have a room: stays and blocks alike. `waiting` counts bookings that
wait for confirmation and `unplaced` those sold without a room yet; neither has a room, both have a guest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from portal.domain.nights import Window, each

_NOBODY: Mapping[date, int] = {}


def available(units: int, taken: int, waiting: int = 0, unplaced: int = 0) -> int:
    """Return the units left to sell, never negative."""
    return max(0, units - _claims(taken, waiting, unplaced))


def oversold(units: int, taken: int, waiting: int = 0, unplaced: int = 0) -> int:
    """Return how many claims on the night have no unit behind them, 0 when all have."""
    return max(0, _claims(taken, waiting, unplaced) - units)


def fill(
    window: Window,
    units: int,
    taken: Mapping[date, int],
    waiting: Mapping[date, int] = _NOBODY,
    unplaced: Mapping[date, int] = _NOBODY,
) -> dict[date, int]:
    """Return the units left for every night of the window; a night without counts is wholly free."""
    return {
        night: available(units, taken.get(night, 0), waiting.get(night, 0), unplaced.get(night, 0))
        for night in each(*window)
    }


def _claims(taken: int, waiting: int, unplaced: int) -> int:
    if min(taken, waiting, unplaced) < 0:
        raise ValueError("rooms are counted from zero")  # a negative count would invent rooms to sell
    return taken + waiting + unplaced
