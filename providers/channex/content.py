"""Groups, properties, room types and rate plans at Channex."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.base import PropertyDetails, RoomTypeDetails
from providers.channex import mapping
from providers.channex.api import ChannexApi, at, attributes, listed, related_ids
from providers.errors import NotFound, Rejected
from providers.types import RemoteRoomType


class Content(ChannexApi):
    """Everything is returned as Channex's attributes, id included, unless the signature says otherwise."""

    def test_connection(self) -> str:
        """Prove the key; return one sentence saying what it sees."""
        count = len(self.property_options())
        return f"Channex accepts the key; it sees {count} {'property' if count == 1 else 'properties'}."

    # -- groups: one for each organization ------------------------------------------------------
    def groups(self) -> list[dict[str, Any]]:
        return [attributes(item) for item in self._pages("/groups")]

    def fetch_group(self, group_id: str) -> dict[str, Any]:
        return self._attributes("GET", at("/groups/{}", group_id))

    def create_group(self, title: str) -> str:
        return str(self._attributes("POST", "/groups", json={"group": {"title": title}})["id"])

    def update_group(self, group_id: str, title: str) -> None:
        self._call("PUT", at("/groups/{}", group_id), json={"group": {"title": title}})

    def delete_group(self, group_id: str) -> None:
        """Refused (`Rejected`, 400) while the group holds a property."""
        self._call("DELETE", at("/groups/{}", group_id))

    def ensure_group(self, title: str, external_id: str | None) -> str:
        """Return the group's id, created when unknown. Never adopted by title: two tenants may share one."""
        if external_id:
            try:
                return str(self.fetch_group(external_id)["id"])
            except NotFound:
                return self.create_group(title)
        return self.create_group(title)

    def link_property(self, group_id: str, property_id: str) -> None:
        """Put a property into a group; already there is as good."""
        try:
            self._call("POST", at("/groups/{}/properties/{}", group_id, property_id))
        except Rejected as error:
            if "only one grouphotel" not in str(error).lower():
                raise

    def unlink_property(self, group_id: str, property_id: str) -> None:
        """Take a property out of a group. Its last group cannot be left (`Rejected`, 400)."""
        self._call("DELETE", at("/groups/{}/properties/{}", group_id, property_id))

    # -- properties -----------------------------------------------------------------------------
    def properties(self) -> list[dict[str, Any]]:
        return [attributes(item) for item in self._pages("/properties")]

    def property_options(self) -> list[dict[str, Any]]:
        """Id, title and currency of every property the key can see, in one call."""
        return [attributes(item) for item in listed(self._call("GET", "/properties/options"))]

    def fetch_property(self, property_id: str) -> dict[str, Any]:
        return self._attributes("GET", at("/properties/{}", property_id))

    def find_property(self, title: str, group_id: str) -> str | None:
        """Return the property of that title in our own group: one created before its id was written down."""
        for item in self._pages("/properties", {"filter[title]": title}):
            if group_id in related_ids(item, "groups") and attributes(item).get("title") == title:
                return str(attributes(item)["id"])
        return None

    def create_property(self, details: PropertyDetails, group_id: str | None) -> str:
        body = {"property": mapping.property_attributes(details, group_id)}
        return str(self._attributes("POST", "/properties", json=body)["id"])

    def update_property(self, property_id: str, changes: Mapping[str, Any]) -> None:
        """Change only the attributes given, in Channex's words."""
        self._call("PUT", at("/properties/{}", property_id), json={"property": dict(changes)})

    def delete_property(self, property_id: str, *, force: bool = False) -> None:
        """Irreversible. Refused while a channel is connected, unless forced."""
        self._delete(at("/properties/{}", property_id), force)

    # -- room types -----------------------------------------------------------------------------
    def room_types(self, property_id: str) -> list[dict[str, Any]]:
        return [attributes(item) for item in self._of_property("/room_types", property_id)]

    def room_type_options(self, property_id: str) -> list[dict[str, Any]]:
        body = self._call("GET", "/room_types/options", params={"filter[property_id]": property_id})
        return [attributes(item) for item in listed(body)]

    def create_room_type(self, property_id: str, details: RoomTypeDetails, units: int) -> str:
        """A new room type has no availability on any date until it is pushed."""
        body = {"room_type": {"property_id": property_id, **mapping.room_type_attributes(details, units)}}
        return str(self._attributes("POST", "/room_types", json=body)["id"])

    def update_room_type(self, room_type_id: str, details: RoomTypeDetails, units: int, *, force: bool = False) -> None:
        """Forced, a smaller occupancy drops the options and channel mappings above it."""
        params = {"force": "true"} if force else None
        body = {"room_type": mapping.room_type_attributes(details, units)}
        self._call("PUT", at("/room_types/{}", room_type_id), params=params, json=body)

    def delete_room_type(self, room_type_id: str, *, force: bool = False) -> None:
        self._delete(at("/room_types/{}", room_type_id), force)

    # -- rate plans -----------------------------------------------------------------------------
    def rate_plans(self, property_id: str) -> list[dict[str, Any]]:
        return [attributes(item) for item in self._of_property("/rate_plans", property_id)]

    def rate_plan_options(self, property_id: str) -> list[dict[str, Any]]:
        """Every occupancy option as an entry of its own; only here is the parent plan named."""
        params = {"filter[property_id]": property_id, "multi_occupancy": "true"}
        return [attributes(item) for item in listed(self._call("GET", "/rate_plans/options", params=params))]

    def create_rate_plan(
        self, property_id: str, room_type_id: str, title: str, currency: str, occupancy: int, meal_plan: str | None
    ) -> str:
        """Return the new plan's id. It is created closed and without a price: nothing sells before the first push.

        Where Channex wants plan titles unique in the property, the room type's title is added.
        """
        plan = mapping.rate_plan_attributes(property_id, room_type_id, title, currency, occupancy, meal_plan)
        try:
            return str(self._attributes("POST", "/rate_plans", json={"rate_plan": plan})["id"])
        except Rejected as error:
            if not mapping.is_duplicate_title(error):
                raise
        room_title = self._attributes("GET", at("/room_types/{}", room_type_id)).get("title") or room_type_id
        plan["title"] = f"{title} - {room_title}"[: mapping.LONGEST_TITLE]
        return str(self._attributes("POST", "/rate_plans", json={"rate_plan": plan})["id"])

    def update_rate_plan(self, rate_plan_id: str, changes: Mapping[str, Any]) -> None:
        """Change attributes in Channex's words. `options` cannot be changed: Channex answers 200 and ignores them."""
        self._call("PUT", at("/rate_plans/{}", rate_plan_id), json={"rate_plan": dict(changes)})

    def delete_rate_plan(self, rate_plan_id: str, *, force: bool = False) -> None:
        self._delete(at("/rate_plans/{}", rate_plan_id), force)

    def fetch_products(self, property_id: str) -> tuple[RemoteRoomType, ...]:
        """Return the property's room types with their rate plans and occupancy options."""
        rooms = list(self._of_property("/room_types", property_id))
        plans = list(self._of_property("/rate_plans", property_id))
        return mapping.products(rooms, plans)

    def _of_property(self, path: str, property_id: str) -> list[dict[str, Any]]:
        return list(self._pages(path, {"filter[property_id]": property_id}))

    def _delete(self, path: str, force: bool) -> None:
        self._call("DELETE", path, params={"force": "true"} if force else None)
