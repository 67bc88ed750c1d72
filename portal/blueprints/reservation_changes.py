"""Changing a reservation: the form, what it would do, done. Of two people the second sees what the first did."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import make_response, render_template, request, url_for
from flask_babel import gettext

from portal.blueprints.reservations import bp
from portal.domain.channels import channel
from portal.domain.nights import ONE_NIGHT
from portal.schemas.reservation_sales import ChangeForm
from portal.services import overview, rate_plans, reservation_offers, reservations, room_types
from portal.services.errors import NotFound, Refused, StaleEdit
from portal.web import htmx, ota_steps
from portal.web.forms import Form
from portal.web.guards import allowed
from portal.web.rate_edit_words import plain_money
from portal.web.vocabulary import FIELDS


@bp.get("/<uuid:reservation_id>/change")
@allowed("reservations.edit")
def ask_change(property_id: UUID, reservation_id: UUID) -> Any:
    detail = reservations.detail(property_id, reservation_id)
    form = Form.read(ChangeForm(), request.args)
    room = _room(detail, form.data.get("room"))
    form.data = _stands(detail, room)
    return _page(detail, room, form)


@bp.post("/<uuid:reservation_id>/change/preview")
@allowed("reservations.edit")
def preview_change(property_id: UUID, reservation_id: UUID) -> Any:
    return _wanted(property_id, reservation_id, apply=False)


@bp.post("/<uuid:reservation_id>/change")
@allowed("reservations.edit")
def change(property_id: UUID, reservation_id: UUID) -> Any:
    return _wanted(property_id, reservation_id, apply=True)


def _wanted(property_id: UUID, reservation_id: UUID, *, apply: bool) -> Any:
    form = Form.read(ChangeForm(), request.form)
    detail = reservations.detail(property_id, reservation_id)
    room = _room(detail, None if form.errors else form.data["room"])
    if form.errors:
        return _page(detail, room, form, status=422)
    version = form.data["version"]
    row_id = room.row.id if room else None
    try:
        wanted = _changes(detail, room, form.data, property_id)
        if apply:
            reservations.change(property_id, reservation_id, wanted, reservation_room_id=row_id, version=version)
            return htmx.go(url_for(".show", property_id=property_id, reservation_id=reservation_id))
        seen = reservations.preview(property_id, reservation_id, wanted, reservation_room_id=row_id, version=version)
    except StaleEdit:
        if apply and _stands_already(property_id, reservation_id, wanted, row_id):
            return htmx.go(url_for(".show", property_id=property_id, reservation_id=reservation_id))
        form.refuse(None, gettext("Somebody else changed this reservation meanwhile. What stands now is shown beside "
                                  "your input; send it again if it still holds."))  # fmt: skip
        form.data["version"] = None
        return _page(reservations.detail(property_id, reservation_id), room, form, status=409)
    except Refused as error:
        return _page(reservations.detail(property_id, reservation_id), room, form.refuse(error.field, error),
                     status=422)  # fmt: skip
    plan_says = _plan_says(property_id, reservation_id, wanted, row_id)
    return _page(reservations.detail(property_id, reservation_id), room, form, seen, plan_says=plan_says)


def _plan_says(
    property_id: UUID, reservation_id: UUID, wanted: reservations.StayChange, row_id: UUID | None
) -> Decimal | None:
    """What the plan asks for the new stay, when the price is kept although nights or plan are others."""
    if wanted.reprice or wanted.amount is not None:
        return None
    if not (wanted.check_in or wanted.check_out or wanted.room_type_id or wanted.rate_plan_id):
        return None
    try:
        by_plan = replace(wanted, reprice=True)
        return reservations.preview(property_id, reservation_id, by_plan, reservation_room_id=row_id).after
    except Refused:  # no plan, or one without a price for these nights: there is nothing to say
        return None


def _stands_already(
    property_id: UUID, reservation_id: UUID, wanted: reservations.StayChange, row_id: UUID | None
) -> bool:
    """Whether the change was made meanwhile, by the same form: who clicks twice meets nobody else's change."""
    try:
        return not reservations.preview(property_id, reservation_id, wanted, reservation_room_id=row_id).changes
    except Refused:
        return False


def _room(detail: reservations.Detail, row_id: UUID | None) -> Any:
    """The room the form is about: the one named, or the only active one; None speaks of all."""
    active = [room for room in detail.rooms if room.row.active]
    if row_id is None:
        return active[0] if len(active) == 1 else None
    for room in active:
        if room.row.id == row_id:
            return room
    raise NotFound(f"room {row_id}")


