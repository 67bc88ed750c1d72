"""How far a reservation of ours got at a provider, and what it is told of the guest."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from portal.domain.reservations import Source, Status
from providers.types import StayState, VerdictKind


class PushState(StrEnum):
    WAITING = "waiting"  # on its way, or tried again later
    ACCEPTED = "accepted"
    WARNED = "warned"  # kept there, not in all points
    REFUSED = "refused"  # until it changes, or a person sends it again


# What was sold here. What an OTA sold, or a provider told us of, is theirs to keep.
SOLD_HERE = frozenset({Source.DIRECT, Source.WALK_IN, Source.PHONE})

_GUESTS = {
    Status.IN_HOUSE: StayState.CHECKED_IN,
    Status.CHECKED_OUT: StayState.CHECKED_OUT,
    Status.NO_SHOW: StayState.NO_SHOW,
}


def stay_state(status: Status) -> StayState:
    """Where the guest of a reservation is, in the providers' words."""
    return _GUESTS.get(status, StayState.EXPECTED)


def outcome(verdicts: Sequence[VerdictKind]) -> PushState:
    """One word for the verdicts of all rooms: the worst of them."""
    if VerdictKind.REFUSED in verdicts:
        return PushState.REFUSED
    return PushState.WARNED if VerdictKind.WARNED in verdicts else PushState.ACCEPTED
