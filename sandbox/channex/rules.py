"""Availability rules: what one channel sees less of than the others.

Applied to what each OTA is shown; the room type's own availability stays as it is.
docs.channex.io, Availability Rules Collection, read August 2026.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.channex import views
from sandbox.channex.checks import BLANK, INVALID, Check, wrapped
from sandbox.channex.lists import listing
from sandbox.channex.state import Rule, World, new_id
from sandbox.web import Request, Response, Router, answer

TYPES = ("close_out", "availability_offset", "max_availability")
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")


class Rules:
    """The endpoints of the rules."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        path = f"{base}/channel_availability_rules"
        router.add("GET", path, self.index)
        router.add("POST", path, self.create)
        router.add("GET", f"{path}/<id>", self.show)
        router.add("PUT", f"{path}/<id>", self.update)
        router.add("DELETE", f"{path}/<id>", self.delete)

    def index(self, request: Request) -> Response:
        """All rules."""
        filters = frozenset(("property_id", "title"))

        def key(row: Rule, name: str) -> Any:
            return row.id if name == "id" else row.attributes.get(name)

        return listing(request, self.world.rules.values(), views.rule, key, filters=filters)

    def create(self, request: Request) -> Response:
        """A new rule."""
        given = wrapped(request, "channel_availability_rule")
        self._check(given)
        request.property_ids.add(given["property_id"])
        rule = Rule(new_id(), _plain(given))
        self.world.rules[rule.id] = rule
        self.world.changed()
        return answer({"data": views.rule(rule)}, 201)

    def show(self, request: Request) -> Response:
        """One rule."""
        return answer({"data": views.rule(self.world.rule(request.params["id"]))})

    def update(self, request: Request) -> Response:
        """Change a rule."""
        rule = self.world.rule(request.params["id"])
        given = rule.attributes | wrapped(request, "channel_availability_rule")
        self._check(given)
        rule.attributes = _plain(given)
        self.world.changed()
        return answer({"data": views.rule(rule)})

    def delete(self, request: Request) -> Response:
        """Remove a rule: the channel sees everything again."""
        rule = self.world.rule(request.params["id"])
        del self.world.rules[rule.id]
        self.world.changed()
        return answer(views.SUCCESS)

    def _check(self, given: dict[str, Any]) -> None:
        check = Check(given)
        check.text("title", required=True)
        check.choice("type", TYPES, required=True)
        check.number("value", 0, required=given.get("type") != "close_out")
        for name in ("start_date", "end_date"):
            if given.get(name) is not None and _day(given[name]) is None:
                check.wrong(name, INVALID)
        if not given.get("start_date"):
            check.wrong("start_date", BLANK)
        if any(each not in DAYS for each in given.get("days") or ()):
            check.wrong("days", INVALID)
        place = self.world.properties.get(str(given.get("property_id")))
        if place is None:
            check.wrong("property_id", BLANK if not given.get("property_id") else INVALID)
        self._check_ids(check, "affected_channels", self.world.channels)
        self._check_ids(check, "affected_room_types", self.world.room_types)
        check.done()

    def _check_ids(self, check: Check, field: str, known: dict[str, Any]) -> None:
        named = check.given.get(field)
        if not isinstance(named, list) or not named:
            check.wrong(field, BLANK)
        elif any(each not in known for each in named):
            check.wrong(field, INVALID)


def shown(world: World, channel_id: str, room_type_id: str, night: date, free: int) -> int:
    """Units the OTA behind a channel is shown for a night when the room type has `free`."""
    for rule in world.rules.values():
        if (
            channel_id in rule.attributes["affected_channels"]
            and room_type_id in rule.attributes["affected_room_types"]
        ):
            if _covers(rule.attributes, night):
                free = _apply(rule.attributes, free)
    return free


def _apply(rule: dict[str, Any], free: int) -> int:
    if rule["type"] == "close_out":
        return 0
    if rule["type"] == "availability_offset":
        return max(0, free - int(rule["value"]))
    return min(free, int(rule["value"]))


def _covers(rule: dict[str, Any], night: date) -> bool:
    first, last = _day(rule["start_date"]), _day(rule.get("end_date"))
    days = rule.get("days") or DAYS
    return (first is None or first <= night) and (last is None or night <= last) and DAYS[night.weekday()] in days


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    kept = ("title", "type", "value", "affected_channels", "affected_room_types", "start_date", "end_date", "days")
    return {name: given.get(name) for name in (*kept, "property_id")}
