"""Rooms off sale for a while: blocked, the block changed, lifted. What it would do is told before it is saved."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, render_template, request, url_for

from portal.blueprints import rooms as house_pages
from portal.domain.nights import ONE_NIGHT
from portal.schemas.rooms import BlockForm
from portal.services import blocks, rooms
from portal.services.consequences import Consequences, NotAgreed
from portal.services.errors import NotFound, Refused
from portal.web import htmx
from portal.web.forms import Form
from portal.web.guards import allowed
from portal.web.vocabulary import BLOCK_REASONS

bp = Blueprint("blocks", __name__, url_prefix="/p/<uuid:property_id>/rooms")


@bp.post("/<uuid:room_id>/blocks")
@allowed("housekeeping.edit")
def create(property_id: UUID, room_id: UUID) -> Any:
    rooms.find(property_id, room_id)
    form, asking = Form.read(BlockForm(), request.form), None
    if not form.errors:
        said = form.data
        try:
            blocks.create(
                property_id, room_id, said["starts"], said["last"] + ONE_NIGHT, blocks.reason(said["reason"]),
                said["note"], agreed=said["agreed"], block_id=said["key"],
            )  # fmt: skip
            return htmx.go(url_for("rooms.show", property_id=property_id, room_id=room_id, _anchor="blocks"))
        except NotAgreed as question:
            asking = question.consequences
        except Refused as error:
            form.refuse(_field(error), error)
    return house_pages.page(room_id, 422 if form.errors else 409, block=form, blocking=asking)


@bp.get("/blocks/<uuid:block_id>")
@allowed("rooms.view")
def show(property_id: UUID, block_id: UUID) -> Any:
    return _page(block_id)


@bp.post("/blocks/<uuid:block_id>")
@allowed("housekeeping.edit")
def change(property_id: UUID, block_id: UUID) -> Any:
    room_id = blocks.find(property_id, block_id, for_update=False).room_id
    form, asking = Form.read(BlockForm(), request.form), None
    if not form.errors:
        said = form.data
        try:
            blocks.change(
                property_id, block_id, said["starts"], said["last"] + ONE_NIGHT, blocks.reason(said["reason"]),
                said["note"], agreed=said["agreed"],
            )  # fmt: skip
            return htmx.go(url_for("rooms.show", property_id=property_id, room_id=room_id, _anchor="blocks"))
        except NotAgreed as question:
            asking = question.consequences
        except Refused as error:
            form.refuse(_field(error), error)
    return _page(block_id, 422 if form.errors else 409, form=form, asking=asking)


@bp.post("/blocks/<uuid:block_id>/lift")
@allowed("housekeeping.edit")
def lift(property_id: UUID, block_id: UUID) -> Any:
    room_id = blocks.room_of(property_id, block_id)
    with suppress(NotFound):  # a second click: it is lifted already
        blocks.lift(property_id, block_id)
    return htmx.go(url_for("rooms.show", property_id=property_id, room_id=room_id, _anchor="blocks"))


def _page(block_id: UUID, status: int = 200, *, form: Form | None = None, asking: Consequences | None = None) -> Any:
    hotel = g.property
    block = blocks.find(hotel.id, block_id, for_update=False)
    last = block.ends - ONE_NIGHT
    values = {"starts": block.starts, "last": last, "reason": block.reason.value, "note": block.note}
    html = render_template(
        "rooms/block.html", block=block, room=rooms.find(hotel.id, block.room_id), form=form or Form(data=values),
        asking=asking, reasons=list(BLOCK_REASONS.items()), type_names=house_pages.type_names(hotel.id),
    )  # fmt: skip
    return make_response(html, status)


def _field(error: Refused) -> str | None:
    """The service speaks of the day after the last night; the form asks for the last night."""
    return {"ends": "last", "room": None}.get(error.field or "", error.field)
