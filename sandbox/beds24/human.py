"""Pages for people: watch the simulated Beds24, sell a room, oversell one, make an invite code, switch faults on."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sandbox.beds24 import ledger
from sandbox.beds24.calendar import OVERRIDES, UNSET, money
from sandbox.beds24.sim import receipt
from sandbox.beds24.state import Property, Room
from sandbox.channex.frame import TEMPLATES
from sandbox.faults import Faults, read_fault
from sandbox.journal import Journal
from sandbox.stay import NotSold, read_day
from sandbox.web import Request, Response, Router, page, see_other

if TYPE_CHECKING:
    from sandbox.beds24.app import Beds24

NIGHTS = 14
GONE = "<!doctype html><title>Gone</title><p>There is no such property. <a href='/beds24'>Back</a></p>"
SIGNS = {
    "blackout": "closed", "exception": "exception", "noCheckIn": "no arrival", "noCheckOut": "no departure",
    "noCheckInOrCheckOut": "no arrival, no departure",
}  # fmt: skip
DRILLS: dict[str, dict[str, Any]] = {
    "Beds24 is down (503)": {"kind": "status", "status": 503},
    "Credits are gone (429)": {"kind": "status", "status": 429},
    "Token not valid (401)": {"kind": "status", "status": 401},
    "Answers take 5 seconds": {"kind": "slow", "delay": 5},
    "No answer at all": {"kind": "timeout", "delay": 60},
    "Done, but no answer": {"kind": "commit_then_timeout", "delay": 60},
    "Every third call is cut off": {"kind": "reset", "every": 3},
    "HTML instead of JSON": {"kind": "html", "status": 500},
}


class Human:
    """The pages at /beds24 and what their buttons do."""

    def __init__(self, beds24: Beds24, journal: Journal, faults: Faults) -> None:
        self.beds24 = beds24
        self.world = beds24.world
        self.journal = journal
        self.faults = faults

    def routes(self, router: Router) -> None:
        """Add the pages."""
        router.add("GET", "/beds24", self.overview)
        router.add("GET", "/beds24/<id>", self.property)
        router.add("POST", "/beds24/<id>/<action>", self.trade)
        router.add("POST", "/beds24/invite", self.invite)
        router.add("POST", "/beds24/faults", self.fault)
        router.add("POST", "/beds24/switch", self.switch)

    def summary(self) -> dict[str, Any]:
        """What the first page says of this provider."""
        with self.world.lock:
            return {
                "properties": list(self.world.properties.values()), "bookings": len(self.world.bookings),
                "oversold": len(ledger.oversold(self.world)),
            }  # fmt: skip

    def overview(self, request: Request) -> Response:
        """Properties, credits, credentials, the latest calls."""
        facts = self.summary()
        with self.world.lock:
            kinds = Counter(token.kind for token in self.world.tokens.values())
        text = TEMPLATES.get_template("beds24.html").render(
            **facts, credits=self.beds24.credits.view(), tokens=sorted(kinds.items()), said=request.query.get("said"),
            **self._machinery(None),
        )  # fmt: skip
        return page(text)

    def _machinery(self, property_id: int | None) -> dict[str, Any]:
        return {
            "calls": self.journal.entries(str(property_id) if property_id else None, limit=25)[::-1],
            "faults": self.faults.rules(), "drills": list(DRILLS), "paused": self.world.switches["webhooks_paused"],
            "waiting": self.beds24.hooks.sender.waiting(), "now": self.world.clock.now(), "here": "/beds24",
        }  # fmt: skip

    def _found(self, request: Request) -> Property | None:
        number = request.params["id"]
        return self.world.properties.get(int(number)) if number.isdecimal() else None

    def property(self, request: Request) -> Response:
        """One property: its calendar, its bookings, a form to sell from it."""
        with self.world.lock:
            place = self._found(request)
            return self._property(place, request.query) if place else page(GONE, 404)

    def _property(self, place: Property, query: dict[str, str]) -> Response:
        today = self.world.today(place.id)
        first = read_day(query.get("from"), today)
        nights = [first + timedelta(days=at) for at in range(NIGHTS)]
        rooms = [self._room(room, first.toordinal()) for room in self.world.rooms_of(place.id)]
        text = TEMPLATES.get_template("beds24_property.html").render(
            place=place, nights=nights, rooms=rooms, today=today, first=first, said=query.get("said"),
            before=first - timedelta(days=NIGHTS), after=first + timedelta(days=NIGHTS),
            bookings=ledger.entries(self.world, place.id)[-40:][::-1],
            oversold=ledger.oversold(self.world, place.id),
            names={room.id: room.attributes["name"] for room in self.world.rooms_of(place.id)},
            **self._machinery(place.id),
        )  # fmt: skip
        return page(text)

    def _room(self, room: Room, first: int) -> tuple[Room, list[tuple[int, list[str]]], list[tuple[Any, list[Any]]]]:
        last = first + NIGHTS - 1
        cells = []
        for at, left in enumerate(self.world.free(room, first, last)):
            sign = SIGNS.get(OVERRIDES[room.nights.override.get(first + at)])
            stay = room.nights.min_stay.get(first + at)
            cells.append((left, ([sign] if sign else []) + ([f"min {stay}"] if stay > 1 else [])))
        rows = []
        for rule in room.price_rules:
            prices = self.world.prices(room, rule["id"], first, last) or [UNSET] * NIGHTS
            rows.append((rule, ["" if each == UNSET else money(each) for each in prices]))
        return room, cells, rows

    def trade(self, request: Request) -> Response:
        """Book, change or cancel, and say what came of it."""
        form: dict[str, Any] = {name: value for name, value in request.form().items() if value != ""}
        ota = self.beds24.ota
        act = {"book": ota.book, "modify": ota.modify, "cancel": ota.cancel}.get(request.params["action"])
        with self.world.lock:
            place = self._found(request)
            if act is None or place is None:
                return see_other("/beds24")
            try:
                sold = receipt(act(place, form))
                said = f"{sold['channel']} {sold['code']} is {sold['status']}, booking {sold['booking_id']}"
            except NotSold as refusal:
                said = f"The OTA refused: {refusal.reason.replace('_', ' ')} {refusal.detail}"
        return see_other(f"/beds24/{place.id}?{urlencode({'said': said, 'from': form.get('from', '')})}")

    def invite(self, request: Request) -> Response:
        """Make an invite code, as a person does in the control panel."""
        with self.world.lock:
            made = self.beds24.sim.provision.invite({"linked": True})
        return see_other(f"/beds24?{urlencode({'said': 'Invite code: ' + str(made['code'])})}")

    def fault(self, request: Request) -> Response:
        """Start one of the drills, or end them all."""
        form = request.form()
        if form.get("drill") in DRILLS:
            self.faults.add(read_fault(DRILLS[form["drill"]]))
        else:
            self.faults.clear()
        return see_other("/beds24")

    def switch(self, request: Request) -> Response:
        """Hold webhooks back, or let them go."""
        with self.world.lock:
            self.world.switches.turn({"webhooks_paused": request.form().get("paused") == "yes"})
        self.beds24.hooks.sender.wake()
        return see_other("/beds24")
