"""Our calendar in Beds24's words and back. Pure.

One room type has one number of units, one shortest and longest stay and one closing (`override`) for each
night, and sixteen prices. Ranges hold their last night, `to`, in writes and in reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from providers.beds24.mapping import split_plan
from providers.errors import Malformed
from providers.strict_fields import amount, day
from providers.types import Cell, LaneKind, RoomNights, Run

ONE_NIGHT = timedelta(days=1)
NO_LIMIT = 364  # the longest `maxStay` that can be written; null is ignored, and 0 becomes 1
LONGEST_MIN_STAY = 365
LONGEST_RANGE = 1000
BLACKOUT = "blackout"
_CLOSINGS = {
    (False, False): "none",
    (True, False): "noCheckIn",
    (False, True): "noCheckOut",
    (True, True): "noCheckInOrCheckOut",
}
_CLOSED = {name: closed for closed, name in _CLOSINGS.items()}

Day = dict[str, Any]
Value = TypeVar("Value", int, Cell)


@dataclass
class RoomDays:
    """What one room type is sent. `locked` nights stay under a blackout that is not ours to lift blindly."""

    days: dict[date, Day] = field(default_factory=dict)
    locked: set[date] = field(default_factory=set)
    no_limit: bool = True  # no night asks for a longest stay


def unit_days(runs: Iterable[Run]) -> RoomDays:
    """Return the days of one room type's availability."""
    days = {night: {"numAvail": run.value} for run in runs for night in nights(run.first, run.last)}
    return RoomDays(days)


def price_days(
    asked: Mapping[str, Mapping[date, Cell]], wanted: RoomNights | None, blackouts: frozenset[date]
) -> RoomDays:
    """Return the days of one room type's prices and restrictions, from the plans that changed and all its plans.

    `blackouts` are nights closed at Beds24 now. Lifting one without a number of units opens all of them
    for sale, so a night whose units are not known keeps its blackout.
    """
    room = RoomDays()
    available = wanted.available if wanted else {}
    for night in sorted({night for cells in asked.values() for night in cells}):
        changed = {plan: cells[night] for plan, cells in asked.items() if night in cells}
        beside = {plan: cells[night] for plan, cells in (wanted.cells if wanted else {}).items() if night in cells}
        every = {**beside, **changed}
        units = available.get(night)
        entry = _stays(every)
        entry["override"] = _override(every, whole=units is not None and bool(beside))
        if units is not None:
            entry["numAvail"] = units
        elif night in blackouts:
            del entry["override"]
            if any(not closed(cell) for cell in changed.values()):
                room.locked.add(night)
        blacked = entry.get("override") == BLACKOUT
        entry.update({_slot(plan): _price(cell, blacked) for plan, cell in changed.items()})
        room.days[night] = entry
        room.no_limit = room.no_limit and entry["maxStay"] == NO_LIMIT
    return room


def cannot_take(cell: Cell) -> tuple[str, ...]:
    """Return the fields whose values would be cut to the longest stays that can be written."""
    stays = [name for name in ("min_stay_arrival", "min_stay_through") if getattr(cell, name) > LONGEST_MIN_STAY]
    return (*stays, *(("max_stay",) if cell.max_stay > NO_LIMIT else ()))


