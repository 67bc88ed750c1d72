"""Room types."""

from __future__ import annotations

from typing import Any

from sandbox.channex import views
from sandbox.channex.checks import BLANK, INVALID, Check, wrapped
from sandbox.channex.errors import Refused
from sandbox.channex.lists import listing
from sandbox.channex.state import RoomType, World, new_id
from sandbox.web import Request, Response, Router, answer

NUMBERS = {"count_of_rooms": 1, "occ_adults": 1, "occ_children": 0, "occ_infants": 0, "default_occupancy": 1}


class Rooms:
    """The room type endpoints."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("GET", f"{base}/room_types", self.index)
        router.add("GET", f"{base}/room_types/options", self.options)
        router.add("GET", f"{base}/room_types/<id>", self.show)
        router.add("POST", f"{base}/room_types", self.create_one)
        router.add("PUT", f"{base}/room_types/<id>", self.update)
        router.add("DELETE", f"{base}/room_types/<id>", self.delete)

    def index(self, request: Request) -> Response:
        """Room types, usually of one property."""
        rows = self._rows(request)
        return listing(request, rows, lambda row: views.room_type(self.world, row), _key)

    def _rows(self, request: Request) -> list[RoomType]:
        property_id = request.query.get("filter[property_id]")
        if property_id is None:
            return list(self.world.room_types.values())
        request.property_ids.add(property_id)
        return self.world.rooms_of(property_id) if property_id in self.world.properties else []

    def options(self, request: Request) -> Response:
        """Every room type, briefly, without paging."""
        names = ("title", "property_id", "default_occupancy")
        data = [
            {"type": "room_type", "id": row.id,
             "attributes": {"id": row.id, **{name: row.attributes[name] for name in names}}}
            for row in sorted(self._rows(request), key=lambda row: str(row.attributes["title"]))
        ]  # fmt: skip
        return answer({"data": data})

    def show(self, request: Request) -> Response:
        """One room type."""
        return answer({"data": views.room_type(self.world, self._find(request))})

    def create_one(self, request: Request) -> Response:
        """A new room type: nothing of it can be sold until availability is pushed."""
        room = self.create(wrapped(request, "room_type"))
        request.property_ids.add(room.property_id)
        return answer({"data": views.room_type(self.world, room)}, 201)

    def create(self, given: dict[str, Any]) -> RoomType:
        """A new room type from its attributes. Raises Refused."""
        self._check(given, partial=False)
        attributes = {
            "title": given["title"], "property_id": given["property_id"],
            **{name: given[name] for name in NUMBERS},
            "room_kind": given.get("room_kind") or "room", "capacity": given.get("capacity"),
            "content": {"description": None, "photos": [], **(given.get("content") or {})},
        }  # fmt: skip
        room = RoomType(new_id(), given["property_id"], attributes)
        self.world.room_types[room.id] = room
        self.world.properties[room.property_id].room_types.append(room.id)
        self.world.changed()
        return room

    def _check(self, given: dict[str, Any], partial: bool, have: dict[str, Any] | None = None) -> None:
        check = Check(given, partial)
        check.text("title", required=True)
        for name, least in NUMBERS.items():
            check.number(name, least, required=True)
        check.choice("room_kind", ("room", "dorm"))
        if not partial and not given.get("property_id"):
            check.wrong("property_id", BLANK)
        elif not partial and given["property_id"] not in self.world.properties:
            check.wrong("property_id", INVALID)
        after = {**(have or {}), **given}
        adults, usual = after.get("occ_adults"), after.get("default_occupancy")
        if isinstance(adults, int) and isinstance(usual, int) and usual > adults:
            check.wrong("default_occupancy", f"must be less than or equal to {adults}")
        check.done()

    def update(self, request: Request) -> Response:
        """Change some attributes; fewer adults than a mapped option has needs force."""
        room = self._find(request)
        given = wrapped(request, "room_type")
        self._check(given, partial=True, have=room.attributes)
        if "occ_adults" in given:
            self._shrink(room, given["occ_adults"], request.query.get("force") == "true")
        for name in ("title", "room_kind", "capacity", "content", *NUMBERS):
            if name in given:
                room.attributes[name] = given[name]
        self.world.changed()
        return answer({"data": views.room_type(self.world, room)})

    def _shrink(self, room: RoomType, adults: int, force: bool) -> None:
        plans = [plan for plan in self.world.plans_of(room.property_id) if plan.room_type_id == room.id]
        large = {each.id for plan in plans for each in plan.options if each.occupancy > adults and not each.is_primary}
        mapped = large & mapped_ids(self.world, room.property_id)
        if mapped and not force:
            raise Refused(422, {"occ_adults": ["occupancy is mapped to a channel"]})
        for plan in plans:
            plan.options = [each for each in plan.options if each.id not in large]
        unmap(self.world, large)

    def delete(self, request: Request) -> Response:
        """Remove a room type with its plans; a mapped one only by force."""
        room = self._find(request)
        plans = [plan for plan in self.world.plans_of(room.property_id) if plan.room_type_id == room.id]
        ids = {each.id for plan in plans for each in plan.options} | {plan.id for plan in plans}
        if ids & mapped_ids(self.world, room.property_id) and request.query.get("force") != "true":
            raise Refused(422, {"room_type": ["is mapped to channel(s)"]})
        place = self.world.properties[room.property_id]
        for plan in plans:
            del self.world.rate_plans[plan.id]
            place.rate_plans.remove(plan.id)
        unmap(self.world, ids)
        place.room_types.remove(room.id)
        del self.world.room_types[room.id]
        self.world.changed()
        return answer(views.SUCCESS)

    def _find(self, request: Request) -> RoomType:
        room = self.world.room_type(request.params["id"])
        request.property_ids.add(room.property_id)
        return room


def mapped_ids(world: World, property_id: str) -> set[str]:
    """The rate plan and option ids that channels of a property are mapped to."""
    return {each["rate_plan_id"] for channel in world.channels_of(property_id) for each in channel.rate_plans}


def unmap(world: World, ids: set[str]) -> None:
    """Take rate plans or options out of every channel's mappings."""
    for channel in world.channels.values():
        channel.rate_plans = [each for each in channel.rate_plans if each["rate_plan_id"] not in ids]


def _key(row: RoomType, name: str) -> Any:
    return row.id if name == "id" else row.attributes.get(name)
