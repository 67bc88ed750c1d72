"""The steps of a stay at the desk: confirmed, arrived, moved, left, cancelled, never came; and the last one taken back.

Each is one button: a plain form that names the version its page showed, so that of two people the second looks again.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import make_response, render_template, request, url_for

from portal.blueprints.reservations import bp, page_of
from portal.domain.reservations import OCCUPYING, Status
from portal.schemas.reservations import CancelForm, MoveForm, StepForm
from portal.services import reservation_offers, reservations, room_types
from portal.services.errors import NotFound, Refused
from portal.web import htmx, ota_steps, refusals
from portal.web.forms import Form
from portal.web.guards import allowed

# What a button of a list or of the reservation's page may ask for.
STEPS = {
    "confirm": reservations.confirm,
    "check-in": reservations.check_in,
    "check-out": reservations.check_out,
    "no-show": reservations.no_show,
    "undo": reservations.undo,
}
# Where a step leads: who clicks twice is there already, and is not told of a stranger's change.
LEADS_TO = {
    "confirm": Status.CONFIRMED,
    "check-in": Status.IN_HOUSE,
    "check-out": Status.CHECKED_OUT,
    "no-show": Status.NO_SHOW,
}


@bp.post("/<uuid:reservation_id>/steps/<string:step>")
@allowed("reservations.edit")
def step(property_id: UUID, reservation_id: UUID, step: str) -> Any:
    form = Form.read(StepForm(), request.form)
    does = STEPS.get(step)
    if does is None:
        raise NotFound(f"step {step}")
    before = reservations.find(property_id, reservation_id).status
    try:
        does(property_id, reservation_id, version=form.data.get("version"))
    except Refused as error:
        if before == LEADS_TO.get(step):
            return _back(property_id, reservation_id, form.data.get("when") or "")
        return page_of(property_id, reservation_id, refusals.said(error), 409)
    return _back(property_id, reservation_id, form.data.get("when") or "")


@bp.get("/<uuid:reservation_id>/cancel")
@allowed("reservations.edit")
def ask_cancel(property_id: UUID, reservation_id: UUID) -> Any:
    return _cancel_page(property_id, reservation_id, Form())


@bp.post("/<uuid:reservation_id>/cancel")
@allowed("reservations.edit")
def cancel(property_id: UUID, reservation_id: UUID) -> Any:
    form = Form.read(CancelForm(), request.form)
    if form.errors:
        return _cancel_page(property_id, reservation_id, form, 422)
    try:
        reservations.cancel(property_id, reservation_id, form.data["reason"], version=form.data["version"])
    except Refused as error:
        if reservations.find(property_id, reservation_id).status == Status.CANCELLED:
            return _back(property_id, reservation_id)
        return _cancel_page(property_id, reservation_id, form.refuse(error.field, error), 409)
    return _back(property_id, reservation_id)


@bp.get("/<uuid:reservation_id>/rooms/<uuid:row_id>/move")
@allowed("reservations.edit")
def ask_move(property_id: UUID, reservation_id: UUID, row_id: UUID) -> Any:
    return _move_page(property_id, reservation_id, row_id, Form())


@bp.post("/<uuid:reservation_id>/rooms/<uuid:row_id>/move")
@allowed("reservations.edit")
def move(property_id: UUID, reservation_id: UUID, row_id: UUID) -> Any:
    form = Form.read(MoveForm(), request.form)
    if form.errors:
        return _move_page(property_id, reservation_id, row_id, form, 422)
    try:
        version = form.data["version"]
        reservations.move_room(property_id, reservation_id, row_id, form.data["room_id"], version=version)
    except Refused as error:
        if any(room.row.id == row_id and room.row.room_id == form.data["room_id"]
               for room in reservations.detail(property_id, reservation_id).rooms):  # fmt: skip
            return _back(property_id, reservation_id)
        return _move_page(property_id, reservation_id, row_id, form.refuse("room_id", error), 409)
    return _back(property_id, reservation_id)


def _back(property_id: UUID, reservation_id: UUID, when: str = "") -> Any:
    """To the list of the day the button stood in, else to the reservation."""
    if when:
        url = url_for(".index", property_id=property_id, when=when)
    else:
        url = url_for(".show", property_id=property_id, reservation_id=reservation_id)
    return htmx.go(url)


def _cancel_page(property_id: UUID, reservation_id: UUID, form: Form, status: int = 200) -> Any:
    detail = reservations.detail(property_id, reservation_id)
    if detail.reservation.status not in OCCUPYING and not form.errors:
        return _back(property_id, reservation_id)
    steps = ota_steps.cancelling(detail.reservation)
    return make_response(render_template("reservations/cancel.html", detail=detail, form=form, steps=steps), status)


def _move_page(property_id: UUID, reservation_id: UUID, row_id: UUID, form: Form, status: int = 200) -> Any:
    detail = reservations.detail(property_id, reservation_id)
    found = [room for room in detail.rooms if room.row.id == row_id and room.row.active]
    if not found:
        raise NotFound(f"room {row_id} of reservation {reservation_id}")
    row = found[0].row
    free = reservation_offers.other_rooms(property_id, row.check_in, row.check_out, row.room_type_id)
    types = {kind.id: kind.name for kind in room_types.listed(property_id)}
    html = render_template(
        "reservations/move.html", detail=detail, room=found[0], free=free, types=types, form=form,
        foreign=ota_steps.of_an_ota(detail.reservation),
    )  # fmt: skip
    return make_response(html, status)
