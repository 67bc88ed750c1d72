"""ARI reads, keyed as Channex keys them: by room type, and by occupancy option."""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.channex import money, prices
from sandbox.channex.calendar import FLAGS, RESTRICTIONS
from sandbox.channex.errors import Refused, missing
from sandbox.channex.state import Option, RatePlan, World
from sandbox.web import Request, Response, Router, answer

READABLE = ("availability", "rate", "min_stay", *RESTRICTIONS, "availability_offset", "max_availability")
LONGEST = 2_000


class AriReads:
    """The two read endpoints, and the whole calendar for those who reconcile."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("GET", f"{base}/availability", self.availability)
        router.add("GET", f"{base}/restrictions", self.restrictions)

    def availability(self, request: Request) -> Response:
        """Availability of every room type per date."""
        property_id, first, last = self._asked(request)
        dates = mixed(first, last)
        data = {}
        for room in self.world.rooms_of(property_id):
            values = room.availability.slice(first, last)
            data[room.id] = {text: values[at] for at, text in dates}
        return answer({"data": data})

    def restrictions(self, request: Request) -> Response:
        """Prices and restrictions of every occupancy option per date."""
        wanted = request.query.get("filter[restrictions]", "")
        if not wanted:
            raise Refused(400, ["restrictions is required"])
        names = wanted.split(",")
        if any(name not in READABLE for name in names):
            raise Refused(400, ["restrictions is invalid"])
        property_id, first, last = self._asked(request)
        data = {}
        for plan in self.world.plans_of(property_id):
            columns = self._plan_columns(plan, names, first, last)
            for option in plan.options:
                data[option.id] = self._cells(plan, option, dict(columns), names, first, last)
        return answer({"data": data})

    def _plan_columns(self, plan: RatePlan, names: list[str], first: int, last: int) -> dict[str, Any]:
        free = self.world.room_types[plan.room_type_id].availability.slice(first, last)
        columns: dict[str, Any] = {"availability": free}
        for name in RESTRICTIONS:
            column = prices.restriction(self.world, plan, name, first, last)
            columns[name] = [bool(each) for each in column] if name in FLAGS else column
        # A night without availability reads as closed, whatever was sent.
        columns["stop_sell"] = [
            closed or not left for closed, left in zip(columns["stop_sell"], free, strict=True)
        ]  # fmt: skip
        kind = self.world.properties[plan.property_id].settings["min_stay_type"]
        columns["min_stay"] = columns["min_stay_through" if kind == "through" else "min_stay_arrival"]
        columns["availability_offset"] = columns["max_availability"] = [None] * (last - first + 1)
        return {name: columns[name] for name in names if name != "rate"}

    def _cells(
        self, plan: RatePlan, option: Option, columns: dict[str, Any], names: list[str], first: int, last: int
    ) -> dict[str, dict[str, Any]]:
        if "rate" in names:
            currency = plan.attributes["currency"]
            column = prices.rates(self.world, plan, option, first, last)
            spelled = {units: money.text(units, currency) for units in set(column)}
            columns["rate"] = [spelled[units] for units in column]
        pairs = list(columns.items())
        return {
            text: {**{name: column[at] for name, column in pairs}, "unavailable_reasons": []}
            for at, text in mixed(first, last)
        }

    def _asked(self, request: Request) -> tuple[str, int, int]:
        query = request.query
        property_id = query.get("filter[property_id]")
        if not property_id:
            raise Refused(400, ["property_id is required"])
        request.property_ids.add(property_id)
        if property_id not in self.world.properties:
            raise missing()
        first, last = query.get("filter[date][gte]"), query.get("filter[date][lte]")
        if query.get("filter[date]"):
            first = last = query["filter[date]"]
        if not first or not last:
            raise Refused(400, ["date is required"])
        return (property_id, *span(first, last))

    def whole(self, property_id: str, first: int, last: int) -> dict[str, Any]:
        """The calendar as it was written, without what reads add to it: for reconciling."""
        dates = [date.fromordinal(night).isoformat() for night in range(first, last + 1)]
        rooms = {
            room.id: dict(zip(dates, room.availability.slice(first, last), strict=True))
            for room in self.world.rooms_of(property_id)
        }
        plans = {}
        for plan in self.world.plans_of(property_id):
            for option in plan.options:
                currency = plan.attributes["currency"]
                rates = prices.rates(self.world, plan, option, first, last)
                rows: dict[str, dict[str, Any]] = {
                    text: {"rate": money.text(units, currency)} for text, units in zip(dates, rates, strict=True)
                }
                for name in RESTRICTIONS:
                    column = prices.restriction(self.world, plan, name, first, last)
                    for text, value in zip(dates, column, strict=True):
                        rows[text][name] = bool(value) if name in FLAGS else value
                plans[option.id] = rows
        return {"availability": rooms, "rate_plans": plans}


def span(first: str, last: str) -> tuple[int, int]:
    """Two dates as ordinals. Raises Refused."""
    try:
        start, end = date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal()
    except ValueError as error:
        raise Refused(422, {"date": ["is invalid"]}, code="bad_request") from error
    if not 0 <= end - start <= LONGEST:
        raise Refused(422, {"date": ["is invalid"]}, code="bad_request")
    return start, end


def mixed(first: int, last: int) -> list[tuple[int, str]]:
    """Offset and text of each date, in an order nobody should rely on."""
    offsets = [*range(1, last - first + 1, 2), *range(0, last - first + 1, 2)]
    return [(at, date.fromordinal(first + at).isoformat()) for at in offsets]
