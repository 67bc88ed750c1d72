"""A room type's calendar: what is left, sixteen prices, stay rules and overrides, night by night."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sandbox.series import Series, load_series

UNSET = -1
SLOTS = 16
OVERRIDES = ("none", "blackout", "exception", "noCheckIn", "noCheckOut", "noCheckInOrCheckOut")
BLACKOUT = OVERRIDES.index("blackout")
NO_ARRIVAL = frozenset((OVERRIDES.index("noCheckIn"), OVERRIDES.index("noCheckInOrCheckOut")))
NO_DEPARTURE = frozenset((OVERRIDES.index("noCheckOut"), OVERRIDES.index("noCheckInOrCheckOut")))


def _flat(value: int) -> Callable[[], Series]:
    return lambda: Series([value] * 7)


@dataclass(slots=True)
class Nights:
    """One number per night.

    `adjust` is what was set as remaining beyond units minus bookings; prices are in hundredths, the multiplier in
    thousandths; -1 is unset for prices and caps, 0 for stays.
    """

    adjust: Series = field(default_factory=_flat(0))
    booked: Series = field(default_factory=_flat(0))
    min_stay: Series = field(default_factory=_flat(0))
    max_stay: Series = field(default_factory=_flat(0))
    multiplier: Series = field(default_factory=_flat(1000))
    override: Series = field(default_factory=_flat(0))
    prices: dict[int, Series] = field(default_factory=dict)
    caps: dict[str, Series] = field(default_factory=dict)

    def price(self, slot: int) -> Series:
        """The series of a price slot, 1 to 16."""
        return self.prices.setdefault(slot, Series([UNSET] * 7))

    def cap(self, channel: str) -> Series:
        """The series of a channel's largest number of bookings."""
        return self.caps.setdefault(channel, Series([UNSET] * 7))

    def dump(self) -> dict[str, Any]:
        """The calendar as JSON can carry it."""
        named = ("adjust", "booked", "min_stay", "max_stay", "multiplier", "override")
        packed: dict[str, Any] = {name: getattr(self, name).dump() for name in named}
        packed["prices"] = {str(slot): series.dump() for slot, series in self.prices.items()}
        return packed | {"caps": {name: series.dump() for name, series in self.caps.items()}}


def load_nights(given: dict[str, Any]) -> Nights:
    """A calendar from what `dump` returned."""
    plain = {name: load_series(each) for name, each in given.items() if name not in ("prices", "caps")}
    prices = {int(slot): load_series(each) for slot, each in given["prices"].items()}
    return Nights(**plain, prices=prices, caps={name: load_series(each) for name, each in given["caps"].items()})


def money(hundredths: int) -> int | float:
    """Hundredths as the number a read shows: 120, 129.5."""
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


Column = tuple[str, Sequence[int], Callable[[int], Any]]


def compressed(first: int, columns: Iterable[Column], caps: dict[str, Sequence[int]]) -> list[dict[str, Any]]:
    """Ranges of equal days from `first` (a date ordinal) on, `to` included. Unset values leave their key out."""
    shown = list(columns)
    arrays = [values for _, values, _ in shown] + list(caps.values())
    ranges: list[dict[str, Any]] = []
    before: tuple[int, ...] | None = None
    for at, row in enumerate(zip(*arrays, strict=True)):
        if row == before:
            ranges[-1]["to"] = _iso(first + at)
            continue
        before = row
        cell: dict[str, Any] = {"from": _iso(first + at), "to": _iso(first + at)}
        for (name, _, show), value in zip(shown, row, strict=False):
            if not (name.startswith("price") and value == UNSET):
                cell[name] = show(value)
        limits = {name: {"maxBookings": value} for name, value in zip(caps, row[len(shown) :], strict=True)
                  if value != UNSET}  # fmt: skip
        if limits:
            cell["channels"] = limits
        ranges.append(cell)
    return [each for each in ranges if len(each) > 2]


def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
