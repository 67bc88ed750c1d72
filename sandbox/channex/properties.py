"""Properties: the hotels of the account."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from sandbox.channex import money, views
from sandbox.channex.checks import INVALID, Check, wrapped
from sandbox.channex.errors import Refused
from sandbox.channex.lists import listing
from sandbox.channex.state import Property, World, is_uuid, new_id
from sandbox.web import Request, Response, Router, answer

KINDS = (
    "apart_hotel apartment boat camping capsule_hotel chalet country_house farm_stay guest_house holiday_home "
    "holiday_park homestay hostel hotel inn lodge motel resort riad ryokan tent villa"
).split()
SETTINGS: dict[str, Any] = {
    "min_stay_type": "both",
    "allow_availability_autoupdate": True,
    "allow_availability_autoupdate_on_confirmation": True,
    "allow_availability_autoupdate_on_modification": False,
    "allow_availability_autoupdate_on_cancellation": False,
    "cut_off_days": None,
    "cut_off_time": None,
    "max_day_advance": None,
    "max_price": None,
    "min_price": None,
    "state_length": 500,
}
READ_ONLY = ("allow_availability_autoupdate", "allow_availability_autoupdate_on_confirmation")
PLAIN = (
    "email", "phone", "country", "state", "city", "address", "zip_code", "latitude", "longitude", "timezone",
    "property_type", "logo_url", "website",
)  # fmt: skip
CONTENT: dict[str, Any] = {"description": None, "photos": [], "important_information": None}


class Properties:
    """The property endpoints."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("GET", f"{base}/properties", self.index)
        router.add("GET", f"{base}/properties/options", self.options)
        router.add("GET", f"{base}/properties/<id>", self.show)
        router.add("POST", f"{base}/properties", self.create_one)
        router.add("PUT", f"{base}/properties/<id>", self.update)
        router.add("DELETE", f"{base}/properties/<id>", self.delete)
        router.add("GET", f"{base}/currencies", self.currencies)

    def index(self, request: Request) -> Response:
        """All properties."""
        rows = self.world.properties.values()

        def key(row: Property, name: str) -> Any:
            return row.id if name == "id" else row.inserted_at if name == "inserted_at" else row.attributes.get(name)

        return listing(request, rows, lambda row: views.property_(self.world, row), key)

    def options(self, request: Request) -> Response:
        """Every property, briefly, without paging."""
        rows = sorted(self.world.properties.values(), key=lambda row: row.attributes["title"])
        data = [
            {"type": "properties", "id": row.id,
             "attributes": {"id": row.id, "title": row.attributes["title"], "currency": row.currency}}
            for row in rows
        ]  # fmt: skip
        return answer({"data": data})

    def currencies(self, request: Request) -> Response:
        """The currencies a property may have."""
        codes = sorted(money.CURRENCIES)
        return answer({"data": [{"type": "currency", "id": code, "attributes": {"code": code}} for code in codes]})

    def show(self, request: Request) -> Response:
        """One property."""
        return answer({"data": views.property_(self.world, self._find(request))})

    def create_one(self, request: Request) -> Response:
        """A new property."""
        place = self.create(wrapped(request, "property"))
        request.property_ids.add(place.id)
        return answer({"data": views.property_(self.world, place)}, 201)

    def create(self, given: dict[str, Any]) -> Property:
        """A new property from its attributes. Raises Refused."""
        check_property(given, partial=False)
        group_id = given.get("group_id") or next(each.id for each in self.world.groups.values() if each.default)
        if group_id not in self.world.groups:
            raise Refused(422, {"group_id": [INVALID]})
        at = self.world.stamp()
        attributes = {"title": given["title"], "currency": given["currency"], "is_active": True}
        attributes |= {name: given.get(name) for name in PLAIN} | {
            "content": {**CONTENT, **(given.get("content") or {})}
        }
        settings = SETTINGS | _settings(given)
        place = Property(new_id(), attributes, settings, [group_id], at, unconnected_since=at)
        self.world.properties[place.id] = place
        self.world.changed()
        return place

    def update(self, request: Request) -> Response:
        """Change some attributes."""
        place = self._find(request)
        given = wrapped(request, "property")
        check_property(given, partial=True)
        for name in ("title", "currency", *PLAIN):
            if name in given:
                place.attributes[name] = given[name]
        if isinstance(given.get("content"), dict):
            place.attributes["content"] = place.attributes["content"] | given["content"]
        place.settings |= _settings(given)
        self.world.changed()
        return answer({"data": views.property_(self.world, place)})

    def delete(self, request: Request) -> Response:
        """Remove a property; one with channels only by force."""
        place = self._find(request)
        channels = self.world.channels_of(place.id)
        if channels and request.query.get("force") != "true":
            raise Refused(422, {"property": ["has channel(s)"]})
        self.remove(place)
        return answer(views.SUCCESS)

    def remove(self, place: Property) -> None:
        """Take a property and what hangs below it out of the world. Its bookings stay readable by id."""
        world = self.world
        for channel in world.channels_of(place.id):
            channel.properties.remove(place.id)
            if not channel.properties:
                del world.channels[channel.id]
        for room_type_id in place.room_types:
            del world.room_types[room_type_id]
        for rate_plan_id in place.rate_plans:
            del world.rate_plans[rate_plan_id]
        hooks = [each.id for each in world.webhooks.values() if each.attributes["property_id"] == place.id]
        for hook_id in hooks:
            del world.webhooks[hook_id]
        del world.properties[place.id]
        world.changed()

    def _find(self, request: Request) -> Property:
        place = self.world.property(request.params["id"])
        request.property_ids.add(place.id)
        return place


def check_property(given: dict[str, Any], partial: bool) -> None:
    """Raise Refused when the attributes of a property cannot be accepted."""
    check = Check(given, partial)
    check.text("title", required=True)
    check.choice("currency", money.CURRENCIES, required=True)
    for name in ("state", "city", "address"):
        check.text(name)
    check.text("phone", 32)
    check.text("zip_code", 32)
    check.text("longitude", 10)
    check.text("latitude", 9)
    check.choice("property_type", KINDS)
    check.choice("timezone", available_timezones())
    if given.get("email") and not re.fullmatch(r"[^@\s]+@[^@\s]+", str(given["email"])):
        check.wrong("email", INVALID)
    if given.get("country") and not re.fullmatch(r"[A-Z]{2}", str(given["country"])):
        check.wrong("country", INVALID)
    if given.get("group_id") is not None and not is_uuid(given["group_id"]):
        check.wrong("group_id", INVALID)
    _check_settings(check, given.get("settings"))
    check.done()


def _check_settings(check: Check, settings: Any) -> None:
    if settings is None:
        return
    if not isinstance(settings, dict):
        check.wrong("settings", INVALID)
        return
    inner = Check(settings, partial=True)
    inner.choice("min_stay_type", ("both", "arrival", "through"))
    inner.number("state_length", 100)
    if isinstance(settings.get("state_length"), int) and settings["state_length"] > 730:
        inner.wrong("state_length", "must be less than or equal to 730")
    for name, messages in inner.problems.items():
        check.problems[name] = messages


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    settings = given.get("settings") or {}
    return {name: value for name, value in settings.items() if name in SETTINGS and name not in READ_ONLY}
