"""What Channex removes by itself: properties without an active channel, and channels that are switched off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.channex.state import Channel, Property, World, new_id
from sandbox.clock import from_iso, zulu_stamp

PROPERTY_DAYS = 90
CHANNEL_DAYS = 30
PROPERTY_WARNINGS = (30, 7, 1)
CHANNEL_WARNINGS = (7, 1)


def property_removal(place: Property) -> datetime | None:
    """When a property will be removed, or None while a channel of it is active."""
    return from_iso(place.unconnected_since) + timedelta(days=PROPERTY_DAYS) if place.unconnected_since else None


def note_activity(world: World, property_id: str) -> None:
    """Start or stop a property's 90 days, after one of its channels was switched on or off."""
    place = world.properties[property_id]
    active = any(each.is_active for each in world.channels_of(property_id))
    if active:
        place.unconnected_since, place.warned_days = None, None
    elif place.unconnected_since is None:
        place.unconnected_since = world.stamp()


def warn_and_remove(world: World) -> tuple[list[Property], list[Channel]]:
    """Send the warnings that are due; the properties and channels whose time has come."""
    now = world.clock.now()
    places, channels = [], []
    for place in world.properties.values():
        removal = property_removal(place)
        if removal is None:
            continue
        if removal <= now:
            places.append(place)
            continue
        left = (removal - now).days + 1
        mark = _mark(left, PROPERTY_WARNINGS, place.warned_days)
        if mark is not None:
            place.warned_days = mark
            payload = {"property_name": place.attributes["title"], **_payload(place.id, left, removal)}
            world.emit("property_removal_warning", place.id, payload)
    for channel in world.channels.values():
        if channel.removal_at is None:
            continue
        removal = from_iso(channel.removal_at)
        if removal <= now:
            channels.append(channel)
            continue
        left = (removal - now).days + 1
        mark = _mark(left, CHANNEL_WARNINGS, channel.warned_days)
        if mark is not None and channel.properties:
            channel.warned_days = mark
            extra = {"channel_id": channel.id, "channel_name": channel.attributes["title"],
                     "channel": channel.attributes["channel"]}  # fmt: skip
            payload = {**_payload(channel.properties[0], left, removal), **extra}
            world.emit("channel_removal_warning", channel.properties[0], payload)
    return places, channels


def _mark(left: int, marks: tuple[int, ...], warned: int | None) -> int | None:
    due = [mark for mark in marks if left <= mark and (warned is None or mark < warned)]
    return min(due) if due else None


def _payload(property_id: str, left: int, removal: datetime) -> dict[str, Any]:
    date = zulu_stamp(removal)[:10]
    return {"live_feed_event_id": new_id(), "property_id": property_id, "days_left": left, "removal_date": date}
