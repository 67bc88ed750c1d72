"""Availability, prices and restrictions: one endpoint takes them all, and costs about one credit a call."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from providers.beds24 import ari
from providers.beds24.api import Beds24Api
from providers.beds24.items import Item
from providers.beds24.mapping import split_plan
from providers.beds24.words import object_id
from providers.types import (
    CalendarChange,
    Cell,
    LaneKind,
    PushResult,
    RoomNights,
    Run,
    Verdict,
    VerdictKind,
)

PATH = "/inventory/rooms/calendar"
LARGEST_BATCH = 50  # rooms in one call
LARGEST_BODY = 900_000  # Beds24 refuses about 1 MB
NO_PRODUCT = "Beds24 has no such product: a room type's number, or a room type and a price slot, was expected"
LOCKED = "closed at Beds24 by a blackout; only a push that knows the units on sale may lift it"
# Without one of these flags a calendar comes back empty.
UNITS_FLAGS = {"includeNumAvail": "true", "includeOverride": "true", "includePrices": "true"}
CELL_FLAGS = {
    "includeMinStay": "true",
    "includeMaxStay": "true",
    "includeOverride": "true",
    "includePrices": "true",
}


class Calendar(Beds24Api):
    """Fifty rooms in a call, a verdict for each room."""

    def push_calendar(
        self,
        property_id: str,
        kind: LaneKind,
        changes: Sequence[CalendarChange],
        rooms: Mapping[str, RoomNights] | None = None,
    ) -> PushResult:
        """Send changes of one kind and return Beds24's word on each.

        For prices, `rooms` should say what is wanted of each room type: restrictions belong to it, and so
        does the number of units that must be named when a blackout is lifted. When a later call of several
        fails, the error stands for all: values are absolute, so sending them again does no harm.
        """
        if any(change.kind is not kind for change in changes):
            raise ValueError("a push holds changes of one kind")
        by_room: dict[str, list[CalendarChange]] = {}
        for change in changes:
            by_room.setdefault(ari.room_of(kind, change.external_id) or "", []).append(change)
        nameless = by_room.pop("", [])
        verdicts = [Verdict(change, VerdictKind.REFUSED, NO_PRODUCT) for change in nameless]
        written = self._units(by_room) if kind is LaneKind.AVAILABILITY else self._prices(by_room, rooms or {})
        for batch in batches(written):
            items = self._write(PATH, [body(room_id, room) for room_id, room in batch])
            for (room_id, room), item in zip(batch, items, strict=True):
                verdicts += _verdicts(by_room[room_id], room, item)
        return PushResult(tuple(verdicts))

    def read_calendar(
        self, property_id: str, kind: LaneKind, external_ids: Iterable[str], first: date, last: date
    ) -> Mapping[str, Sequence[Run]]:
        """Return what Beds24 holds from `first` to `last`, both included; nights it says nothing of are missing.

        Compare with `agrees`. Availability is net of bookings, and below zero where too many were taken.
        """
        wanted = {external_id: ari.room_of(kind, external_id) for external_id in external_ids}
        flags = UNITS_FLAGS if kind is LaneKind.AVAILABILITY else CELL_FLAGS
        room_ids = sorted({room_id for room_id in wanted.values() if room_id})
        days = self._days(property_id, room_ids, flags, first, last)
        return {
            external_id: _seen(kind, external_id, days.get(room_id or "", {}))
            for external_id, room_id in wanted.items()
        }

    def agrees(self, wanted: int | Cell, seen: int | Cell, available: int | None = None) -> bool:
        return ari.agrees(wanted, seen)

    @classmethod
    def cannot_take(cls, cell: Cell) -> tuple[str, ...]:
        return ari.cannot_take(cell)

    @classmethod
    def as_held(cls, cells: Mapping[str, Cell]) -> Mapping[str, Cell]:
        """Restrictions belong to the room type: the strictest of its open plans counts for all of them."""
        return ari.as_held(cells)

    def _units(self, by_room: Mapping[str, Sequence[CalendarChange]]) -> dict[str, ari.RoomDays]:
        return {room_id: ari.unit_days(change.run for change in asked) for room_id, asked in by_room.items()}

    def _prices(
        self, by_room: Mapping[str, Sequence[CalendarChange]], rooms: Mapping[str, RoomNights]
    ) -> dict[str, ari.RoomDays]:
        asked = {room_id: _asked(changes) for room_id, changes in by_room.items()}
        blind = {
            room_id: nights
            for room_id, plans in asked.items()
            if (nights := {night for cells in plans.values() for night in cells} - _known(rooms.get(room_id)))
        }
        blackouts = self._blackouts(blind) if blind else {}
        return {
            room_id: ari.price_days(plans, rooms.get(room_id), blackouts.get(room_id, frozenset()))
            for room_id, plans in asked.items()
        }

    def _blackouts(self, blind: Mapping[str, set[date]]) -> dict[str, frozenset[date]]:
        """Return the nights closed at Beds24 now, of rooms whose units we were not told."""
        every = [night for nights in blind.values() for night in nights]
        days = self._days("", sorted(blind), {"includeOverride": "true"}, min(every), max(every))
        return {
            room_id: frozenset(night for night, entry in found.items() if entry.get("override") == ari.BLACKOUT)
            for room_id, found in days.items()
        }

    def _days(
        self, property_id: str, room_ids: Sequence[str], flags: Mapping[str, str], first: date, last: date
    ) -> dict[str, dict[date, ari.Day]]:
        found: dict[str, dict[date, ari.Day]] = {}
        for start in range(0, len(room_ids), LARGEST_BATCH):
            params: dict[str, Any] = {"roomId": list(room_ids[start : start + LARGEST_BATCH]), **flags}
            if property_id:
                params["propertyId"] = [property_id]
            for item in self._pages(PATH, params | {"startDate": str(first), "endDate": str(last)}):
                room_id = object_id(item.get("roomId"), "roomId")
                days = ari.read_days(item.get("calendar"), f"{room_id}.calendar")
                found.setdefault(room_id, {}).update({n: entry for n, entry in days.items() if first <= n <= last})
        return found


def body(room_id: str, room: ari.RoomDays) -> dict[str, Any]:
    return {"roomId": int(room_id), "calendar": ari.ranges(room.days)}


def batches(written: Mapping[str, ari.RoomDays]) -> Iterator[list[tuple[str, ari.RoomDays]]]:
    """Yield the rooms in as few calls as Beds24 accepts."""
    batch: list[tuple[str, ari.RoomDays]] = []
    size = 0
    for room_id, room in written.items():
        length = len(json.dumps(body(room_id, room))) + 1
        if batch and (len(batch) == LARGEST_BATCH or size + length > LARGEST_BODY):
            yield batch
            batch, size = [], 0
        batch.append((room_id, room))
        size += length
    if batch:
        yield batch


def _asked(changes: Iterable[CalendarChange]) -> dict[str, dict[date, Cell]]:
    asked: dict[str, dict[date, Cell]] = {}
    for change in changes:
        if isinstance(change.run.value, Cell):
            cells = asked.setdefault(change.external_id, {})
            cells.update(dict.fromkeys(ari.nights(change.run.first, change.run.last), change.run.value))
    return asked


def _known(room: RoomNights | None) -> set[date]:
    return set(room.available) if room else set()


def _seen(kind: LaneKind, external_id: str, days: Mapping[date, ari.Day]) -> list[Run]:
    if kind is LaneKind.AVAILABILITY:
        return ari.runs(ari.seen_units(days, external_id))
    plan = split_plan(external_id)
    return ari.runs(ari.seen_cells(days, plan[1], external_id)) if plan else []


def _verdicts(changes: Sequence[CalendarChange], room: ari.RoomDays, item: Item) -> list[Verdict]:
    """Return a verdict for each change of a room. Beds24 does not say which range of a room it refused."""
    kind, why = item.kind, item.reason
    if item.success and not item.errors and room.no_limit:
        # We asked for no longest stay; the room's own limit, which Beds24 then warns of, is just that.
        left = [note for note in item.warnings if "maxstay" not in f"{note.field} {note.message}".lower()]
        kind = VerdictKind.WARNED if left else VerdictKind.ACCEPTED
        why = "; ".join(dict.fromkeys(str(note) for note in left))[:500]
    verdicts: list[Verdict] = []
    for change in changes:
        nights = ari.nights(change.run.first, change.run.last)
        locked = tuple(night for night in nights if night in room.locked)
        free = tuple(night for night in nights if night not in room.locked)
        if locked:
            verdicts.append(Verdict(change, VerdictKind.REFUSED, LOCKED, nights=locked if free else ()))
        if free:
            verdicts.append(Verdict(change, kind, why, nights=free if locked else ()))
    return verdicts
