"""Every booking beside what the OTA's own books say, and the nights that are oversold."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sandbox.beds24.state import World


def entries(world: World, property_id: int | None = None) -> list[dict[str, Any]]:
    """Every booking as Beds24 holds it; `ota_status` is the OTA's own record, None where no OTA is behind it."""
    sold = {number: entry for entry in world.ledger.values() for number in entry["booking_ids"]}
    rows = []
    for booking in world.bookings.values():
        have, entry = booking.fields, sold.get(booking.id)
        if property_id is None or have["propertyId"] == property_id:
            rows.append({
                "booking_id": booking.id, "master_id": have["masterId"], "property_id": have["propertyId"],
                "room_id": have["roomId"], "unit_id": have["unitId"], "status": have["status"],
                "check_in": have["arrival"], "check_out": have["departure"], "channel": have["channel"],
                "code": have["apiReference"], "price": have["price"], "custom10": have["custom10"],
                "name": f"{have['firstName']} {have['lastName']}".strip(), "modified": have["modifiedTime"],
                "source": booking.source, "versions": booking.versions,
                "ota_status": entry["status"] if entry else None, "forced": bool(entry and entry["forced"]),
            })  # fmt: skip
    return rows


def oversold(world: World, property_id: int | None = None) -> list[dict[str, Any]]:
    """Nights on which more rooms of a type are taken than exist, by the OTAs' books and the hotel's own bookings."""
    taken: Counter[tuple[int, int]] = Counter()
    of_otas = set()
    for entry in world.ledger.values():
        of_otas |= set(entry["booking_ids"])
        for room in entry["rooms"] if entry["status"] != "cancelled" else []:
            first, end = (date.fromisoformat(room[name]).toordinal() for name in ("check_in", "check_out"))
            for night in range(first, end):
                taken[room["room_id"], night] += 1
    for booking in world.bookings.values():
        if booking.id not in of_otas and booking.occupies:
            first, last = booking.span
            for night in range(first, last + 1):
                taken[booking.fields["roomId"], night] += booking.fields["roomQty"]
    rows = []
    for (room_id, night), count in sorted(taken.items()):
        found = world.rooms.get(room_id)
        if found and count > found.qty and property_id in (None, found.property_id):
            rows.append({"property_id": found.property_id, "room_id": room_id, "sold": count, "units": found.qty,
                         "night": date.fromordinal(night).isoformat()})  # fmt: skip
    return rows
