"""Channels: connections between properties and OTA accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.channex import adapters, views
from sandbox.channex.checks import BLANK, INVALID, Check, wrapped
from sandbox.channex.errors import Refused
from sandbox.channex.lists import listing
from sandbox.channex.otas import Otas
from sandbox.channex.retention import CHANNEL_DAYS, note_activity
from sandbox.channex.state import Channel, World, new_id
from sandbox.clock import local_stamp
from sandbox.web import Request, Response, Router, answer


class Channels:
    """The channel endpoints."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.otas = Otas(world)

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("GET", f"{base}/channels", self.index)
        router.add("POST", f"{base}/channels", self.create_one)
        router.add("GET", f"{base}/channels/options", self.options)
        router.add("GET", f"{base}/channels/codes", self.codes)
        router.add("GET", f"{base}/channels/list", self.adapters)
        router.add("GET", f"{base}/channels/adapter", self.adapter)
        router.add("POST", f"{base}/channels/test_connection", self.test_connection)
        router.add("POST", f"{base}/channels/connection_details", self.connection_details)
        router.add("POST", f"{base}/channels/mapping_details", self.mapping_details)
        router.add("GET", f"{base}/channels/<id>", self.show)
        router.add("PUT", f"{base}/channels/<id>", self.update)
        router.add("DELETE", f"{base}/channels/<id>", self.delete)
        router.add("POST", f"{base}/channels/<id>/check_readiness", self.readiness)
        router.add("POST", f"{base}/channels/<id>/activate", self.activate_one)
        router.add("POST", f"{base}/channels/<id>/deactivate", self.deactivate_one)
        router.add("POST", f"{base}/channels/<id>/execute/<action>", self.execute)
        router.add("GET", f"{base}/channels/<id>/execute/<action>", self.execute)

    def index(self, request: Request) -> Response:
        """All channels."""
        filters = frozenset(("property_id", "room_type_id", "group_id", "channel", "title", "currency", "is_active"))
        property_id = request.query.get("filter[property_id]")
        if property_id:
            request.property_ids.add(property_id)
        rows = self.world.channels.values()
        return listing(request, rows, lambda row: views.channel(self.world, row), self._key, filters=filters)

    def _key(self, row: Channel, name: str) -> Any:
        if name == "property_id":
            return row.properties
        if name == "room_type_id":
            plans = [self._plan_of(each["rate_plan_id"]) for each in row.rate_plans]
            return [plan.room_type_id for plan in plans if plan]
        return getattr(row, name) if name in ("id", "group_id", "is_active") else row.attributes.get(name)

    def _plan_of(self, option_id: str) -> Any:
        plan = self.world.rate_plans.get(option_id)
        everywhere = (each for each in self.world.rate_plans.values() if any(o.id == option_id for o in each.options))
        return plan or next(everywhere, None)

    def options(self, request: Request) -> Response:
        """Every channel, briefly, without paging."""
        data = [
            {"type": "channel", "id": row.id,
             "attributes": {"id": row.id, "title": row.attributes["title"], "channel": row.attributes["channel"]}}
            for row in self.world.channels.values()
        ]  # fmt: skip
        return answer({"data": data})

    def codes(self, request: Request) -> Response:
        """The adapters' codes and names."""
        return answer({"data": [{"code": code, "name": title} for code, title in adapters.TITLES.items()]})

    def adapters(self, request: Request) -> Response:
        """Every descriptor."""
        return answer({"data": [adapters.descriptor(code) for code in adapters.TITLES]})

    def adapter(self, request: Request) -> Response:
        """One descriptor."""
        return answer({"data": adapters.descriptor(request.query.get("code", ""))})

    def test_connection(self, request: Request) -> Response:
        """Whether the OTA takes these settings; a refusal is a 200 too."""
        given = request.json()
        error = self.otas.test(str(given.get("channel")), given.get("settings"))
        return answer({"data": {"success": error is None, "errors": error}})

    def connection_details(self, request: Request) -> Response:
        """The OTA account's currency."""
        self._accepted(request)
        return answer({"data": {"type": "connection_details", "attributes": {"currency": "EUR"}}})

    def mapping_details(self, request: Request) -> Response:
        """The OTA account's rooms and rates."""
        given = self._accepted(request)
        return answer({"data": self.otas.products(given["channel"], given["settings"])})

    def _accepted(self, request: Request) -> dict[str, Any]:
        given = request.json()
        if self.otas.test(str(given.get("channel")), given.get("settings")):
            raise Refused(400)
        return given

    def show(self, request: Request) -> Response:
        """One channel with its known mappings."""
        return answer({"data": views.channel(self.world, self._find(request), detail=True)})

    def create_one(self, request: Request) -> Response:
        """A new channel, always inactive."""
        channel = self.create(wrapped(request, "channel"))
        request.property_ids.update(channel.properties)
        return answer({"data": views.channel(self.world, channel)}, 201)

    def create(self, given: dict[str, Any]) -> Channel:
        """A new channel from its attributes. Raises Refused."""
        check = Check(given)
        check.text("channel", required=True)
        if given.get("group_id") not in self.world.groups:
            check.wrong("group_id", INVALID if given.get("group_id") else BLANK)
        if not isinstance(given.get("settings"), dict):
            check.wrong("settings", BLANK)
        if any(each not in self.world.properties for each in given.get("properties") or []):
            check.wrong("properties", INVALID)
        check.done()
        code = given["channel"]
        adapters.descriptor(code)
        self._check_unique(code, given["settings"])
        at = self.world.stamp()
        attributes = {
            "channel": code, "title": given.get("title") or adapters.TITLES[code], "currency": given.get("currency"),
            "settings": given["settings"], "inserted_at": at, "updated_at": at,
        }  # fmt: skip
        channel = Channel(new_id(), attributes, given["group_id"], list(given.get("properties") or []))
        channel.rate_plans = self._mappings(given.get("rate_plans") or [])
        self.world.channels[channel.id] = channel
        self.tell("new_channel", channel)
        return channel

    def _check_unique(self, code: str, settings: dict[str, Any]) -> None:
        key = next(iter(adapters.PARAMS[code]))
        for other in self.world.channels.values():
            if other.attributes["channel"] == code and other.attributes["settings"].get(key) == settings.get(key):
                raise Refused(422, {"settings": ["channel with the same settings already exists"]})

    def _mappings(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = [each for each in given if each.get("settings") is not None or "settings" not in each]
        for each in kept:
            if self._plan_of(str(each.get("rate_plan_id"))) is None:
                raise Refused(422, {"rate_plans": ["rate_plan_id is invalid"]})
        return [
            {"id": each.get("id") or new_id(), "rate_plan_id": each["rate_plan_id"],
             "settings": each.get("settings") or {}}
            for each in kept
        ]  # fmt: skip

    def update(self, request: Request) -> Response:
        """Change a channel; settings and mappings, when given, replace what was there."""
        channel = self._find(request)
        given = wrapped(request, "channel")
        if given.get("channel") != channel.attributes["channel"]:
            raise Refused(422, {"channel": [INVALID if given.get("channel") else BLANK]})
        for name in ("title", "currency", "settings"):
            if name in given:
                channel.attributes[name] = given[name]
        if "rate_plans" in given:
            channel.rate_plans = self._mappings(given["rate_plans"] or [])
        if "properties" in given:
            channel.properties = [each for each in given["properties"] if each in self.world.properties]
        self.tell("updated_channel", channel)
        return answer({"data": views.channel(self.world, channel)})

    def delete(self, request: Request) -> Response:
        """Remove an inactive channel; its bookings stay."""
        channel = self._find(request)
        if channel.is_active:
            raise Refused(422, {"channel": ["is active"]})
        self.remove(channel)
        return answer(views.SUCCESS)

    def remove(self, channel: Channel) -> None:
        """Take a channel out of the world."""
        del self.world.channels[channel.id]
        self.world.changed()

    def missing(self, channel: Channel) -> list[str]:
        """What a channel lacks before it can be activated: `Property`, `Mapping`."""
        needs = {"Property": channel.properties, "Mapping": channel.rate_plans}
        return [relation for relation, have in needs.items() if not have]

    def readiness(self, request: Request) -> Response:
        """What is missing; an empty list is ready."""
        channel = self._find(request)
        data = [
            {"id": channel.id, "type": "entity", "entity": "Channel", "relation": each, "error_code": "required"}
            for each in self.missing(channel)
        ]  # fmt: skip
        return answer({"data": data, **views.SUCCESS})

    def activate_one(self, request: Request) -> Response:
        """Let data flow."""
        self.activate(self._find(request))
        return answer(views.SUCCESS)

    def activate(self, channel: Channel) -> None:
        """Let data flow; doing it again changes nothing. Raises Refused."""
        lacks = self.missing(channel)
        if lacks:
            raise Refused(422, {"rate_plans" if "Mapping" in lacks else "properties": [BLANK]})
        if not channel.is_active:
            channel.is_active, channel.removal_at, channel.warned_days = True, None, None
            self.tell("activate_channel", channel)

    def deactivate_one(self, request: Request) -> Response:
        """Stop data; Airbnb and channels of several properties must lose their mappings first."""
        channel = self._find(request)
        shared = channel.attributes["channel"] == "AirBNB" or len(channel.properties) > 1
        if channel.is_active and shared and channel.rate_plans:
            raise Refused(422, {"rate_plans": ["mappings should be removed first"]})
        self.deactivate(channel)
        return answer(views.SUCCESS)

    def deactivate(self, channel: Channel) -> None:
        """Stop data and plan the removal in 30 days; doing it again changes nothing."""
        if channel.is_active:
            channel.is_active = False
            channel.removal_at = local_stamp(self.world.clock.now() + timedelta(days=CHANNEL_DAYS))
            self.tell("deactivate_channel", channel)

    def execute(self, request: Request) -> Response:
        """Run an action of the OTA."""
        self._find(request)
        if request.params["action"] != "load_future_reservations":
            raise Refused(400)
        return answer(views.SUCCESS)

    def tell(self, event: str, channel: Channel) -> None:
        """Fire a channel's event for each of its properties."""
        channel.attributes["updated_at"] = self.world.stamp()
        payload = {
            "title": channel.attributes["title"], "channel_id": channel.id, "ota_name": channel.attributes["channel"],
        }  # fmt: skip
        for property_id in channel.properties:
            note_activity(self.world, property_id)
            self.world.emit(event, property_id, payload)
        self.world.changed()

    def _find(self, request: Request) -> Channel:
        channel = self.world.channel(request.params["id"])
        request.property_ids.update(channel.properties)
        return channel
