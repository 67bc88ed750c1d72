"""A page for people: watch the simulated OTAs, sell a room, oversell one, switch faults on and off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.channex import ledger, money, prices
from sandbox.channex.app import Channex
from sandbox.channex.calendar import RESTRICTIONS
from sandbox.channex.errors import Refused
from sandbox.channex.frame import TEMPLATES
from sandbox.channex.state import Property, RatePlan
from sandbox.faults import Faults, read_fault
from sandbox.journal import Journal
from sandbox.stay import NotSold, read_day
from sandbox.web import Request, Response, Router, page, see_other

NIGHTS = 14
SIGNS = {
    "stop_sell": "closed", "closed_to_arrival": "no arrival", "closed_to_departure": "no departure",
}  # fmt: skip
DRILLS: dict[str, dict[str, Any]] = {
    "Channex is down (503)": {"kind": "status", "status": 503},
    "Too many requests (429)": {"kind": "status", "status": 429, "retry_after": 20},
    "Key refused (401)": {"kind": "status", "status": 401},
    "Answers take 5 seconds": {"kind": "slow", "delay": 5},
    "No answer at all": {"kind": "timeout", "delay": 60},
    "Done, but no answer": {"kind": "commit_then_timeout", "delay": 60},
    "Every third call is cut off": {"kind": "reset", "every": 3},
    "HTML instead of JSON": {"kind": "html"},
    "Connections refused for 30 seconds": {"kind": "refuse", "seconds": 30},
}


class Human:
    """The pages at / and what their buttons do."""

    def __init__(
        self, channex: Channex, journal: Journal, faults: Faults, beds24: Callable[[], dict[str, Any]]
    ) -> None:
        self.beds24 = beds24
        self.channex = channex
        self.world = channex.world
        self.journal = journal
        self.faults = faults

    def routes(self, router: Router) -> None:
        """Add the pages."""
        router.add("GET", "/", self.overview)
        router.add("GET", "/properties/<id>", self.property)
        router.add("POST", "/properties/<id>/<action>", self.trade)
        router.add("POST", "/faults", self.fault)
        router.add("POST", "/switch", self.switch)
        router.add("POST", "/otas", self.accept)

    def overview(self, request: Request) -> Response:
        """Every property, the feed, the faults, the latest calls."""
        beds24 = self.beds24()
        with self.world.lock:
            places = list(self.world.properties.values())
            text = TEMPLATES.get_template("overview.html").render(
                properties=places,
                channels={place.id: self.world.channels_of(place.id) for place in places},
                unacked=len(self.world.unacked),
                otas=self.world.otas,
                oversold=len(ledger.oversold(self.world)),
                sold=len(self.world.ledger),
                beds24=beds24,
                **self._machinery(None),
            )
        return page(text)

    def _machinery(self, property_id: str | None) -> dict[str, Any]:
        return {
            "calls": self.journal.entries(property_id, limit=25)[::-1], "faults": self.faults.rules(),
            "drills": list(DRILLS), "paused": self.world.switches["webhooks_paused"],
            "waiting": self.channex.hooks.sender.waiting(), "now": self.world.clock.now(),
        }  # fmt: skip

    def property(self, request: Request) -> Response:
        """One property: its calendar as the OTAs see it, its bookings, a form to sell from it."""
        try:
            with self.world.lock:
                return self._property(self.world.property(request.params["id"]), request.query)
        except Refused:
            return page("<!doctype html><title>Gone</title><p>There is no such property. <a href='/'>Back</a></p>", 404)

    def _property(self, place: Property, query: dict[str, str]) -> Response:
        today = self.world.today(place.id)
        first = read_day(query.get("from"), today)
        nights = [first + timedelta(days=at) for at in range(NIGHTS)]
        span = (nights[0].toordinal(), nights[-1].toordinal())
        rooms = []
        for room in self.world.rooms_of(place.id):
            plans = [each for each in self.world.plans_of(place.id) if each.room_type_id == room.id]
            rows = [(plan.attributes["title"], self._cells(plan, *span)) for plan in plans]
            rooms.append((room, room.availability.slice(*span), rows))
        sold = [each for each in ledger.entries(self.world, place.id)][-40:][::-1]
        text = TEMPLATES.get_template("property.html").render(
            place=place, nights=nights, rooms=rooms, bookings=sold, today=today, first=first,
            before=first - timedelta(days=NIGHTS), after=first + timedelta(days=NIGHTS), said=query.get("said"),
            oversold=ledger.oversold(self.world, place.id), plans=self.world.plans_of(place.id),
            names={room.id: room.attributes["title"] for room in self.world.rooms_of(place.id)},
            channels=self.world.channels_of(place.id), **self._machinery(place.id),
        )  # fmt: skip
        return page(text)

    def _cells(self, plan: RatePlan, first: int, last: int) -> list[tuple[str, list[str]]]:
        rates = prices.rates(self.world, plan, plan.primary, first, last)
        columns = {name: prices.restriction(self.world, plan, name, first, last) for name in RESTRICTIONS}
        cells = []
        for at, units in enumerate(rates):
            signs = [sign for name, sign in SIGNS.items() if columns[name][at]]
            stay = max(columns["min_stay_arrival"][at], columns["min_stay_through"][at])
            signs += [f"min {stay}"] if stay > 1 else []
            signs += [f"max {columns['max_stay'][at]}"] if columns["max_stay"][at] else []
            cells.append((money.text(units, plan.attributes["currency"]), signs))
        return cells

    def trade(self, request: Request) -> Response:
        """Book, change or cancel, and say what came of it."""
        form: dict[str, Any] = {name: value for name, value in request.form().items() if value != ""}
        act = {"book": self.channex.sim.ota.book, "modify": self.channex.sim.ota.modify,
               "cancel": self.channex.sim.ota.cancel}.get(request.params["action"])  # fmt: skip
        back = f"/properties/{request.params['id']}"
        if act is None:
            return see_other(back)
        try:
            with self.world.lock:
                revision = act(self.world.property(request.params["id"]).id, form)
            said = f"{revision.attributes['unique_id']} is {revision.attributes['status']}"
        except NotSold as refusal:
            said = f"The OTA refused: {refusal.reason.replace('_', ' ')} {refusal.detail}"
        except Refused:
            return see_other("/")
        return see_other(f"{back}?{urlencode({'said': said, 'from': form.get('from', '')})}")

    def fault(self, request: Request) -> Response:
        """Start one of the drills, or end them all."""
        form = request.form()
        if form.get("drill") in DRILLS:
            self.faults.add(read_fault(DRILLS[form["drill"]]))
        else:
            self.faults.clear()
        return see_other("/")

    def accept(self, request: Request) -> Response:
        """Let Channex in for a hotel, as the OTA does in its own time."""
        with self.world.lock:
            hotel = self.world.otas.get(request.form().get("key", ""))
            if hotel is not None:
                hotel["accepts_at"] = 0.0
                self.world.changed()
        return see_other("/")

    def switch(self, request: Request) -> Response:
        """Hold webhooks back, or let them go."""
        with self.world.lock:
            self.world.switches.turn({"webhooks_paused": request.form().get("paused") == "yes"})
        self.channex.hooks.sender.wake()
        return see_other("/")
