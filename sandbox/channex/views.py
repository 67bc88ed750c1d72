"""How each thing reads over the API."""

from __future__ import annotations

from typing import Any

from sandbox.channex import money
from sandbox.channex.retention import property_removal
from sandbox.channex.state import (
    Booking,
    Channel,
    Group,
    Option,
    Property,
    RatePlan,
    Revision,
    RoomType,
    Rule,
    Webhook,
    World,
)

SUCCESS: dict[str, Any] = {"meta": {"message": "Success"}}


def named(kind: str, thing_id: str, title: str, label: str = "title") -> dict[str, Any]:
    """A related thing."""
    return {"type": kind, "id": thing_id, "attributes": {"id": thing_id, label: title}}


def group(world: World, thing: Group) -> dict[str, Any]:
    """A group with its properties."""
    inside = [each for each in world.properties.values() if thing.id in each.groups]
    user = {
        "type": "user", "id": world.user_id,
        "attributes": {"id": world.user_id, "name": "Ops", "email": "ops@example.test"},
    }  # fmt: skip
    properties = [named("property", each.id, each.attributes["title"]) for each in inside]
    return {
        "type": "group", "id": thing.id, "attributes": {"id": thing.id, "title": thing.title},
        "relationships": {"users": {"data": [user]}, "properties": {"data": properties}},
    }  # fmt: skip


def property_(world: World, thing: Property) -> dict[str, Any]:
    """A property, with the undocumented attributes that staging sends."""
    channels = world.channels_of(thing.id)
    attributes = {
        "id": thing.id, **thing.attributes,
        "acc_channels_count": sum(each.is_active for each in channels),
        "settings": thing.settings, "min_stay_type": thing.settings["min_stay_type"],
        "property_category": "hotel", "location_precision": None,
        "max_count_of_room_types": 50, "max_count_of_rate_plans": 400, "max_count_of_occupancies": 10,
        "max_count_of_users": 20, "default_cancellation_policy_id": None, "default_tax_set_id": None,
        "hotel_policy_id": None, "expected_removal_date": removal_date(thing),
    }  # fmt: skip
    groups = [named("group", each, world.groups[each].title) for each in thing.groups]
    relationships = {"users": {"data": []}, "groups": {"data": groups}, "facilities": {"data": []}}
    return {"type": "property", "id": thing.id, "attributes": attributes, "relationships": relationships}


def removal_date(thing: Property) -> str | None:
    """When an unconnected property will be removed."""
    removal = property_removal(thing)
    return removal.date().isoformat() if removal else None


def room_type(world: World, thing: RoomType) -> dict[str, Any]:
    """A room type."""
    position = world.properties[thing.property_id].room_types.index(thing.id)
    attributes = {"id": thing.id, **thing.attributes, "position": position, "meta": None, "codes": {}}
    relationships = {"property": {"data": {"type": "property", "id": thing.property_id}}, "facilities": {"data": []}}
    return {"type": "room_type", "id": thing.id, "attributes": attributes, "relationships": relationships}


def option(thing: Option, plan: RatePlan) -> dict[str, Any]:
    """An occupancy option as a rate plan shows it."""
    inherit = {
        f"inherit_{name}": not thing.is_primary
        for name in ("rate", "closed_to_arrival", "closed_to_departure", "stop_sell", "min_stay_arrival",
                     "min_stay_through", "max_stay", "max_sell", "max_availability", "availability_offset")
    }  # fmt: skip
    return {
        "id": thing.id, "occupancy": thing.occupancy, "is_primary": thing.is_primary,
        "rate": money.text(thing.rate.defaults[0], plan.attributes["currency"]),
        "derived_option": thing.derived_option, "rate_category_id": None, **inherit,
    }  # fmt: skip