def _stands(detail: reservations.Detail, room: Any) -> dict[str, Any]:
    """The form as the reservation stands."""
    row = room.row if room else detail.reservation
    contact = (detail.guest.contact or {}) if detail.guest else {}
    return {
        "version": detail.reservation.version, "room": room.row.id if room else None,
        "check_in": row.check_in, "check_out": row.check_out,
        "adults": row.adults, "children": row.children, "infants": row.infants,
        "offer": _offer_key(room), "price": "keep", "amount": plain_money(row.amount, detail.reservation.currency),
        "name": detail.guest.name if detail.guest else "", "email": contact.get("email"), "phone": contact.get("phone"),
        "notes": (detail.reservation.details or {}).get("notes") or "",
    }  # fmt: skip


def _offer_key(room: Any) -> str:
    return f"{room.row.room_type_id or ''}|{room.row.rate_plan_id or ''}" if room else ""


def _changes(
    detail: reservations.Detail, room: Any, data: dict[str, Any], property_id: UUID
) -> reservations.StayChange:
    """Only what differs from what stands; with several rooms the form speaks of no single room's type or guests."""
    stands = _stands(detail, room)
    new: dict[str, Any] = {}
    for name in ("check_in", "check_out", *(("adults", "children", "infants") if room else ())):
        if data[name] is not None and data[name] != stands[name]:
            new[name] = data[name]
    if room and data["offer"] and data["offer"] != stands["offer"]:
        new |= _offer(data["offer"], room, property_id)
    if data["price"] == "own":
        new |= {"amount": data["amount"], "price_reason": data["price_reason"]}
    elif data["price"] == "plan":
        new |= {"reprice": True, "price_reason": ""}
    if data["notes"] != stands["notes"]:
        new["notes"] = data["notes"]
    said = {name: data[name] or None for name in ("name", "email", "phone")}
    if data["name"] and any((stands[name] or None) != value for name, value in said.items()):
        new["guest"] = reservations.Person(**said)
    return reservations.StayChange(**new)


def _offer(key: str, room: Any, property_id: UUID) -> dict[str, UUID]:
    kind, _, plan = key.partition("|")
    try:
        wanted = {"room_type_id": UUID(kind), **({"rate_plan_id": UUID(plan)} if plan else {})}
    except ValueError:
        raise Refused("Choose one of the list.", field="offer") from None
    if plan and rate_plans.find_plan(property_id, wanted["rate_plan_id"]).room_type_id != wanted["room_type_id"]:
        raise Refused("Choose one of the list.", field="offer")
    if wanted["room_type_id"] == room.row.room_type_id:
        del wanted["room_type_id"]
    return wanted


def _page(
    detail: reservations.Detail,
    room: Any,
    form: Form,
    seen: reservations.Preview | None = None,
    status: int = 200,
    plan_says: Decimal | None = None,
) -> Any:
    row = detail.reservation
    names = overview.subject_names(row.property_id)
    types = {kind.id: kind.name for kind in room_types.listed(row.property_id)}
    plans = [(f"{plan.room_type_id}|{plan.id}", f"{types.get(plan.room_type_id)} · {plan.name}")
             for plan in rate_plans.plans(row.property_id)]  # fmt: skip
    if room and _offer_key(room) not in dict(plans):
        plans.insert(0, (_offer_key(room), room.room_type or gettext("Not mapped")))
    otas = [channel(code).name for code in reservation_offers.sold_at(row.property_id)]
    html = render_template(
        "reservations/change.html", detail=detail, room=room, form=form, seen=seen, plans=plans, names=names,
        types=types, otas=otas, plan_says=plan_says, one_night=ONE_NIGHT, stands=_stands(detail, room),
        foreign=ota_steps.of_an_ota(row),
        asked=_asked(seen) if seen and ota_steps.of_an_ota(row) else [],
    )  # fmt: skip
    return make_response(html, status)


def _asked(seen: reservations.Preview) -> list[str]:
    """The changed fields a later message of the OTA may disagree with, in words."""
    found = [path.split(".")[-1] for path in seen.changes]
    mine = ("check_in", "check_out", "room_type_id", "amount")
    return [str(FIELDS[name]) for name in mine if name in found]
