"""Simulated guests: they book, change their minds and cancel at the sandbox's OTAs, at a pace you choose.

DEMO_BOOKINGS_PER_MINUTE (0 = nobody comes), DEMO_SANDBOX_URL, CHANNEX_API_KEY. It speaks to the sandbox
only, as guests and OTAs would; the portal hears of it through Channex and Beds24.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import requests

log = logging.getLogger("traffic")

OTAS = {"BDC": 6, "EXP": 3, "ABB": 2, "AGO": 2}  # how often each is used
# One hotel shows the way: an OTA that has not said yes, and one nobody has begun to connect.
ON_THEIR_WAY = {"Seaview Faro": ("EXP", "AGO")}
WAITING_HOTEL = {"code": "EXP", "hotel_id": "7712001", "accepted": False}
NIGHTS = {1: 4, 2: 6, 3: 4, 4: 2, 5: 1, 7: 1}
CANCEL_SHARE = 0.15
CHANGE_SHARE = 0.15
FURTHEST = 120  # days ahead; most guests book nearer
REMEMBERED = 200


@dataclass
class Guests:
    """Everybody who is about to travel."""

    url: str
    key: str
    dice: random.Random = field(default_factory=random.Random)
    opened: set[str] = field(default_factory=set)  # hotels whose OTAs are connected
    booked: list[tuple[str, str]] = field(default_factory=list)  # (property, booking)
    http: requests.Session = field(default_factory=requests.Session)

    def act(self) -> str:
        """Do one thing a guest does and say what it was."""
        properties = self.properties() + self.on_beds24()
        if not properties:
            return "no hotel is connected yet"
        draw = self.dice.random()
        if self.booked and draw < CANCEL_SHARE:
            return self.cancel()
        if self.booked and draw < CANCEL_SHARE + CHANGE_SHARE:
            return self.change()
        return self.book(self.dice.choice(properties))

    def properties(self) -> list[str]:
        """The hotels on the channel manager that have OTAs; each gets them when its calendar is open."""
        answer = self._get("/api/v1/properties/options")
        names = {item["id"]: item["attributes"]["title"] for item in answer.get("data", [])}
        found = list(names)
        for property_id in found:
            self._open_channels(property_id, names[property_id])
        return [property_id for property_id in found if property_id in self.opened]

    def on_beds24(self) -> list[str]:
        """The hotels on the simulated Beds24 whose calendar is open, by the address of their controls."""
        found = []
        for place in self._get("/_sim/beds24/properties").get("properties", []):
            address = f"beds24/ota/{place['id']}"
            if address in self.opened or self._is_open(place["id"]):
                self.opened.add(address)
                found.append(address)
        return found

    def _is_open(self, property_id: int) -> bool:
        tomorrow = date.today() + timedelta(days=1)
        calendar = self._get(f"/_sim/beds24/calendar/{property_id}?first={tomorrow}&last={tomorrow}")
        return any(left > 0 for room in calendar.get("rooms", []) for left in room["free"])

    def book(self, property_id: str) -> str:
        check_in = date.today() + timedelta(days=min(FURTHEST, int(self.dice.expovariate(1 / 21)) + 1))
        wish = {
            "ota": _draw(self.dice, OTAS),
            "check_in": check_in.isoformat(),
            "nights": _draw(self.dice, NIGHTS),
            "guests": self.dice.choice([1, 2, 2, 2]),
        }
        sold = self._post(_control(property_id, "book"), wish)
        if not sold.get("sold"):
            return f"{wish['ota']}: nothing for sale on {check_in} ({sold.get('reason', 'closed')})"
        self.booked = [*self.booked, (property_id, sold["booking_id"])][-REMEMBERED:]
        return f"{wish['ota']}: {sold['code']} booked, {check_in}, {wish['nights']} nights"

    def change(self) -> str:
        property_id, booking_id = self.dice.choice(self.booked)
        check_in = date.today() + timedelta(days=self.dice.randint(1, 60))
        wish = {"booking_id": booking_id, "check_in": check_in.isoformat(), "nights": _draw(self.dice, NIGHTS)}
        changed = self._post(_control(property_id, "modify"), wish)
        return f"{changed.get('code', booking_id)} " + ("changed" if changed.get("sold") else "could not be changed")

    def cancel(self) -> str:
        property_id, booking_id = self.booked.pop(self.dice.randrange(len(self.booked)))
        cancelled = self._post(_control(property_id, "cancel"), {"booking_id": booking_id})
        return f"{cancelled.get('code', booking_id)} cancelled"

    def _open_channels(self, property_id: str, name: str) -> None:
        """Connect the OTAs once the hotel is all there: a channel sells the plans that existed when it was mapped."""
        if property_id in self.opened:
            return
        tomorrow = date.today() + timedelta(days=1)
        calendar = self._get(f"/_sim/calendar/{property_id}?first={tomorrow}&last={tomorrow}")
        if not any(left for nights in calendar.get("availability", {}).values() for left in nights.values()):
            return
        known = self._get(f"/api/v1/channels?filter[property_id]={property_id}").get("data", [])
        if not known:
            for code in OTAS.keys() - ON_THEIR_WAY.get(name, ()):
                self._post(f"/_sim/properties/{property_id}/channels", {"code": code})
        if name in ON_THEIR_WAY:
            self._post("/_sim/otas", {**_account(), "mirror": property_id})
        self.opened.add(property_id)

    def keep_waiting(self) -> None:
        """The hotel whose OTA has not said yes; whether it has is decided on the sandbox's page."""
        if not self._get("/_sim/otas"):
            self._post("/_sim/otas", WAITING_HOTEL)

    def _get(self, path: str) -> dict[str, Any]:
        answer = self.http.get(self.url + path, headers={"user-api-key": self.key}, timeout=10)
        answer.raise_for_status()
        return dict(answer.json())

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A refusal (409) is an answer like any other: nothing was for sale."""
        answer = self.http.post(self.url + path, json=body, timeout=10)
        if answer.status_code >= 500:
            answer.raise_for_status()
        return dict(answer.json())


def _control(hotel: str, verb: str) -> str:
    """Where a guest of this hotel books, changes or cancels."""
    return f"/_sim/{hotel if '/' in hotel else f'ota/{hotel}'}/{verb}"


def _account() -> dict[str, Any]:
    return {name: WAITING_HOTEL[name] for name in ("code", "hotel_id")}


def _draw(dice: random.Random, weights: Mapping[Any, int]) -> Any:
    return dice.choices(list(weights), weights=list(weights.values()))[0]


def main(env: Mapping[str, str]) -> None:
    """Act until told to stop. A sandbox that is away is tried again."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    per_minute = float(env.get("DEMO_BOOKINGS_PER_MINUTE") or 6)
    guests = Guests(env["DEMO_SANDBOX_URL"], env.get("CHANNEX_API_KEY", ""))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    waits = True
    while per_minute > 0 and not stopped.wait(1 if waits else guests.dice.expovariate(per_minute / 60)):
        try:
            if waits:
                guests.keep_waiting()
                waits = False
            log.info(guests.act())
        except requests.RequestException as error:
            log.warning("the sandbox does not answer (%s)", type(error).__name__)


if __name__ == "__main__":
    main(os.environ)
