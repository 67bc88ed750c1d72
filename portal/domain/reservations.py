"""The life of a reservation: its states, its sources, and which state may follow which."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"  # awaits confirmation, and holds its nights meanwhile
    CONFIRMED = "confirmed"
    IN_HOUSE = "in_house"
    CHECKED_OUT = "checked_out"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class Source(StrEnum):
    OTA = "ota"
    DIRECT = "direct"
    WALK_IN = "walk_in"
    PHONE = "phone"
    IMPORT = "import"


# Reservations that take a unit off sale. A guest who left early frees the rest of the stay because
# check-out shortens it, not because of the state.
OCCUPYING = frozenset({Status.PENDING, Status.CONFIRMED, Status.IN_HOUSE})

# Steps back are here on purpose: the wrong guest checked in or out, a no-show who arrives at two in
# the morning, an OTA that reinstates what it had cancelled.
_MOVES: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED}),
    Status.CONFIRMED: frozenset({Status.IN_HOUSE, Status.CANCELLED, Status.NO_SHOW}),
    Status.IN_HOUSE: frozenset({Status.CHECKED_OUT, Status.CONFIRMED}),
    Status.CHECKED_OUT: frozenset({Status.IN_HOUSE}),
    Status.CANCELLED: frozenset({Status.PENDING, Status.CONFIRMED}),
    Status.NO_SHOW: frozenset({Status.CONFIRMED, Status.IN_HOUSE, Status.CANCELLED}),
}


def can_move(before: Status, after: Status) -> bool:
    """Say whether a reservation may go from one state to the other; staying where it is is no move."""
    return after in _MOVES[before]


def moves(before: Status) -> list[Status]:
    """Return the states that may follow, in the order of a reservation's life."""
    return [status for status in Status if can_move(before, status)]
