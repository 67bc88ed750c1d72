"""Calendars of one lane: what we want, what the channel has acknowledged, and the runs that close the gap.

A calendar maps a night to its value: units for sale (int) or a `Cell` of prices and restrictions. A
night that is missing is unknown, not zero. Runs of nights are closed, `[first, last]`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from portal.domain.nights import ONE_NIGHT, Window, each, union
from providers.types import Cell, LaneKind, Run

Value = int | Cell
Calendar = Mapping[date, Value]
V = TypeVar("V", bound=int | Cell)

_USUAL = Cell(None)[1:]  # what a cell's fields after the price hold when nobody asked for anything


def runs(calendar: Calendar) -> list[Run]:
    """Return the fewest runs that hold the calendar, in order of their nights.

    Channels take date ranges and count requests: a year at one price leaves as one run, not as 365.
    """
    found: list[Run] = []
    first = last = None
    value: Value = 0
    for night in sorted(calendar):
        here = calendar[night]
        # `is` first: most nights share one Cell, and comparing seven fields 30,000 times is felt.
        if last is not None and night - last == ONE_NIGHT and (here is value or here == value):
            last = night
            continue
        if first is not None and last is not None:
            found.append(Run(first, last, value))
        first = last = night
        value = here
    if first is not None and last is not None:
        found.append(Run(first, last, value))
    return found


def expand(runs: Iterable[Run]) -> dict[date, Value]:
    """Return the value of every night of the runs; where runs overlap, the later one counts."""
    return {night: run.value for run in runs for night in each(run.first, run.last)}


def changes(desired: Calendar, acknowledged: Calendar, refused: Calendar | None = None) -> list[Run]:
    """Return what to send: the nights whose desired value the channel is not known to have.

    A night missing from `acknowledged` is sent; a night missing from `desired` is not ours to speak
    of. A value equal to the one in `refused` is left out: asked again, it would be refused again.
    """
    return runs(
        {
            night: value
            for night, value in desired.items()
            if not _same(value, acknowledged.get(night)) and not (refused and _same(value, refused.get(night)))
        }
    )


def _same(value: Value, other: Value | None) -> bool:
    return value is other or value == other


def apply(runs: Iterable[Run], calendar: Calendar) -> dict[date, Value]:
    """Return the calendar as it stands once the runs are taken over."""
    return {**calendar, **expand(runs)}


def forget(calendar: Mapping[date, V], windows: Iterable[Window]) -> dict[date, V]:
    """Return the calendar without the nights of the windows: they are unknown, and will be sent again."""
    merged = union(*windows)
    firsts = [window.first for window in merged]

    def forgotten(night: date) -> bool:
        at = bisect_right(firsts, night) - 1
        return at >= 0 and night <= merged[at].last

    return {night: value for night, value in calendar.items() if not forgotten(night)}


def clip(calendar: Mapping[date, V], first: date, last: date) -> dict[date, V]:
    """Return the part of the calendar within `first`..`last`, both included."""
    return {night: value for night, value in calendar.items() if first <= night <= last}


def merge(*calendars: Mapping[date, V]) -> dict[date, V]:
    """Return all nights of all calendars; where two know a night, the later one counts."""
    merged: dict[date, V] = {}
    for calendar in calendars:
        merged.update(calendar)
    return merged


def decreases_first(changes: Sequence[Run], acknowledged: Calendar) -> tuple[list[Run], list[Run]]:
    """Split availability runs into those that close or lower nights, and the rest; both in order.

    A room that moves from one type to another must leave the first before the second offers it. A
    night the channel's number is unknown for counts as lowered only when it closes (0): otherwise a
    full sync would be one big decrease, and nothing would come first. A run that lowers some of its
    nights and raises others is cut where that changes.
    """
    lower: list[Run] = []
    rest: list[Run] = []
    for run in changes:
        nights = each(run.first, run.last)
        falling = {night: run.value for night in nights if _falls(run.value, acknowledged.get(night))}
        if len(falling) in (0, len(nights)):
            (lower if falling else rest).append(run)
            continue
        lower += runs(falling)
        rest += runs({night: run.value for night in nights if night not in falling})
    return lower, rest


def _falls(value: Value, known: Value | None) -> bool:
    if isinstance(value, Cell) or isinstance(known, Cell):
        raise TypeError("only availability falls or rises")
    return value == 0 if known is None else value < known


def encode(runs: Iterable[Run], kind: LaneKind) -> list[list[Any]]:
    """Return the runs as compact JSON: `[first, number of nights, value]`, dates as ISO text.

    Availability is a number. A cell is the list of its fields in order, the price as text and the
    switches as 0 or 1, without the trailing fields that have their usual value. Raises TypeError when
    a value does not belong into this kind of lane.
    """
    return [[run.first.isoformat(), (run.last - run.first).days + 1, _encode_value(run.value, kind)] for run in runs]


def _encode_value(value: Value, kind: LaneKind) -> int | list[Any]:
    if isinstance(value, Cell) != (kind is LaneKind.RATES):
        raise TypeError(f"{value!r} has no place in a calendar of {kind}")
    if not isinstance(value, Cell):
        return int(value)
    fields = (*value[1:4], int(value.closed_to_arrival), int(value.closed_to_departure), int(value.stop_sell))
    length = len(fields)
    while length and fields[length - 1] == _USUAL[length - 1]:
        length -= 1
    return [None if value.rate is None else format(value.rate, "f"), *fields[:length]]


def decode(data: Iterable[Sequence[Any]], kind: LaneKind) -> dict[date, Value]:
    """Return the calendar that `encode` wrote. Raises ValueError when the text is not of its making."""
    calendar: dict[date, Value] = {}
    cells: dict[tuple[Any, ...], Cell] = {}
    try:
        for start, length, written in data:
            value: Value
            if kind is LaneKind.AVAILABILITY:
                value = int(written)
            else:
                key = tuple(written)
                # Equal cells become one object, which `runs` and `changes` then recognise at a glance.
                value = cells.get(key) or cells.setdefault(key, _decode_cell(key))
            first = date.fromisoformat(start).toordinal()
            for day in range(first, first + length):
                calendar[date.fromordinal(day)] = value
    except (TypeError, ValueError, LookupError, OverflowError, InvalidOperation) as error:
        raise ValueError(f"not a calendar of {kind}") from error
    return calendar


def _decode_cell(written: tuple[Any, ...]) -> Cell:
    rate = None if written[0] is None else Decimal(written[0])
    numbers, switches = written[1:4], written[4:]
    return Cell(rate, *numbers, *_USUAL[len(numbers) : 3], *(bool(switch) for switch in switches))
