"""A new reservation: what is free, for whom, at what price. Sent twice, by whatever means, it is one reservation.

The form's key stands in its address: going back, reloading and clicking twice all lead to the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from flask import g, make_response, redirect, render_template, request, url_for

from portal.blueprints.reservations import bp
from portal.domain.reservations import Source
from portal.schemas.reservation_sales import Question, SaleForm
from portal.services import guests, properties, reservation_likeness, reservation_offers, reservations
from portal.services import rooms as house_rooms
from portal.services.errors import Refused
from portal.web import htmx
from portal.web.forms import Form
from portal.web.guards import allowed

GUESSES = 6  # known guests offered for what was typed


@dataclass
class Sale:
    """What the page shows around the form."""

    choices: Sequence[reservation_offers.Choice] = ()
    known: Sequence[Any] = ()  # guests that may be meant
    alike: Sequence[reservations.Line] = ()  # stays that may be the same one
    chosen: dict[str, int] = field(default_factory=dict)
    made: Any = None  # what this form has sold already


@bp.get("/new")
@allowed("reservations.edit")
def new(property_id: UUID) -> Any:
    form = Form.read(Question(), request.args)
    if form.errors:
        return _page(form, Sale(), 422)
    if form.data["key"] is None:
        wanted = {**request.args.to_dict(), "key": str(uuid4())}
        return redirect(url_for(".new", property_id=property_id, **wanted), 303)
    today = properties.today(g.property)
    form.data["check_in"] = form.data["check_in"] or today
    form.data["check_out"] = form.data["check_out"] or form.data["check_in"] + timedelta(days=1)
    sale = Sale(made=reservations.sold_with(property_id, str(form.data["key"])))
    return _offered(form, sale)


@bp.get("/new/guests")
@allowed("reservations.edit")
def suggest(property_id: UUID) -> Any:
    """Guests who may be the one whose name, address or number is being typed."""
    data = {name: request.args.get(name, "")[:254] for name in ("name", "email", "phone")}
    return render_template("reservations/_known.html", known=_known(data), chosen=None)


@bp.post("/new/sum")
@allowed("reservations.edit")
def tally(property_id: UUID) -> Any:
    """The live sentence: what the button will do, before it is pressed."""
    if not htmx.is_htmx():
        return htmx.go(url_for(".new", property_id=property_id))
    form, takes = Form.read(Question(), request.form), request.form.getlist("take")
    try:
        sale = _sale(form) if not form.errors and form.data["check_in"] and form.data["check_out"] else Sale()
    except Refused:
        sale = Sale()
    return render_template("reservations/_sum.html", **_sum(sale, takes))


@bp.post("/new")
@allowed("reservations.edit")
def create(property_id: UUID) -> Any:
    form = Form.read(SaleForm(), request.form)
    if form.errors or "look" in request.form:
        return _again(form, 200 if "look" in request.form else 422)
    data = form.data
    try:
        wanted = _request(data)
    except Refused as error:
        return _again(form.refuse(error.field, error), 422)
    if not data["anyway"]:
        alike = reservation_likeness.looks_like(property_id, data["check_in"], data["check_out"], wanted.guest)
        if alike and reservations.sold_with(property_id, str(data["key"])) is None:
            return _again(form, 409, alike)
    try:
        sold = reservations.create(property_id, wanted, str(data["key"]))
    except Refused as error:
        return _again(form.refuse(error.field, error), 422)
    return htmx.go(url_for(".show", property_id=property_id, reservation_id=sold.id))


def _request(data: dict[str, Any]) -> reservations.SaleRequest:
    """The sale the form asks for. An amount that was typed is of the whole stay, shared out over its rooms."""
    taken = [take for take in data["take"] if take and take[2] > 0]
    rooms = [
        reservations.RoomRequest(
            room_type_id=kind, rate_plan_id=plan, check_in=data["check_in"], check_out=data["check_out"],
            adults=data["adults"], children=data["children"], infants=data["infants"],
        )
        for kind, plan, number in taken for _ in range(number)
    ]  # fmt: skip
    if data["amount"] is not None:
        rooms = reservations.share(rooms, data["amount"], g.property.currency)
    if data["room_id"] and len(rooms) == 1 and _type_of(data["room_id"]) == rooms[0].room_type_id:
        rooms = [replace(rooms[0], room_id=data["room_id"])]
    guest = reservations.Person(name=data["name"], email=data["email"] or None, phone=data["phone"] or None)
    return reservations.SaleRequest(
        rooms=tuple(rooms), guest=guest, guest_id=data["guest_id"], source=Source(data["source"]),
        pending=data["pending"], notes=data["notes"], arrival_hour=data["arrival_hour"],
        price_reason=data["price_reason"] if data["amount"] is not None else "",
    )  # fmt: skip


def _again(form: Form, status: int, alike: Sequence[reservations.Line] = ()) -> Any:
    """The form once more, nothing lost: what was wrong, whom it may be, what it looks like."""
    if "look" in request.form:
        form.errors.clear()
    raw = request.form
    day = Form.read(Question(), raw)
    if day.errors or not (day.data["check_in"] and day.data["check_out"]):
        return _page(form, Sale(), 422)
    form.data = {**raw.to_dict(), **day.data}
    return _offered(form, Sale(alike=alike, known=_known(form.data), chosen=_chosen(raw.getlist("take"))), status)


def _offered(form: Form, sale: Sale, status: int = 200) -> Any:
    try:
        sale.choices = _sale(form).choices
    except Refused as error:
        return _page(form.refuse(error.field, error), sale, 422)
    if request.method == "GET":
        sale.chosen = _wished(form.data, sale.choices)
    return _page(form, sale, status)


def _wished(data: dict[str, Any], choices: Sequence[reservation_offers.Choice]) -> dict[str, int]:
    """One room of the plan or type the address names, so that a click on a chart or a grid is half the work."""
    kind = data["room_type_id"] or (_type_of(data["room_id"]) if data["room_id"] else None)
    for choice in choices:
        for offer in choice.offers:
            if choice.free > 0 and (
                data["rate_plan_id"] == offer.plan.id or (data["rate_plan_id"] is None and kind == choice.room_type.id)
            ):
                return {f"{choice.room_type.id}|{offer.plan.id}": 1}
    return {}


def _sale(form: Form) -> Sale:
    data = form.data
    people = (int(data["adults"] or 1), int(data["children"] or 0), int(data["infants"] or 0))
    return Sale(choices=reservation_offers.choices(g.property, data["check_in"], data["check_out"], *people))


def _type_of(room_id: UUID) -> UUID:
    return house_rooms.find(g.property.id, room_id).room_type_id


def _page(form: Form, sale: Sale, status: int = 200) -> Any:
    takes = [f"{key}|{number}" for key, number in sale.chosen.items()]
    days = [day for name in ("check_in", "check_out") if isinstance(day := form.data.get(name), date)]
    stay = days if len(days) == 2 and days[0] < days[1] else []
    html = render_template("reservations/new.html", form=form, sale=sale, stay=stay, **_sum(sale, takes))
    return make_response(html, status)


def _sum(sale: Sale, takes: Sequence[str]) -> dict[str, Any]:
    """Rooms taken, what they cost by their plans (None: unknown), what is left of each type."""
    chosen, total, count = _chosen(takes), Decimal(0), 0
    known, taken = True, []
    for choice in sale.choices:
        of_type = 0
        for offer in choice.offers:
            number = chosen.get(f"{choice.room_type.id}|{offer.plan.id}", 0)
            of_type += number
            known = known and not (number and offer.total is None)
            total += number * (offer.total or 0)
        if of_type:
            taken.append((choice.room_type.name, of_type, choice.free - of_type))
        count += of_type
    return {
        "rooms": count, "total": total if known else None, "taken": taken,
        "otas": reservation_offers.sold_at(g.property.id),
    }  # fmt: skip


def _chosen(takes: Sequence[str]) -> dict[str, int]:
    found = {}
    for each in takes:
        key, _, number = each.rpartition("|")
        if key and number.isdigit():
            found[key] = int(number[:3])
    return found


def _known(data: dict[str, Any]) -> Sequence[Any]:
    """Known guests by e-mail, phone or name, the surest first, each once."""
    found: dict[Any, Any] = {}
    for name in ("email", "phone", "name"):
        if text := str(data.get(name) or "").strip():
            for guest in guests.search(text, country=g.property.country, most=GUESSES):
                found.setdefault(guest.id, guest)
    return list(found.values())[:GUESSES]