def as_held(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """Return what a room type holds of one night: the strictest of what its open plans ask, for each of them."""
    strict = [cell for cell in cells.values() if not closed(cell)] or list(cells.values())
    if not strict:
        return {}
    shortest = max(_min_stay(cell) for cell in strict)
    longest = min((cell.max_stay for cell in strict if cell.max_stay), default=0)
    arrival = any(cell.closed_to_arrival for cell in strict)
    departure = any(cell.closed_to_departure for cell in strict)
    return {
        plan: Cell(cell.rate, shortest, shortest, longest, arrival, departure, cell.stop_sell)
        for plan, cell in cells.items()
    }


def closed(cell: Cell) -> bool:
    """True when a plan sells nothing that night. Without a price Beds24 does not sell."""
    return cell.stop_sell or cell.rate is None


def ranges(days: Mapping[date, Day]) -> list[Day]:
    """Return the fewest ranges that say the same, in order."""
    found: list[tuple[date, date, Day]] = []
    for night in sorted(days):
        if found and found[-1][1] + ONE_NIGHT == night and found[-1][2] == days[night]:
            found[-1] = (found[-1][0], night, found[-1][2])
        else:
            found.append((night, night, days[night]))
    return [{"from": str(first), "to": str(last), **entry} for first, last, entry in found]


def read_days(calendar: Any, field: str) -> dict[date, Day]:
    """Return what a room's calendar says of each night. Equal nights come as one range."""
    if not isinstance(calendar, list):
        raise Malformed("Beds24's calendar is not a list", field=field)
    found: dict[date, Day] = {}
    for index, entry in enumerate(calendar):
        where = f"{field}[{index}]"
        if not isinstance(entry, dict):
            raise Malformed(f"{where} is not an object", field=where)
        first, last = day(entry.get("from"), f"{where}.from"), day(entry.get("to"), f"{where}.to")
        if not 0 <= (last - first).days <= LONGEST_RANGE:
            raise Malformed(f"{where}: a range from {first} to {last}", field=f"{where}.to")
        found.update(dict.fromkeys(nights(first, last), entry))
    return found


def seen_units(days: Mapping[date, Day], field: str) -> dict[date, int]:
    """Return the units on sale. A night that reads 0 under a blackout, or without any price, says nothing of them."""
    found: dict[date, int] = {}
    for night, entry in days.items():
        if entry.get("numAvail") is None:
            continue
        units = _whole(entry["numAvail"], f"{field}.{night}.numAvail")
        priced = any(name.startswith("price") and entry[name] not in (None, "") for name in entry)
        if units or (priced and entry.get("override") != BLACKOUT):
            found[night] = units
    return found


def seen_cells(days: Mapping[date, Day], slot: int, field: str) -> dict[date, Cell]:
    """Return the cells of one price slot. Stays and closings are the room type's."""
    return {night: _cell(entry, slot, f"{field}.{night}") for night, entry in days.items()}


def agrees(wanted: int | Cell, seen: int | Cell) -> bool:
    """True when what we read is what we sent.

    An overbooked night reads below zero. A closed night is closed by a blackout or for want of a price,
    and its other values do not matter. Without a longest stay of ours the room's own limit applies.
    """
    if not isinstance(wanted, Cell) or not isinstance(seen, Cell):
        return wanted == (max(seen, 0) if isinstance(seen, int) else seen)
    if closed(wanted) or closed(seen):
        return closed(wanted) and closed(seen)
    return (
        wanted.rate == seen.rate
        and _min_stay(wanted) == _min_stay(seen)
        and (not wanted.max_stay or wanted.max_stay == seen.max_stay)
        and wanted.closed_to_arrival == seen.closed_to_arrival
        and wanted.closed_to_departure == seen.closed_to_departure
    )


def nights(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def runs(found: Mapping[date, Value]) -> list[Run]:
    """Return maximal runs of equal nights, in order; a missing night ends a run."""
    made: list[Run] = []
    for night, value in sorted(found.items()):
        if made and made[-1].last + ONE_NIGHT == night and made[-1].value == value:
            made[-1] = made[-1]._replace(last=night)
        else:
            made.append(Run(night, night, value))
    return made


def room_of(kind: LaneKind, external_id: str) -> str | None:
    """Return the room type a product belongs to; `None` when Beds24 has no such product."""
    if kind is LaneKind.AVAILABILITY:
        return external_id if split_plan(f"{external_id}:1") else None
    plan = split_plan(external_id)
    return plan[0] if plan else None


def _stays(cells: Mapping[str, Cell]) -> Day:
    held = next(iter(as_held(cells).values()))
    return {
        "minStay": min(held.min_stay_arrival, LONGEST_MIN_STAY),
        "maxStay": min(held.max_stay or NO_LIMIT, NO_LIMIT),
    }


def _override(cells: Mapping[str, Cell], *, whole: bool) -> str:
    """A blackout closes the room type: only where every plan of it is known, and closed by a person."""
    if whole and all(closed(cell) for cell in cells.values()) and any(cell.stop_sell for cell in cells.values()):
        return BLACKOUT
    held = next(iter(as_held(cells).values()))
    return _CLOSINGS[held.closed_to_arrival, held.closed_to_departure]


def _price(cell: Cell, blacked: bool) -> float | int | None:
    """Null takes the price away, which closes this plan alone. Numbers are major units."""
    if cell.rate is None or (cell.stop_sell and not blacked):
        return None
    return int(cell.rate) if cell.rate == cell.rate.to_integral_value() else float(cell.rate)


def _slot(external_id: str) -> str:
    plan = split_plan(external_id)
    return f"price{plan[1]}" if plan else ""


def _min_stay(cell: Cell) -> int:
    """Beds24 has one shortest stay; whether it counts from arrival or through is the room's own setting."""
    return max(cell.min_stay_arrival, cell.min_stay_through, 1)


def _cell(entry: Day, slot: int, field: str) -> Cell:
    price = entry.get(f"price{slot}")
    shortest = _whole(entry["minStay"], f"{field}.minStay") if entry.get("minStay") is not None else 1
    longest = _whole(entry["maxStay"], f"{field}.maxStay") if entry.get("maxStay") is not None else 0
    override = str(entry.get("override"))
    arrival, departure = _CLOSED.get(override, (False, False))
    rate: Decimal | None = None if price in (None, "") else amount(price, f"{field}.price{slot}")
    return Cell(
        rate=rate or None,
        min_stay_arrival=max(shortest, 1),
        min_stay_through=max(shortest, 1),
        max_stay=0 if longest >= NO_LIMIT else longest,
        closed_to_arrival=arrival,
        closed_to_departure=departure,
        stop_sell=override == BLACKOUT,
    )


def _whole(value: Any, field: str) -> int:
    """Return a whole number, which may come as text and below zero."""
    found = amount(value, field, negative=True)
    if found != found.to_integral_value():
        raise Malformed(f"{field}: {found} is not a whole number", field=field)
    return int(found)
