"""What a calendar write does, its traps included: see each method."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sandbox.beds24.calendar import BLACKOUT, OVERRIDES, SLOTS, UNSET
from sandbox.beds24.calls import Call, Verdict
from sandbox.beds24.quirks import Quirks
from sandbox.beds24.state import Room, World
from sandbox.beds24.words import CHANNELS, BadField, amount, day, whole
from sandbox.series import Series

ACTION = "process inventory rooms calendar"
PATH = "/inventory/rooms/calendar"


class CalendarWrites:
    """Applies `POST /inventory/rooms/calendar`, one room at a time."""

    def __init__(self, world: World, quirks: Quirks) -> None:
        self.world = world
        self.quirks = quirks

    def item(self, call: Call, given: Any) -> dict[str, Any]:
        """One room's ranges; those in order are applied although another is refused."""
        verdict = Verdict(ACTION)
        room = call.room(given.get("roomId")) if isinstance(given, dict) else None
        if room is None:
            verdict.refuse("roomId")
            return verdict.view()
        quirk = self.quirks.of_item(PATH, room.id)
        if quirk and quirk.kind == "refuse":
            verdict.refuse("roomId", quirk.message)
        if quirk and quirk.kind in ("refuse", "no_effect"):
            return verdict.view()
        ranges = given.get("calendar")
        if not isinstance(ranges, list):
            verdict.refuse("calendar")
            return verdict.view()
        dropped = quirk.field_name if quirk else None
        done = [applied for each in ranges if (applied := self.range(room, each, verdict, dropped))]
        if done:
            verdict.modified = {"roomId": room.id, "calendar": done}
        return verdict.view()

    def range(self, room: Room, given: Any, verdict: Verdict, dropped: str | None = None) -> dict[str, Any] | None:
        """Apply one range, `to` included; what was applied, or None. Fields not sent stay as they are.

        Nights gone by are left out with a warning; a range that reaches beyond 24 months is refused whole.
        """
        try:
            first, last = self._dates(room, given)
        except BadField as error:
            verdict.refuse("calendar", str(error))
            return None
        today = self.world.today(room.property_id)
        if first < today:
            verdict.warn("from", "dates before today are ignored")
            first = today
        if last < first:
            return None
        if dropped in given:
            verdict.warn(str(dropped), "not saved")
            given = {name: value for name, value in given.items() if name != dropped}
        try:
            applied = self._fields(room, given, (first.toordinal(), last.toordinal()), verdict)
        except BadField as error:
            verdict.refuse(str(error))
            return None
        self.world.changed()
        return {"from": first.isoformat(), "to": last.isoformat(), **applied} if applied else None

    def _dates(self, room: Room, given: Any) -> tuple[date, date]:
        if not isinstance(given, dict):
            raise BadField("invalid")
        first, last = day(given.get("from")), day(given.get("to"))
        if last < first or last > self._horizon(room):
            raise BadField("invalid dates")
        return first, last

    def _horizon(self, room: Room) -> date:
        today = self.world.today(room.property_id)
        return today.replace(year=today.year + 2) if (today.month, today.day) != (2, 29) else today + timedelta(730)

    def _fields(self, room: Room, given: dict[str, Any], span: tuple[int, int], verdict: Verdict) -> dict[str, Any]:
        """Check every field, then write; raises BadField with the name of the first that cannot be."""
        writes: list[tuple[Series, int]] = []
        applied: dict[str, Any] = {}
        for name, value in given.items():
            try:
                found = self._write_of(room, name, value, verdict)
            except BadField as error:
                raise BadField(name) from error
            if found is not None:
                writes += found
                applied[name] = value
        reset = self._reset_nights(room, given, span)
        for series, number in writes:
            series.fill(*span, number)
        for night in reset:
            room.nights.adjust.fill(night, night, 0)
        if given.get("numAvail") is not None:
            self._set_remaining(room, span, whole(given["numAvail"], -999, 999))
        return applied

    def _reset_nights(self, room: Room, given: dict[str, Any], span: tuple[int, int]) -> list[int]:
        """Nights that go back to every unit: cleared ones, and the trap of a blackout lifted without `numAvail`."""
        if "numAvail" in given:
            return list(range(span[0], span[1] + 1)) if given["numAvail"] is None else []
        if "override" not in given or given["override"] == "blackout":
            return []
        overrides = room.nights.override.slice(*span)
        return [span[0] + at for at, override in enumerate(overrides) if override == BLACKOUT]

    def _set_remaining(self, room: Room, span: tuple[int, int], remaining: int) -> None:
        """`numAvail` is what is left to sell, so a later booking lowers it and a later cancellation raises it."""
        for at, booked in enumerate(room.nights.booked.slice(*span)):
            room.nights.adjust.fill(span[0] + at, span[0] + at, remaining + booked - room.qty)

    def _write_of(self, room: Room, name: str, value: Any, verdict: Verdict) -> list[tuple[Series, int]] | None:
        """What a field writes to which series; None when it is ignored."""
        nights = room.nights
        if name == "numAvail":
            if value is not None:
                whole(value, -999, 999)
            return []
        if name == "override":
            if value is not None and value not in OVERRIDES:
                raise BadField(name)
            return [(nights.override, OVERRIDES.index(value or "none"))]
        if name == "minStay":
            return [(nights.min_stay, 0 if value is None else whole(value, 1, 365))]
        if name == "maxStay":
            return self._max_stay(room, value, verdict)
        if name == "multiplier":
            return [(nights.multiplier, 1000 if value is None else round(amount(value, 0.1, 100) * 1000))]
        if name.startswith("price") and name[5:].isdecimal() and 1 <= int(name[5:]) <= SLOTS:
            return [(nights.price(int(name[5:])), UNSET if value is None else round(amount(value) * 100))]
        return self._caps(room, value) if name == "channels" else None

    def _max_stay(self, room: Room, value: Any, verdict: Verdict) -> list[tuple[Series, int]] | None:
        """Clamped to the room's own, zero becomes one, both with a warning; null and "" are ignored without one."""
        if value in (None, ""):
            return None
        most = min(364, room.attributes["maxStay"] or 364)
        asked = whole(value, 0, 10_000)
        if not 1 <= asked <= most:
            verdict.warn("maxStay", f"adjusted to {max(1, min(asked, most))}")
        return [(room.nights.max_stay, max(1, min(asked, most)))]

    def _caps(self, room: Room, value: Any) -> list[tuple[Series, int]]:
        if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
            raise BadField("channels")
        writes = []
        for channel, limits in value.items():
            if channel not in CHANNELS:
                raise BadField("channels")
            most = limits.get("maxBookings")
            writes.append((room.nights.cap(channel), UNSET if most is None else whole(most, 0, 999)))
        return writes
