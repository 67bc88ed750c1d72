"""What an OTA may sell: the stay asked for, and the rules of the calendar it was sent."""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.beds24.calendar import BLACKOUT, NO_ARRIVAL, NO_DEPARTURE, UNSET
from sandbox.beds24.state import Room, World
from sandbox.stay import NotSold, Stay


def read_stay(given: dict[str, Any], today: date) -> Stay:
    """The stay a body asks for; tomorrow, one night, two adults, one room unless it says so. Raises NotSold."""
    try:
        first = date.fromisoformat(given["check_in"]).toordinal() if given.get("check_in") else today.toordinal() + 1
        nights, rooms = int(given.get("nights") or 1), int(given.get("rooms") or 1)
        adults = int(given.get("guests") or 2)
    except (TypeError, ValueError) as error:
        raise NotSold("unreadable", str(error)) from error
    if not 1 <= nights <= 365 or not 1 <= rooms <= 50 or adults < 1:
        raise NotSold("unreadable", "nights, rooms or guests")
    return Stay(first, first + nights - 1, adults, rooms)


def check(
    world: World, room: Room, channel: str, prices: list[int], stay: Stay, held: frozenset[int] = frozenset()
) -> None:
    """Raise NotSold when the calendar forbids this stay. `held` are nights the guest already has."""
    nights, first, last = room.nights, stay.first, stay.last
    if first < world.today(room.property_id).toordinal():
        raise NotSold("past", _iso(first))
    if stay.adults > room.attributes["maxPeople"]:
        raise NotSold("too_many_guests", str(stay.adults))
    overrides = nights.override.slice(first, last)
    for at, left in enumerate(world.free(room, first, last)):
        if overrides[at] == BLACKOUT:
            raise NotSold("closed", _iso(first + at))
        if prices[at] == UNSET:
            raise NotSold("no_price", _iso(first + at))
        if left < stay.rooms and first + at not in held:
            raise NotSold("no_availability", _iso(first + at))
    if overrides[0] in NO_ARRIVAL:
        raise NotSold("no_arrival", _iso(first))
    if nights.override.get(last + 1) in NO_DEPARTURE:
        raise NotSold("no_departure", _iso(last + 1))
    least = nights.min_stay.get(first) or room.attributes["minStay"] or 1
    most = nights.max_stay.get(first) or room.attributes["maxStay"] or 365
    if not least <= stay.nights <= most:
        raise NotSold("min_stay" if stay.nights < least else "max_stay", str(least if stay.nights < least else most))
    _check_cap(world, room, channel, stay)


def _check_cap(world: World, room: Room, channel: str, stay: Stay) -> None:
    cap = room.nights.caps.get(channel)
    if cap is None:
        return
    for at, most in enumerate(cap.slice(stay.first, stay.last)):
        night = stay.first + at
        sold = sum(
            1
            for each in world.bookings.values()
            if each.fields["roomId"] == room.id and each.fields["channel"] == channel and each.occupies
            and each.span[0] <= night <= each.span[1]
        )  # fmt: skip
        if most != UNSET and sold + stay.rooms > most:
            raise NotSold("channel_full", _iso(night))


def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
