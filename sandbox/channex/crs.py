"""The Booking CRS: bookings that a client makes itself, and the application it needs for that."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.channex import views
from sandbox.channex.bookings import Bookings
from sandbox.channex.checks import BLANK, INVALID, Check, wrapped
from sandbox.channex.errors import Refused
from sandbox.channex.feed import fresh_copy
from sandbox.channex.state import Revision, World, is_uuid, new_id
from sandbox.web import Request, Response, Router, answer

PREFIXES = {
    "Offline": "OFL", "Booking.com": "BDC", "BookingCom": "BDC", "Expedia": "EXP", "Airbnb": "ABB", "Agoda": "AGO",
}  # fmt: skip
CARRIED = (
    "arrival_hour", "payment_collect", "payment_type", "ota_commission", "notes", "meta", "customer", "deposits",
    "services",
)  # fmt: skip
APPLICATIONS = ("booking_crs", "channex_messages")


class Crs:
    """Create and change bookings through the API."""

    def __init__(self, world: World, bookings: Bookings) -> None:
        self.world = world
        self.bookings = bookings

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("POST", f"{base}/bookings", self.create)
        router.add("PUT", f"{base}/bookings/<id>", self.change)
        router.add("GET", f"{base}/applications", self.applications)
        router.add("GET", f"{base}/applications/installed", self.installed)
        router.add("POST", f"{base}/applications/install", self.install)
        router.add("DELETE", f"{base}/applications/<id>/uninstall", self.uninstall)

    def create(self, request: Request) -> Response:
        """A new booking. It becomes visible after a moment, through the same pipeline as an OTA's."""
        given = wrapped(request, "booking")
        property_id = given.get("property_id")
        if property_id not in self.world.properties:
            raise Refused(422, {"property_id": [INVALID if property_id else BLANK]})
        request.property_ids.add(str(property_id))
        self._allowed(str(property_id))
        attributes = self._attributes(given, str(property_id))
        ota = given.get("ota_name") or "Offline"
        code = str(given.get("ota_reservation_code") or new_id()[:8])
        attributes |= {"ota_name": ota, "ota_reservation_code": code}
        attributes["unique_id"] = f"{PREFIXES.get(ota, 'OFL')}-{code}"
        return self._record(str(property_id), "new", attributes, None)

    def change(self, request: Request) -> Response:
        """Modify or cancel a booking."""
        booking = self.world.booking(request.params["id"])
        request.property_ids.add(booking.property_id)
        self._allowed(booking.property_id)
        given = wrapped(request, "booking")
        status = given.get("status") or "modified"
        if status not in ("modified", "cancelled"):
            raise Refused(422, {"status": [INVALID]})
        attributes = fresh_copy(self.world.latest(booking))
        if status == "modified" or given.get("rooms"):
            attributes |= self._attributes(attributes | given, booking.property_id)
        return self._record(booking.property_id, status, attributes, booking.id)

    def _record(self, property_id: str, status: str, attributes: dict[str, Any], booking_id: str | None) -> Response:
        delay = float(self.world.switches["crs_delay_seconds"])
        revision = self.bookings.record(
            property_id, status, attributes, booking_id=booking_id, source="crs", delay=delay
        )  # fmt: skip
        return answer({"data": {"type": "booking", "id": revision.booking_id, "attributes": _brief(revision)}})

    def _allowed(self, property_id: str) -> None:
        if self.world.switches["crs_needs_application"] and not self._has(property_id, "booking_crs"):
            raise Refused(403)

    def _attributes(self, given: dict[str, Any], property_id: str) -> dict[str, Any]:
        check = Check(given)
        for name in ("arrival_date", "departure_date"):
            if not _day(given.get(name)):
                check.wrong(name, INVALID if given.get(name) else BLANK)
        rooms = given.get("rooms")
        if not isinstance(rooms, list) or not rooms or not all(isinstance(each, dict) for each in rooms):
            check.wrong("rooms", BLANK)
        check.done()
        assert isinstance(rooms, list)
        built = [self._room(each, given, property_id) for each in rooms]
        adults = sum(int(each["occupancy"].get("adults") or 0) for each in built)
        children = sum(int(each["occupancy"].get("children") or 0) for each in built)
        return {
            "arrival_date": given["arrival_date"], "departure_date": given["departure_date"], "rooms": built,
            "currency": given.get("currency") or self.world.properties[property_id].currency,
            "amount": f"{sum((Decimal(each['amount']) for each in built), Decimal(0)):.2f}", "is_crs_revision": False,
            "occupancy": {"adults": adults, "children": children, "infants": 0, "ages": []},
            **{name: given[name] for name in CARRIED if given.get(name) is not None},
        }  # fmt: skip

    def _room(self, room: dict[str, Any], given: dict[str, Any], property_id: str) -> dict[str, Any]:
        room_type = self.world.room_types.get(str(room.get("room_type_id")))
        if room.get("room_type_id") and (room_type is None or room_type.property_id != property_id):
            raise Refused(422, {"rooms": ["room_type_id is invalid"]})
        days = room.get("days") or {}
        try:
            amount = sum((Decimal(str(each)) for each in days.values()), Decimal(0))
            nights = sorted(date.fromisoformat(each) for each in days)
        except (InvalidOperation, ValueError, AttributeError) as error:
            raise Refused(422, {"rooms": ["days is invalid"]}) from error
        last = (nights[-1] + timedelta(days=1)).isoformat() if nights else given["departure_date"]
        return {
            "booking_room_id": room.get("booking_room_id") or new_id(),
            "room_type_id": room.get("room_type_id"), "rate_plan_id": room.get("rate_plan_id"),
            "checkin_date": nights[0].isoformat() if nights else given["arrival_date"], "checkout_date": last,
            "amount": f"{amount:.2f}", "days": days,
            "occupancy": room.get("occupancy") or {"adults": 1, "children": 0, "infants": 0, "ages": []},
            "guests": room.get("guests") or [], "services": room.get("services") or [],
            "taxes": room.get("taxes") or [], "collected_taxes": [], "ota_commission": None, "ota_unique_id": None,
            "is_cancelled": False, "meta": {},
        }  # fmt: skip

    def applications(self, request: Request) -> Response:
        """What can be installed."""
        return answer({"data": [{"type": "application", "id": code, "attributes": {"code": code}}
                                for code in APPLICATIONS]})  # fmt: skip

    def installed(self, request: Request) -> Response:
        """What is installed, and where."""
        return answer({"data": [_installation(key, each) for key, each in self.world.applications.items()]})

    def install(self, request: Request) -> Response:
        """Install an application on a property."""
        given = wrapped(request, "application_installation")
        check = Check(given)
        check.choice("application_code", APPLICATIONS, required=True)
        if given.get("property_id") not in self.world.properties:
            check.wrong("property_id", INVALID if given.get("property_id") else BLANK)
        check.done()
        installation_id = self.add(given["property_id"], given["application_code"])
        return answer({"data": _installation(installation_id, self.world.applications[installation_id])}, 201)

    def add(self, property_id: str, code: str) -> str:
        """Install an application; the installation's id."""
        installation_id = new_id()
        self.world.applications[installation_id] = {"property_id": property_id, "application_code": code}
        self.world.changed()
        return installation_id

    def uninstall(self, request: Request) -> Response:
        """Remove an application."""
        if not is_uuid(request.params["id"]) or request.params["id"] not in self.world.applications:
            raise Refused(404)
        del self.world.applications[request.params["id"]]
        self.world.changed()
        return answer(views.SUCCESS)

    def _has(self, property_id: str, code: str) -> bool:
        wanted = {"property_id": property_id, "application_code": code}
        return wanted in self.world.applications.values()


def _brief(revision: Revision) -> dict[str, Any]:
    return {
        "id": revision.booking_id, "booking_id": revision.booking_id, "status": revision.attributes["status"],
        "unique_id": revision.attributes["unique_id"], "revision_id": revision.id,
    }  # fmt: skip


def _installation(installation_id: str, given: dict[str, str]) -> dict[str, Any]:
    return {"type": "application_installation", "id": installation_id, "attributes": {"id": installation_id, **given}}


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False