def rate_plan(thing: RatePlan) -> dict[str, Any]:
    """A rate plan: primary option first, the others in no order to rely on."""
    options = sorted(thing.options, key=lambda each: (not each.is_primary, each.id))
    hidden = {"parent_rate_plan_id"}
    attributes = {
        "id": thing.id, **{name: value for name, value in thing.attributes.items() if name not in hidden},
        "options": [option(each, thing) for each in options],
        "meta": None, "ui_read_only": False, "cancellation_policy_id": None,
    }  # fmt: skip
    relationships = {
        "property": {"data": {"type": "property", "id": thing.property_id}},
        "room_type": {"data": {"type": "room_type", "id": thing.room_type_id}},
    }
    return {"type": "rate_plan", "id": thing.id, "attributes": attributes, "relationships": relationships}


def revision(thing: Revision) -> dict[str, Any]:
    """A booking revision; the card is gone once it is acknowledged."""
    attributes = {
        **thing.attributes, "id": thing.id,
        "acknowledge_status": "acknowledged" if thing.acked else "pending",
    }  # fmt: skip
    if thing.acked:
        attributes["guarantee"] = None
    return {
        "type": "booking_revision", "id": thing.id, "attributes": attributes,
        "relationships": {"data": {
            "property": {"id": thing.property_id, "type": "property"},
            "booking": {"id": thing.booking_id, "type": "booking"},
        }},
    }  # fmt: skip


def booking(world: World, thing: Booking) -> dict[str, Any]:
    """A booking in its latest state."""
    latest = world.latest(thing)
    unacked = any(not world.revisions[each].acked for each in thing.revisions)
    attributes = {
        **latest.attributes, "id": thing.id, "booking_id": thing.id, "revision_id": latest.id,
        "has_unacked_revisions": unacked, "acknowledge_status": "acknowledged" if latest.acked else "pending",
    }  # fmt: skip
    if latest.acked:
        attributes["guarantee"] = None
    relationships = {"property": {"data": {"id": thing.property_id, "type": "property"}}}
    return {"type": "booking", "id": thing.id, "attributes": attributes, "relationships": relationships}


def webhook(thing: Webhook, user_id: str) -> dict[str, Any]:
    """A webhook, its headers included: treat the answer as secret."""
    attributes = {"id": thing.id, **thing.attributes, "is_signed": False, "signing_key_id": None}
    relationships: dict[str, Any] = {
        "organization": {"data": {"type": "organization", "id": user_id}},
        "billing_account": {"data": {"type": "billing_account", "id": user_id}},
    }
    if thing.attributes["property_id"]:
        relationships["property"] = {"data": {"type": "property", "id": thing.attributes["property_id"]}}
    return {"type": "webhook", "id": thing.id, "attributes": attributes, "relationships": relationships}


def rule(thing: Rule) -> dict[str, Any]:
    """An availability rule."""
    return {
        "type": "channel_availability_rule", "id": thing.id, "attributes": {"id": thing.id, **thing.attributes},
        "relationships": {"property": {"data": {"type": "property", "id": thing.attributes["property_id"]}}},
    }  # fmt: skip


def channel(world: World, thing: Channel, detail: bool = False) -> dict[str, Any]:
    """A connection to an OTA."""
    attributes = {
        "id": thing.id, **thing.attributes, "is_active": thing.is_active, "rate_plans": thing.rate_plans,
        "properties": thing.properties, "actions": ["load_future_reservations"],
        "expected_removal_date": thing.removal_at[:10] if thing.removal_at else None,
    }  # fmt: skip
    places = [named("property", each, world.properties[each].attributes["title"]) for each in thing.properties]
    relationships: dict[str, Any] = {
        "group": {"data": {"type": "group", "id": thing.group_id}},
        "properties": {"data": places},
    }
    if detail:
        relationships["known_mappings"] = {"data": [
            {"type": "mapping", "id": each["id"], "attributes": each} for each in thing.rate_plans
        ]}  # fmt: skip
    return {"type": "channel", "id": thing.id, "attributes": attributes, "relationships": relationships}
