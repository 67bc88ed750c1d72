"""Our calendar in Channex's words and back: values to send, warnings to verdicts, reads to runs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from providers.errors import Malformed
from providers.strict import clean_text
from providers.strict_fields import amount, day
from providers.types import CalendarChange, Cell, LaneKind, Run

ONE_NIGHT = timedelta(days=1)
LARGEST_BODY = 9_000_000  # Channex refuses 10 MB
ID_FIELD = {LaneKind.AVAILABILITY: "room_type_id", LaneKind.RATES: "rate_plan_id"}
RESTRICTIONS = "rate,min_stay_arrival,min_stay_through,max_stay,closed_to_arrival,closed_to_departure,stop_sell"


def value(property_id: str, change: CalendarChange) -> dict[str, Any]:
    """Return one change as Channex takes it. A night without a price is closed, and no rate is sent:
    Channex refuses null and zero."""
    first, last = change.run.first, change.run.last
    dates = {"date": str(first)} if first == last else {"date_from": str(first), "date_to": str(last)}
    head: dict[str, Any] = {"property_id": property_id, ID_FIELD[change.kind]: change.external_id, **dates}
    wanted = change.run.value
    if isinstance(wanted, int):
        return head | {"availability": wanted}
    cell = {
        "min_stay_arrival": wanted.min_stay_arrival,
        "min_stay_through": wanted.min_stay_through,
        "max_stay": wanted.max_stay,
        "closed_to_arrival": wanted.closed_to_arrival,
        "closed_to_departure": wanted.closed_to_departure,
        "stop_sell": wanted.stop_sell or wanted.rate is None,
    }
    return head | ({} if wanted.rate is None else {"rate": wire(wanted.rate)}) | cell


def wire(rate: Decimal) -> str:
    """Return money as Channex reads it safely: text in major units with a decimal point, whatever the currency.

    Without the point a text could be taken for minor units.
    """
    exponent = rate.as_tuple().exponent
    return f"{rate:.2f}" if isinstance(exponent, int) and exponent > -2 else f"{rate:f}"


def batches(values: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    """Yield the values in as few bodies as Channex accepts: nearly always one."""
    if len(values) * 512 <= LARGEST_BODY:
        yield values
        return
    start = size = 0
    for index, item in enumerate(values):
        length = len(json.dumps(item)) + 1
        if size + length > LARGEST_BODY:
            yield values[start:index]
            start, size = index, 0
        size += length
    yield values[start:]


def read_window(first: date, last: date, longest: int = 200) -> Iterator[tuple[date, date]]:
    """Yield closed windows of at most `longest` nights: an answer for a year of a large hotel has many megabytes."""
    while first <= last:
        end = min(last, first + timedelta(days=longest - 1))
        yield first, end
        first = end + ONE_NIGHT


def read_nights(
    kind: LaneKind, data: Mapping[str, Any], external_ids: Iterable[str]
) -> dict[str, dict[date, int | Cell]]:
    """Return what a read says, per product asked for. Other options' keys and unreadable dates are an error."""
    found: dict[str, dict[date, int | Cell]] = {}
    for external_id in external_ids:
        nights = data.get(external_id, {})
        if not isinstance(nights, dict):
            raise Malformed("Channex's calendar is not an object", field=f"data.{external_id}")
        found[external_id] = {
            day(night, f"data.{external_id}"): _read_value(kind, value, f"data.{external_id}.{night}")
            for night, value in nights.items()
        }
    return found


def _read_value(kind: LaneKind, held: Any, field: str) -> int | Cell:
    if kind is LaneKind.AVAILABILITY:
        return _whole(held, field)
    if not isinstance(held, dict):
        raise Malformed("a night of Channex's calendar is not an object", field=field)
    rate = None if held.get("rate") is None else amount(held["rate"], f"{field}.rate")
    return Cell(
        rate=rate or None,  # a night never priced reads "0.00"
        min_stay_arrival=_whole(held.get("min_stay_arrival", 1), f"{field}.min_stay_arrival"),
        min_stay_through=_whole(held.get("min_stay_through", 1), f"{field}.min_stay_through"),
        max_stay=_whole(held.get("max_stay", 0), f"{field}.max_stay"),
        closed_to_arrival=held.get("closed_to_arrival") in (True, 1),
        closed_to_departure=held.get("closed_to_departure") in (True, 1),
        stop_sell=held.get("stop_sell") in (True, 1),
    )


def _whole(held: Any, field: str) -> int:
    if not isinstance(held, int) or isinstance(held, bool):
        raise Malformed(f"{clean_text(repr(held))[:40]} is not a whole number", field=field)
    return held


def runs(nights: Mapping[date, int | Cell]) -> list[Run]:
    """Return maximal runs of equal nights, in order; a missing night ends a run."""
    found: list[Run] = []
    for night, value in sorted(nights.items()):
        if found and found[-1].last + ONE_NIGHT == night and found[-1].value == value:
            found[-1] = found[-1]._replace(last=night)
        else:
            found.append(Run(night, night, value))
    return found


def agrees(wanted: int | Cell, seen: int | Cell, available: int | None) -> bool:
    """True when what we read is what we sent, given the units of the room type on sale that night.

    Channex reads `stop_sell` as true at zero availability, whatever was sent, and keeps the old
    price of a night we closed for want of one: neither is drift.
    """
    if not isinstance(wanted, Cell) or not isinstance(seen, Cell):
        return wanted == seen
    if wanted.rate is None:
        wanted = wanted._replace(rate=seen.rate, stop_sell=True)
    if available == 0 and seen.stop_sell:
        wanted = wanted._replace(stop_sell=True)
    return wanted == seen
