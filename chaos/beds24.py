"""The simulated Beds24, told in the words the reconciler compares in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import requests

NO_LIMIT = 364  # the longest stay that can be written there; it stands for none
SLOTS = 16
_CLOSED = {"noCheckIn": (True, False), "noCheckOut": (False, True), "noCheckInOrCheckOut": (True, True)}


class Beds24:
    """Through the controls of the simulation at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **query: str) -> Any:
        answer = requests.get(f"{self.url}/_sim/beds24/{path}", params=query, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def waiting(self) -> int:
        """There is no feed: nothing waits to be acknowledged."""
        return 0

    def ledger(self, external_property_id: str) -> list[dict[str, Any]]:
        """What is booked there: the rooms of one reservation together."""
        groups: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.get("ledger", property_id=external_property_id)["bookings"]:
            groups[row["master_id"] or row["booking_id"]].append(row)
        return [_reservation(str(master), rows) for master, rows in groups.items()]

    def calendar(self, external_property_id: str, first: date, last: date) -> Mapping[str, Any]:
        """What may be sold there, night by night."""
        span = {"first": first.isoformat(), "last": last.isoformat()}
        found: dict[str, Any] = {"availability": {}, "rate_plans": defaultdict(dict)}
        for room in self.get(f"calendar/{external_property_id}", **span)["rooms"]:
            name = str(room["roomId"])
            days = enumerate(room["free"])
            found["availability"][name] = {str(first + timedelta(days=at)): max(left, 0) for at, left in days}
            for night, entry in _nights(room["calendar"]):
                for slot in range(1, SLOTS + 1):
                    found["rate_plans"][f"{name}:{slot}"][str(night)] = _cell(entry, slot)
        return found


def _reservation(master: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    live = [row for row in rows if row["status"] not in ("cancelled", "inquiry")]  # a question takes no room
    counted = live or rows
    return {
        "booking_id": master,
        "code": rows[0]["code"] or master,
        "status": "new" if live else "cancelled",
        "check_in": min(row["check_in"] for row in counted),
        "check_out": max(row["check_out"] for row in counted),
        "source": "ota",
        "revisions": [],  # only the latest state is kept there
        "rooms": [
            {"room_type_id": str(row["room_id"]), "checkin_date": row["check_in"], "checkout_date": row["check_out"]}
            for row in counted
        ],
    }


def _nights(calendar: list[dict[str, Any]]) -> Iterator[tuple[date, dict[str, Any]]]:
    for entry in calendar:
        first, last = date.fromisoformat(entry["from"]), date.fromisoformat(entry["to"])
        for offset in range((last - first).days + 1):
            yield first + timedelta(days=offset), entry


def _cell(entry: Mapping[str, Any], slot: int) -> dict[str, Any]:
    price = entry.get(f"price{slot}")
    shut = entry.get("override") == "blackout" or not price
    arrival, departure = _CLOSED.get(str(entry.get("override")), (False, False))
    longest = int(entry.get("maxStay") or 0)
    shortest = max(int(entry.get("minStay") or 1), 1)
    return {
        "rate": None if shut else str(price),  # a closed night has no price that anybody could book
        "stop_sell": shut,
        "min_stay_arrival": shortest,
        "min_stay_through": shortest,
        "max_stay": 0 if longest >= NO_LIMIT else longest,
        "closed_to_arrival": arrival,
        "closed_to_departure": departure,
    }
