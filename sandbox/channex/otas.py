"""What the OTAs' own extranets know: which hotel chose Channex there and when, and which rooms and rates it sells.

A hotel nobody told us about accepts at once and sells what `adapters.products` invents.
"""

from __future__ import annotations

from typing import Any

from sandbox.channex import adapters
from sandbox.channex.errors import Refused
from sandbox.channex.state import World
from sandbox.web import Request, Response, Router, answer

NOT_ACCEPTED = "hotel_has_not_accepted_connection"


class Otas:
    """The hotels' accounts at the OTAs, as far as a drill describes them."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router) -> None:
        """Add the controls."""
        router.add("POST", "/_sim/otas", self.describe)
        router.add("GET", "/_sim/otas", lambda request: answer(self.world.otas))

    def describe(self, request: Request) -> Response:
        """Describe one hotel: `{code, hotel_id, accepted | after_seconds, rooms | mirror}`.

        `after_seconds` counts from now by the provider's clock; `mirror` is a Channex property whose rooms and
        rates the OTA sells under the same names.
        """
        given = request.json()
        adapter = adapters.CODES.get(str(given.get("code")), str(given.get("code")))
        adapters.descriptor(adapter)
        hotel = self.world.otas.setdefault(_key(adapter, str(given.get("hotel_id"))), {})
        if "accepted" in given:
            hotel["accepts_at"] = 0.0 if given["accepted"] else None
        if given.get("after_seconds") is not None:
            hotel["accepts_at"] = self.world.clock.timestamp() + float(given["after_seconds"])
        if given.get("mirror"):
            hotel["rooms"] = self._mirror(str(given["mirror"]))
        if given.get("rooms"):
            hotel["rooms"] = given["rooms"]
        self.world.changed()
        return answer(hotel)

    def test(self, code: str, settings: Any) -> str | None:
        """None when the OTA lets Channex in, else why not."""
        error = adapters.test(code, settings)
        if error or not isinstance(settings, dict):
            return error
        accepts_at = self._hotel(code, settings).get("accepts_at", 0.0)
        waits = accepts_at is None or accepts_at > self.world.clock.timestamp()
        return NOT_ACCEPTED if waits else None

    def products(self, code: str, settings: dict[str, Any]) -> dict[str, Any]:
        """The OTA's rooms and rates of an account."""
        invented = adapters.products(code, settings)
        rooms = self._hotel(code, settings).get("rooms")
        return invented if rooms is None else invented | {"rooms": rooms}

    def _hotel(self, code: str, settings: dict[str, Any]) -> dict[str, Any]:
        account = str(settings.get(next(iter(adapters.PARAMS[code]))))
        found: dict[str, Any] = self.world.otas.get(_key(code, account), {})
        return found

    def _mirror(self, property_id: str) -> list[dict[str, Any]]:
        if property_id not in self.world.properties:
            raise Refused(404)
        rooms = []
        for at, room in enumerate(self.world.rooms_of(property_id), 1):
            plans = [each for each in self.world.plans_of(property_id) if each.room_type_id == room.id]
            rates = [
                {"id": at * 100 + number, "title": _plan_title(plan.attributes["title"], room.attributes["title"]),
                 "max_persons": plan.primary.occupancy, "readonly": False, "pricing": "Standard"}
                for number, plan in enumerate(plans, 1)
            ]  # fmt: skip
            rooms.append({"id": at, "title": room.attributes["title"], "rates": rates})
        return rooms


def _plan_title(title: str, room: str) -> str:
    return title.removesuffix(f" - {room}")


def _key(adapter: str, hotel_id: str) -> str:
    return f"{adapter}:{hotel_id}"
