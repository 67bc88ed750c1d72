"""The world as one JSON document, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import orjson

from sandbox.beds24.calendar import Nights, load_nights
from sandbox.beds24.state import Account, Booking, Property, Room, Token, World

PLAIN: dict[str, Callable[..., Any]] = {
    "accounts": Account, "properties": Property, "bookings": Booking, "tokens": Token,
}  # fmt: skip
AS_IS = ("ledger", "next_ids")


def dump(world: World, deliveries: list[dict[str, Any]], meters: dict[str, Any]) -> bytes:
    """Everything, with the webhook deliveries still under way. The lock must be held."""
    document: dict[str, Any] = {name: list(getattr(world, name).values()) for name in (*PLAIN, "rooms", "messages")}
    document |= {name: getattr(world, name) for name in AS_IS}
    document |= {"switches": world.switches.all(), "deliveries": deliveries, "meters": meters}
    # Our own dataclasses go through _row: a calendar packs itself, and orjson's way would spell out every night.
    return orjson.dumps(document, default=_row, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def _row(value: Any) -> Any:
    if isinstance(value, Nights):
        return value.dump()
    return {each.name: getattr(value, each.name) for each in fields(value)}


def load(world: World, document: dict[str, Any]) -> None:
    """Put a dumped document in place of what the world holds."""
    world.clear()
    for name, kind in PLAIN.items():
        setattr(world, name, {row["id"]: kind(**row) for row in document[name]})
    world.rooms = {row["id"]: _room(**row) for row in document["rooms"]}
    world.messages = {row["id"]: row for row in document["messages"]}
    for name in AS_IS:
        setattr(world, name, document[name])
    world.switches.turn(document["switches"])


def _room(nights: dict[str, Any], **row: Any) -> Room:
    return Room(nights=load_nights(nights), **row)
