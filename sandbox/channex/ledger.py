"""What the OTAs sold, by their own records, and where that is more than there is."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sandbox.channex.bookings import nights_of
from sandbox.channex.state import World


def entries(world: World, property_id: str | None = None) -> list[dict[str, Any]]:
    """Every booking with its latest state and its revisions, each with whether it was acknowledged."""
    found = []
    for entry in world.ledger.values():
        if property_id and entry["property_id"] != property_id:
            continue
        revisions = [
            {**each, "acked": world.revisions[each["id"]].acked, "dropped": world.revisions[each["id"]].dropped}
            for each in entry["revisions"]
        ]
        found.append({**entry, "revisions": revisions})
    return found


def oversold(world: World, property_id: str | None = None) -> list[dict[str, Any]]:
    """Nights on which more rooms of a type are sold than exist."""
    sold: Counter[tuple[str, int]] = Counter()
    for entry in world.ledger.values():
        if entry["status"] == "cancelled" or (property_id and entry["property_id"] != property_id):
            continue
        for room in entry["rooms"]:
            for night in nights_of([room]):
                sold[str(room["room_type_id"]), night] += 1
    rows = []
    for (room_type_id, night), rooms in sorted(sold.items()):
        room_type = world.room_types.get(room_type_id)
        if room_type and rooms > room_type.attributes["count_of_rooms"]:
            rows.append({
                "property_id": room_type.property_id, "room_type_id": room_type_id,
                "night": date.fromordinal(night).isoformat(), "sold": rooms,
                "units": room_type.attributes["count_of_rooms"],
            })  # fmt: skip
    return rows
