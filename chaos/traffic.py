"""Guests who book, change and cancel at the simulated OTAs, the same ones for the same seed."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from chaos.hotels import Hotel
from chaos.world import World

HORIZON = 60  # days ahead: few enough that rooms run out and guests meet
VERBS = ("book", "book", "book", "modify", "cancel")


class Guests:
    """One stream of events over some hotels. `sold` is how many the OTAs took."""

    def __init__(self, world: World, hotels: Sequence[Hotel], seed: int) -> None:
        self.world = world
        self.hotels = hotels
        self.dice = Random(seed)
        self.sold = 0
        self._bookings: list[tuple[Hotel, str]] = []

    def act(self) -> bool:
        """Do one thing; False when the OTA did not sell it."""
        verb = self.dice.choice(VERBS) if self._bookings else "book"
        done = self._book() if verb == "book" else self._again(verb)
        self.sold += done
        return done

    def _book(self) -> bool:
        hotel = self.dice.choice(self.hotels)
        wishes = {**self._stay(), "rooms": self.dice.choice((1, 1, 1, 2)), "guests": self.dice.randint(1, 2)}
        answer = self.world.control("POST", f"ota/{hotel.external_id}/book", json=wishes)
        if not answer.ok:
            return False
        self._bookings.append((hotel, answer.json()["booking_id"]))
        return True

    def _again(self, verb: str) -> bool:
        at = self.dice.randrange(len(self._bookings))
        hotel, booking_id = self._bookings[at]
        wishes: dict[str, Any] = {"booking_id": booking_id}
        if verb == "modify":
            wishes |= self._stay()
        else:
            del self._bookings[at]
        return self.world.control("POST", f"ota/{hotel.external_id}/{verb}", json=wishes).ok

    def _stay(self) -> dict[str, Any]:
        first = date.today() + timedelta(days=self.dice.randint(2, HORIZON))
        return {"check_in": first.isoformat(), "nights": self.dice.randint(1, 4)}


class Crowd:
    """Several streams at once, in threads, until it is told that this is enough and so many events are sold."""

    def __init__(self, world: World, hotels: Sequence[Hotel], seed: int, events: int, pace: float = 0.0) -> None:
        """`pace`: seconds each stream waits between two events."""
        self.streams = [Guests(world, hotels, seed * 1000 + number) for number in range(4)]
        self.events = events
        self.pace = pace
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(stream,), daemon=True) for stream in self.streams]

    @property
    def sold(self) -> int:
        return sum(stream.sold for stream in self.streams)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> int:
        """Wait for the rest, and say how many events were sold."""
        self._enough.set()
        for thread in self._threads:
            thread.join()
        return self.sold

    def _run(self, stream: Guests) -> None:
        while not self._enough.is_set() or self.sold < self.events:
            stream.act()
            time.sleep(self.pace)
