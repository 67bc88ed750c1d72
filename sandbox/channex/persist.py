"""The world as one JSON document, and back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import orjson

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
    Token,
    Webhook,
    World,
)
from sandbox.series import Series, load_series

PLAIN: dict[str, Any] = {
    "groups": Group, "properties": Property, "bookings": Booking, "revisions": Revision, "webhooks": Webhook,
    "channels": Channel, "rules": Rule, "tokens": Token,
}  # fmt: skip
AS_IS = ("codes", "applications", "ledger", "timers", "last_stamp", "user_id")
NEWER = ("otas", "links")  # a snapshot made before there were any has none
FORMAT = 1


def dump(world: World, deliveries: list[Any]) -> bytes:
    """Everything, with the webhook deliveries still under way. The lock must be held."""
    document: dict[str, Any] = {name: list(getattr(world, name).values()) for name in PLAIN}
    document |= {name: getattr(world, name) for name in (*AS_IS, *NEWER)}
    document |= {
        "format": FORMAT, "room_types": list(world.room_types.values()), "rate_plans": list(world.rate_plans.values()),
        "unacked": list(world.unacked), "switches": world.switches.all(), "deliveries": deliveries,
        "clock_offset": world.clock.offset_seconds,
    }  # fmt: skip
    # Our own dataclasses go through _row: a Series packs itself, and orjson's own way would spell out every night.
    return orjson.dumps(document, default=_row, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def _row(value: Any) -> Any:
    if isinstance(value, Series):
        return value.dump()
    return {each.name: getattr(value, each.name) for each in fields(value)}


def load(world: World, document: dict[str, Any]) -> list[dict[str, Any]]:
    """Put a dumped document in place of what the world holds; returns the deliveries under way."""
    world.clear()
    for name, kind in PLAIN.items():
        setattr(world, name, _by_id(document.get(name, []), kind))
    for name in AS_IS:
        setattr(world, name, document[name])
    for name in NEWER:
        setattr(world, name, document.get(name, {}))
    world.timers = [(due, kind, thing) for due, kind, thing in document["timers"]]
    world.room_types = _by_id(document["room_types"], _room_type)
    world.rate_plans = _by_id(document["rate_plans"], _rate_plan)
    world.unacked = OrderedDict.fromkeys(document["unacked"])
    for revision_id in world.unacked:
        place = world.revisions[revision_id].property_id
        world.unacked_of.setdefault(place, OrderedDict())[revision_id] = None
    world.switches.turn(document["switches"])
    if abs(document["clock_offset"]) > 1:
        world.clock.advance(document["clock_offset"])
    return list(document["deliveries"])


def _by_id(rows: list[dict[str, Any]], kind: Callable[..., Any]) -> dict[str, Any]:
    things = [kind(**row) for row in rows]
    return {thing.id: thing for thing in things}


def _room_type(availability: dict[str, Any], **row: Any) -> RoomType:
    return RoomType(availability=load_series(availability), **row)


def _rate_plan(options: list[dict[str, Any]], restrictions: dict[str, Any], **row: Any) -> RatePlan:
    series = {name: load_series(each) for name, each in restrictions.items()}
    return RatePlan(options=[_option(**each) for each in options], restrictions=series, **row)


def _option(rate: dict[str, Any], **row: Any) -> Option:
    return Option(rate=load_series(rate), **row)
