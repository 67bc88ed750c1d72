"""ARI writes: availability per room type, prices and restrictions per rate plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sandbox.channex import money
from sandbox.channex.ari_values import Change, Problems, Span, read_availability, read_restrictions
from sandbox.channex.calendar import FLAGS
from sandbox.channex.errors import Refused
from sandbox.channex.limits import Limits
from sandbox.channex.state import Property, World, new_id
from sandbox.series import Series
from sandbox.web import Request, Response, Router, answer

ARI_EVENT_CELLS = 2_000
Cells = list[dict[str, Any]]
Apply = Callable[[dict[str, Any], Cells], "str | Problems | None"]


class Ari:
    """The two write endpoints."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world = world
        self.limits = limits

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("POST", f"{base}/availability", lambda request: self._post(request, "availability"))
        router.add("POST", f"{base}/restrictions", lambda request: self._post(request, "restrictions"))

    def _post(self, request: Request, kind: str) -> Response:
        values = request.json().get("values")
        if not isinstance(values, list):
            raise Refused(400, ["values is required"])
        known = self.world.properties
        request.property_ids = {
            each["property_id"]
            for each in values
            if isinstance(each, dict) and isinstance(each.get("property_id"), str) and each["property_id"] in known
        }
        headers = self.limits.take(kind, request.property_ids)
        accepted, warnings = self.write(kind, values)
        meta: dict[str, Any] = {"message": "Success"}
        if warnings or self.world.switches["warnings_empty_list"]:
            meta["warnings"] = warnings
        data = [{"id": new_id(), "type": "task"}] if accepted else []
        return answer({"data": data, "meta": meta}, headers=headers)

    def write(self, kind: str, values: list[Any]) -> tuple[int, list[dict[str, Any]]]:
        """Apply values in order, the last one winning; how many were accepted, and the warnings with their echo."""
        apply: Apply = self._availability if kind == "availability" else self._restrictions
        accepted, warnings = 0, []
        cells: dict[str, Cells] = {}
        for value in values:
            if not isinstance(value, dict):
                warnings.append({"warning": "is invalid", "value": value})
                continue
            noted = cells.setdefault(str(value.get("property_id")), [])
            problem = apply(value, noted)
            if problem is not None:
                warnings.append({"warning": self._spelled(problem), **value})
            if problem is None or isinstance(problem, str) and "moved to today" in problem:
                accepted += 1
        for property_id, changes in cells.items():
            if changes:
                self.world.emit("ari", property_id, changes[:ARI_EVENT_CELLS])
        if accepted:
            self.world.changed()
        return accepted, warnings

    def _spelled(self, problem: str | Problems) -> str | Problems:
        if isinstance(problem, str) or not self.world.switches["string_warnings"]:
            return problem
        return "; ".join(f"{field} {message}" for field, messages in problem.items() for message in messages)

    def _today_of(self, value: dict[str, Any]) -> Any:
        property_id = value.get("property_id")
        known = isinstance(property_id, str) and property_id in self.world.properties
        return self.world.today(property_id) if known else self.world.clock.today("UTC")  # type: ignore[arg-type]

    def _availability(self, value: dict[str, Any], noted: Cells) -> str | Problems | None:
        change, problems = read_availability(value, self._today_of(value))
        if change is None:
            return problems
        room = self.world.room_types.get(str(value["room_type_id"]))
        if room is None or room.property_id != value["property_id"]:
            return "Not found room_type for this change"
        place = self.world.properties[room.property_id]
        span, note = self._inside(place, change.span), change.span.note
        if span is None or change.availability is None:
            return note
        keys = {"room_type_id": room.id, "rate_plan_id": None}
        self._fill(room.availability, span, change.availability, noted, place, keys, "availability")
        self._beyond_advance(place, room.availability, span)
        return note

    def _beyond_advance(self, place: Property, series: Series, span: Span) -> None:
        advance = place.settings["max_day_advance"]
        if advance is None:
            return
        closed = self.world.today(place.id).toordinal() + int(advance) + 1
        if closed <= span.last:
            series.fill(max(closed, span.first), span.last, 0)

    def _restrictions(self, value: dict[str, Any], noted: Cells) -> str | Problems | None:
        change, problems = read_restrictions(value, self._today_of(value), self.world)
        if change is None:
            return problems
        plan = self.world.rate_plans.get(str(value["rate_plan_id"]))
        if plan is None or plan.property_id != value["property_id"]:
            return "Not found rate_plan for this change"
        place = self.world.properties[plan.property_id]
        span, note = self._inside(place, change.span), change.span.note
        if span is None:
            return note
        keys = {"room_type_id": plan.room_type_id, "rate_plan_id": plan.id}
        for option in plan.options:
            occupancy = option.occupancy if option.occupancy in change.rates else None
            if occupancy is None and (not option.is_primary or None not in change.rates):
                continue
            units = self._clamped(place, change, occupancy)
            self._fill(option.rate, span, units, noted, place, {**keys, "rate_plan_id": option.id}, "rate")
        for name, setting in change.restrictions.items():
            self._fill(plan.restrictions[name], span, setting, noted, place, keys, name)
        return note

    def _inside(self, place: Property, span: Span) -> Span | None:
        """The part of a span inside the calendar; what lies past its end is dropped without a word."""
        last = min(span.last, self.world.last_night(place.id).toordinal())
        return Span(span.first, last, span.weekdays) if span.first <= last else None

    def _clamped(self, place: Property, change: Change, occupancy: int | None) -> int:
        units = change.rates[occupancy]
        for name, choose in (("min_price", max), ("max_price", min)):
            if place.settings[name] is not None:
                units = choose(units, money.minor(place.settings[name], place.currency))
        return units

    def _fill(
        self, series: Series, span: Span, value: int, noted: Cells, place: Property, keys: dict[str, Any], name: str
    ) -> None:
        before = list(series.slice(span.first, span.last)) if self.world.wants("ari", place.id) else None
        series.fill(span.first, span.last, value, span.weekdays)
        if before is None:
            return
        after = series.slice(span.first, span.last)
        for offset, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new and len(noted) < ARI_EVENT_CELLS:
                shown: Any = bool(new) if name in FLAGS else money.text(new, place.currency) if name == "rate" else new
                noted.append({"date": iso(span.first + offset), **keys, "booked": 0, name: shown})


def iso(night: int) -> str:
    """The date of an ordinal as text."""
    return date.fromordinal(night).isoformat()
