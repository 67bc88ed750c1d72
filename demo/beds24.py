"""Connect the demo's apartment house to the simulated Beds24, as a person does it: `python -m demo.beds24`.

Needs the portal's workers and the sandbox running. Prints the path of the connection's page. Twice is the same as
once, and what a first run left half done is finished by the next.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import requests

from demo.accounts import ALICE
from demo.hotels import LAGOS
from demo.processes import until
from demo.trouble import Trouble
from portal import tenancy
from portal.app import create_app
from portal.config import Settings
from portal.db import end_reading, unit_of_work
from portal.extensions import db
from portal.models import Connection, ConnectionState, Property, RatePlan, RoomType
from portal.services import (
    access,
    accounts,
    connections,
    connectors,
    mappings,
    properties,
    rates,
    reservations,
    room_types,
    rooms,
)
from portal.services.errors import Refused
from providers.types import Person, RemoteRatePlan

PATIENCE = 60.0  # seconds for the workers to do one step
CHANNELS = ("booking", "airbnb", "expedia", "agoda")
GUESTS = (("Clara", "Mendes", 4), ("Bruno", "Salgado", 9), ("Ida", "Holm", 15))


def main() -> None:
    app = create_app(Settings.from_environment(os.environ))
    sandbox = os.environ["DEMO_SANDBOX_URL"]
    with app.app_context():
        owner = accounts.by_email(ALICE.email)
        if owner is None:
            raise Trouble("the demo hotels are not there yet")
        with tenancy.of(access.belongings(owner.id)[0].organization_id):
            hotel = next(each for each in properties.listed() if each.name == LAGOS.facts.name)
            connect(sandbox, hotel)
            sell(hotel)
            sys.stdout.write(f"/p/{hotel.id}/connections\n")


def connect(sandbox: str, hotel: Property) -> None:
    """From nothing to an active connection, each step only when it was not taken before."""
    place, code = there(sandbox, hotel)
    found = connections.of_property(hotel.id)
    connection = found[0] if found else connections.create(hotel, "beds24", code=code)
    if connection.state is not ConnectionState.SETTING_UP:
        return
    if not connection.external_property_id:
        _wait("the account's properties", connection, _shows_properties)
        connections.choose_property(connection, str(place["id"]))
    if not mappings.rooms_of(connection.id):
        map_everything(connection, place)
    connections.start(connection)
    _wait("the first bookings", connection, lambda now: now.state is ConnectionState.ACTIVE)


def there(sandbox: str, hotel: Property) -> tuple[Mapping[str, Any], str]:
    """The same house at the simulated Beds24, built when it is not there, and an invite code for its account."""
    known = _call("GET", f"{sandbox}/_sim/beds24/properties")["properties"]
    same = [place for place in known if place["title"] == hotel.name]
    if same:
        return same[0], str(_call("POST", f"{sandbox}/_sim/beds24/invite", {"owner_id": same[0]["owner_id"]})["code"])
    built = _call("POST", f"{sandbox}/_sim/beds24/provision", {"properties": [describe(hotel)]})
    return built["properties"][0], str(built["code"])


def describe(hotel: Property) -> dict[str, Any]:
    """The house as its owner has set it up at Beds24: a price slot for each rate plan."""
    units = rooms.listed(hotel.id)
    return {
        "title": hotel.name,
        "currency": hotel.currency,
        "timezone": hotel.timezone,
        "channels": list(CHANNELS),
        "room_types": [
            {
                "title": kind.name,
                "units": sum(room.room_type_id == kind.id for room in units),
                "occ": kind.max_adults + kind.max_children,
                "rate_plans": [
                    {"title": plan.name, "slot": slot} for slot, plan in enumerate(_plans(hotel.id, kind), 1)
                ],
            }
            for kind in room_types.listed(hotel.id)
        ],
    }


def map_everything(connection: Connection, place: Mapping[str, Any]) -> None:
    """Room types by their names, rate plans by the names of the price slots."""
    kinds = {kind.name: kind for kind in room_types.listed(connection.property_id)}
    with unit_of_work():
        for room in place["room_types"]:
            kind = kinds[room["title"]]
            mappings.map_room_type(connection, kind, str(room["id"]), room["title"])
            plans = {plan.name: plan for plan in _plans(connection.property_id, kind)}
            for slot in room["price_slots"]:
                plan = plans[slot["title"]]
                remote = RemoteRatePlan(
                    f"{room['id']}:{slot['id']}", slot["title"], str(room["id"]), plan.currency, None
                )
                mappings.map_rate_plan(connection, plan, remote)


def sell(hotel: Property) -> None:
    """A few guests book with the house itself; one changes, one cancels. They appear at Beds24 as well."""
    today, studio = properties.today(hotel), room_types.listed(hotel.id)[0]
    sold = []
    for name, surname, days in GUESTS:
        stay = reservations.RoomRequest(
            room_type_id=studio.id,
            rate_plan_id=_plans(hotel.id, studio)[0].id,
            check_in=today + timedelta(days=days),
            check_out=today + timedelta(days=days + 3),
        )
        guest = Person(name=name, surname=surname, email=f"{name}@guests.example".lower(), country="PT")
        key = f"demo-beds24-{name}"
        if reservations.sold_with(hotel.id, key) is None:
            try:
                request = reservations.SaleRequest(rooms=(stay,), guest=guest)
                sold.append(reservations.create(hotel.id, request, key))
            except Refused:
                continue  # the other guests of the demo were faster
    if len(sold) == len(GUESTS):
        later = reservations.StayChange(check_out=sold[1].check_out + timedelta(days=1))
        try:
            reservations.change(hotel.id, sold[1].id, later)
        except Refused:
            pass  # full that night
        reservations.cancel(hotel.id, sold[2].id, "The guest called: another time")


def _plans(property_id: Any, kind: RoomType) -> list[RatePlan]:
    return [plan for plan in rates.plans(property_id) if plan.room_type_id == kind.id]


def _shows_properties(connection: Connection) -> bool:
    login = connectors.login_of(connection)
    return bool(login and (login.details or {}).get("properties"))


def _wait(what: str, connection: Connection, ready: Callable[[Connection], bool]) -> None:
    for _ in until(PATIENCE):
        end_reading()
        db.session.refresh(connection)
        if ready(connection):
            return
    raise Trouble(f"Beds24 in the demo: no word of {what} within a minute ({connection.state_reason or 'no reason'})")


def _call(method: str, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    answer = requests.request(method, url, json=body, timeout=10)
    answer.raise_for_status()
    return dict(answer.json())


if __name__ == "__main__":
    main()
