"""Taking one OTA off sale without touching the others: its products are pointed at plans that sell nothing.

Availability is counted per room type for all OTAs, so it cannot close one of them. A plan that was just made at the
provider is closed on every night; pointing the OTA's products at it sends it closed nights for the whole horizon
(reference, Channel API: an active channel gets a full sync when its mappings change). Then the channel is switched
off, its own mappings are put back for the day it is resumed, and the closed plans are removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from providers.base import Connector
from providers.channel_types import OtaMapping
from providers.types import RemoteRoomType

CLOSED_PLAN = "Closed by Roomwire"


def close(connector: Connector, property_id: str, channel_id: str, code: str) -> list[dict[str, Any]]:
    """Point every product of the OTA at a closed plan; return its own mappings, to be kept. Safe to repeat."""
    mappings = connector.channel_mappings(channel_id)
    rooms = connector.fetch_products(property_id)
    closed = _closed_plans(rooms)
    room_of = _rooms_by_plan(rooms)
    mine = [each for each in mappings if each.rate_plan_id not in closed.values()]
    shut = []
    for each in mappings:
        room = room_of.get(each.rate_plan_id)
        if room is None:
            continue
        if room.external_id not in closed:
            closed[room.external_id] = _make_plan(connector, property_id, room)
        shut.append(replace(each, rate_plan_id=closed[room.external_id]))
    if shut:
        connector.map_channel(channel_id, code, shut)
    # A channel without a mapping sells nothing, and there is nothing to keep of it.
    return [asdict(each) for each in mine] or [{}]


def finish(
    connector: Connector, property_id: str, channel_id: str, code: str, kept: Sequence[Mapping[str, Any]], *,
    forget: bool, leave_plans: bool,
) -> None:  # fmt: skip
    """Switch the channel off and put its own mappings back, or remove it (`forget`). Safe to repeat."""
    mine = [OtaMapping(**each) for each in kept if each]
    if code == "ABB":  # Channex switches Airbnb off only without mappings
        connector.map_channel(channel_id, code, [])
    connector.deactivate_channel(channel_id)
    connector.map_channel(channel_id, code, mine)
    if forget:
        connector.delete_channel(channel_id)
    if not leave_plans:
        for plan_id in _closed_plans(connector.fetch_products(property_id)).values():
            connector.delete_rate_plan(plan_id, force=True)


def _make_plan(connector: Connector, property_id: str, room: RemoteRoomType) -> str:
    plan = room.rate_plans[0]
    return connector.create_rate_plan(
        property_id, room.external_id, CLOSED_PLAN, plan.currency or "EUR", plan.occupancy or 1, None
    )


def _closed_plans(rooms: Sequence[RemoteRoomType]) -> dict[str, str]:
    """Room type → its closed plan, where one was made already. A duplicate title gets the room's name behind it."""
    return {
        room.external_id: plan.external_id
        for room in rooms
        for plan in room.rate_plans
        if plan.name.startswith(CLOSED_PLAN)
    }


def _rooms_by_plan(rooms: Sequence[RemoteRoomType]) -> dict[str, RemoteRoomType]:
    found = {}
    for room in rooms:
        for plan in room.rate_plans:
            found[plan.external_id] = room
            found |= dict.fromkeys(plan.option_ids, room)
    return found
