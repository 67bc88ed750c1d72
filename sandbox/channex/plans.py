"""Rate plans and their occupancy options."""

from __future__ import annotations

from typing import Any

from sandbox.channex import views
from sandbox.channex.calendar import FLAGS, FREE, RESTRICTIONS
from sandbox.channex.checks import BLANK, INVALID, Check, wrapped
from sandbox.channex.errors import Refused
from sandbox.channex.lists import listing
from sandbox.channex.rooms import mapped_ids, unmap
from sandbox.channex.state import Option, RatePlan, World, new_id
from sandbox.series import Series, weekly
from sandbox.web import Request, Response, Router, answer

INHERITED = ("rate", *RESTRICTIONS, "max_sell", "max_availability", "availability_offset")


class Plans:
    """The rate plan endpoints."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("GET", f"{base}/rate_plans", self.index)
        router.add("GET", f"{base}/rate_plans/options", self.options)
        router.add("GET", f"{base}/rate_plans/<id>", self.show)
        router.add("POST", f"{base}/rate_plans", self.create_one)
        router.add("PUT", f"{base}/rate_plans/<id>", self.update)
        router.add("DELETE", f"{base}/rate_plans/<id>", self.delete)

    def _rows(self, request: Request) -> list[RatePlan]:
        property_id = request.query.get("filter[property_id]")
        if property_id is None:
            return list(self.world.rate_plans.values())
        request.property_ids.add(property_id)
        return self.world.plans_of(property_id) if property_id in self.world.properties else []

    def index(self, request: Request) -> Response:
        """Rate plans, usually of one property."""
        filters = frozenset(("id", "title", "room_type_id"))
        return listing(request, self._rows(request), views.rate_plan, _key, filters=filters)

    def options(self, request: Request) -> Response:
        """Every plan, or every occupancy option, briefly and without paging."""
        every = request.query.get("multi_occupancy") == "true"
        data = []
        for plan in sorted(self._rows(request), key=lambda row: str(row.attributes["title"])):
            for option in plan.options if every else [plan.primary]:
                attributes = {
                    "id": option.id, "title": plan.attributes["title"], "sell_mode": plan.attributes["sell_mode"],
                    "occupancy": option.occupancy, "property_id": plan.property_id, "room_type_id": plan.room_type_id,
                    "parent_rate_plan_id": plan.attributes["parent_rate_plan_id"], "rate_category_id": None,
                }  # fmt: skip
                data.append({"type": "rate_plan", "id": option.id, "attributes": attributes})
        return answer({"data": data})

    def show(self, request: Request) -> Response:
        """One rate plan."""
        return answer({"data": views.rate_plan(self._find(request))})

    def create_one(self, request: Request) -> Response:
        """A new rate plan; the rates of its options price every future night at once."""
        plan = self.create(wrapped(request, "rate_plan"))
        request.property_ids.add(plan.property_id)
        return answer({"data": views.rate_plan(plan)}, 201)

    def create(self, given: dict[str, Any]) -> RatePlan:
        """A new rate plan from its attributes. Raises Refused."""
        self._check(given)
        place = self.world.properties[given["property_id"]]
        parent = given.get("parent_rate_plan_id")
        attributes: dict[str, Any] = {
            "title": given["title"], "property_id": place.id, "room_type_id": given["room_type_id"],
            "currency": given.get("currency") or place.currency, "sell_mode": given.get("sell_mode") or "per_room",
            "rate_mode": given.get("rate_mode") or "manual", "parent_rate_plan_id": parent,
            "children_fee": str(given.get("children_fee", "0.00")), "infant_fee": str(given.get("infant_fee", "0.00")),
            "meal_type": given.get("meal_type"), "tax_set_id": given.get("tax_set_id"),
            "auto_rate_settings": given.get("auto_rate_settings"),
        }  # fmt: skip
        attributes |= {f"inherit_{name}": given.get(f"inherit_{name}", bool(parent)) for name in INHERITED}
        restrictions: dict[str, Series] = {}
        for name in RESTRICTIONS:
            week = weekly(given.get(name), FREE.get(name, 0))
            restrictions[name] = Series(week)
            attributes[name] = [bool(each) for each in week] if name in FLAGS else week
        plan_id = new_id()
        options = [_option(each, plan_id) for each in given["options"]]
        plan = RatePlan(plan_id, place.id, given["room_type_id"], attributes, options, restrictions)
        self.world.rate_plans[plan.id] = plan
        place.rate_plans.append(plan.id)
        self.world.changed()
        return plan

    def _check(self, given: dict[str, Any]) -> None:
        check = Check(given)
        check.text("title", required=True)
        check.choice("sell_mode", ("per_room", "per_person"))
        check.choice("rate_mode", ("manual", "derived", "auto", "cascade"))
        for name in FLAGS:
            if name in given and not _flags(given[name]):
                check.wrong(name, INVALID)
        room = self.world.room_types.get(str(given.get("room_type_id")))
        if given.get("property_id") not in self.world.properties:
            check.wrong("property_id", INVALID if given.get("property_id") else BLANK)
        if room is None or room.property_id != given.get("property_id"):
            check.wrong("room_type_id", INVALID if given.get("room_type_id") else BLANK)
        check.done()
        assert room is not None
        self._check_options(check, given.get("options"), int(room.attributes["occ_adults"]))
        parent = given.get("parent_rate_plan_id")
        if parent is not None and parent not in self.world.rate_plans:
            check.wrong("parent_rate_plan_id", INVALID)
        check.done()
        self._check_title(given["title"], room.property_id, room.id)

    def _check_options(self, check: Check, options: Any, adults: int) -> None:
        if not isinstance(options, list) or not options:
            check.wrong("options", BLANK)
            return
        for option in options:
            occupancy = option.get("occupancy") if isinstance(option, dict) else None
            if not isinstance(occupancy, int) or isinstance(occupancy, bool) or occupancy < 1:
                check.wrong("options", "occupancy must be greater than 0")
            elif occupancy > adults:
                text = f"occupancy {occupancy} exceeds the room type's max adults occupancy of {adults}"
                check.wrong("options", text)
            elif not isinstance(option.get("rate", 0), int):
                check.wrong("options", "rate is invalid")
        if not check.problems and sum(bool(each.get("is_primary")) for each in options) != 1:
            check.wrong("options", "exactly one option should be primary")

    def _check_title(self, title: str, property_id: str, room_type_id: str, but: str = "") -> None:
        whole_property = self.world.switches["duplicate_titles_refused"]
        for plan in self.world.plans_of(property_id):
            near = whole_property or plan.room_type_id == room_type_id
            if near and plan.id != but and plan.attributes["title"] == title:
                raise Refused(422, {"title": ["Duplication in Rate Plan title is not allowed!"]})

    def update(self, request: Request) -> Response:
        """Change some attributes. `options` are accepted and ignored, as on the live API."""
        plan = self._find(request)
        given = wrapped(request, "rate_plan")
        check = Check(given, partial=True)
        check.text("title", required=True)
        check.choice("sell_mode", ("per_room", "per_person"))
        check.choice("rate_mode", ("manual", "derived", "auto", "cascade"))
        check.done()
        if "title" in given:
            self._check_title(given["title"], plan.property_id, plan.room_type_id, plan.id)
        fixed = {"options", "room_type_id", "property_id", *RESTRICTIONS}
        for name, value in given.items():
            if name in plan.attributes and name not in fixed:
                plan.attributes[name] = value
        self.world.changed()
        return answer({"data": views.rate_plan(plan)})

    def delete(self, request: Request) -> Response:
        """Remove a rate plan; a mapped one only by force."""
        plan = self._find(request)
        ids = {each.id for each in plan.options}
        if ids & mapped_ids(self.world, plan.property_id) and request.query.get("force") != "true":
            raise Refused(422, {"rate_plan": ["is mapped to channel(s)"]})
        unmap(self.world, ids)
        self.world.properties[plan.property_id].rate_plans.remove(plan.id)
        del self.world.rate_plans[plan.id]
        self.world.changed()
        return answer(views.SUCCESS)

    def _find(self, request: Request) -> RatePlan:
        plan = self.world.rate_plan(request.params["id"])
        request.property_ids.add(plan.property_id)
        return plan


def _option(given: dict[str, Any], plan_id: str) -> Option:
    primary = bool(given.get("is_primary"))
    derived = given.get("derived_option") or (None if primary else {"rate": []})
    rate = Series([int(given.get("rate") or 0)] * 7)
    return Option(plan_id if primary else new_id(), given["occupancy"], primary, rate, derived)


def _flags(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return len(values) in (1, 7) and all(isinstance(each, bool) for each in values)


def _key(row: RatePlan, name: str) -> Any:
    return row.id if name == "id" else row.attributes.get(name)
