"""Subitems of a booking: charges, payments and info items, added, changed and deleted by their `id`."""

from __future__ import annotations

from typing import Any

from sandbox.beds24.calls import Verdict
from sandbox.beds24.state import Booking, World
from sandbox.beds24.words import BadField, amount, text, whole

KINDS = ("charge", "payment")
SUB_TYPES = {"charge": 7, "payment": 204}
MOST = 99_999_999.99


class Items:
    """Writes invoice items and info items: no `id` adds, `id` with fields changes, `id` alone deletes."""

    def __init__(self, world: World) -> None:
        self.world = world

    def write(self, booking: Booking, given: dict[str, Any], verdict: Verdict) -> dict[str, list[dict[str, Any]]]:
        """Apply both lists; what was stored. A bad subitem is an error, yet the booking itself stays written."""
        done: dict[str, list[dict[str, Any]]] = {}
        for name, have, build in (
            ("invoiceItems", booking.invoice_items, self.invoice), ("infoItems", booking.info_items, self._info),
        ):  # fmt: skip
            lines = given.get(name)
            if lines is None:
                continue
            if not isinstance(lines, list):
                verdict.refuse(name)
                continue
            stored = [self._one(booking, name, have, each, build, verdict) for each in lines]
            done[name] = [each for each in stored if each]
        return done

    def _one(
        self, booking: Booking, name: str, have: list[dict[str, Any]], given: Any, build: Any, verdict: Verdict
    ) -> dict[str, Any] | None:
        if not isinstance(given, dict):
            verdict.refuse(name)
            return None
        before = next((each for each in have if each["id"] == given.get("id")), None)
        if "id" in given and before is None:
            verdict.refuse(f"{name}_id")
            return None
        if before is not None and set(given) == {"id"}:
            have.remove(before)
            return {"id": before["id"]}
        try:
            after: dict[str, Any] = build(booking, given, before)
        except BadField as error:
            verdict.refuse(f"{name}_{error}")
            return None
        if before is None:
            have.append(after)
        else:
            before |= after
        return after

    def invoice(self, booking: Booking, given: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
        """An invoice item as it is stored. Raises BadField."""
        item = dict(before) if before else {
            "id": self.world.new_id("item"), "type": "charge", "bookingId": booking.id, "invoiceeId": None,
            "description": "", "status": "", "qty": 1, "amount": 0, "lineTotal": 0, "vatRate": 0, "subType": 7,
            "createdBy": booking.fields["propertyId"], "createTime": self.world.stamp(), "invoiceId": None,
        }  # fmt: skip
        readers: dict[str, Any] = {
            "type": _kind, "description": lambda value: text(value, 250), "status": lambda value: text(value, 50),
            "qty": lambda value: whole(value, -9999, 9999), "amount": lambda value: amount(value, -MOST, MOST),
            "vatRate": lambda value: amount(value, 0, 99.9),
            "invoiceeId": lambda value: None if value is None else whole(value, 1, 2**53),
        }  # fmt: skip
        for name, read in readers.items():
            if name in given:
                try:
                    item[name] = read(given[name])
                except BadField as error:
                    raise BadField(name) from error
        item["lineTotal"] = round(item["qty"] * item["amount"], 2)
        item["subType"] = given.get("subType") or SUB_TYPES[item["type"]]
        return item

    def _info(self, booking: Booking, given: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
        item = dict(before) if before else {
            "id": self.world.new_id("item"), "bookingId": booking.id, "createTime": self.world.stamp(), "code": "",
            "text": "",
        }  # fmt: skip
        for name in ("code", "text"):
            if name in given:
                try:
                    item[name] = text(given[name], 1000)
                except BadField as error:
                    raise BadField(name) from error
        return item


def _kind(value: Any) -> str:
    if value not in KINDS:
        raise BadField("type")
    return str(value)
