"""The house: every room with its housekeeping, one room opened, rooms taken out of use and used again."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, g, make_response, render_template, request, url_for

from portal.domain.nights import ONE_NIGHT
from portal.schemas.rooms import Agreed, HouseFilter, HousekeepingForm, RoomForm
from portal.services import blocks, house, properties, room_edits, room_types, rooms
from portal.services.consequences import Consequences, NotAgreed
from portal.services.errors import Refused
from portal.web import htmx, refusals
from portal.web.forms import Form
from portal.web.guards import allowed
from portal.web.vocabulary import BLOCK_REASONS

bp = Blueprint("rooms", __name__, url_prefix="/p/<uuid:property_id>/rooms")


@bp.get("")
@allowed("rooms.view")
def index(property_id: UUID) -> Any:
    wanted = Form.read(HouseFilter(), request.args).data["state"]
    return render_template("rooms/index.html", house=house.read(g.property), wanted=wanted)


@bp.get("/<uuid:room_id>")
@allowed("rooms.view")
def show(property_id: UUID, room_id: UUID) -> Any:
    return page(room_id)


@bp.post("/<uuid:room_id>/housekeeping")
@allowed("housekeeping.edit")
def set_housekeeping(property_id: UUID, room_id: UUID) -> Any:
    """The three buttons of a room, and the counts above the list; one click each, as a maid does it on her phone."""
    form = Form.read(HousekeepingForm(), request.form)
    if form.errors:
        abort(400)
    room_edits.set_housekeeping(property_id, room_id, form.data["state"])
    back = url_for(".show", property_id=property_id, room_id=room_id)
    if form.data["page"] == "house":
        back = url_for(".index", property_id=property_id, _anchor=f"room-{room_id}")
    if not htmx.is_htmx():
        return htmx.go(back)
    return render_template(
        "rooms/_housekeeping.html", each=house.one(g.property, room_id), from_page=form.data["page"],
        house=house.read(g.property) if form.data["page"] == "house" else None, changed=True,
    )  # fmt: skip


@bp.post("/<uuid:room_id>/change")
@allowed("rooms.edit")
def change(property_id: UUID, room_id: UUID) -> Any:
    form = Form.read(RoomForm(), request.form)
    if not form.errors:
        try:
            room_edits.change(property_id, room_id, form.data["number"], form.data["floor"])
        except Refused as error:
            form.refuse(error.field, error)
    if form.errors:
        return page(room_id, 422, facts=form)
    return htmx.go(url_for(".show", property_id=property_id, room_id=room_id))


@bp.post("/<uuid:room_id>/retire")
@allowed("rooms.edit")
def retire(property_id: UUID, room_id: UUID) -> Any:
    form = Form.read(Agreed(), request.form)
    if rooms.find(property_id, room_id).archived_at is not None:  # a second click
        return htmx.go(url_for(".index", property_id=property_id))
    try:
        room_types.archive_rooms(property_id, [room_id], agreed=str(form.data["agreed"]))
    except NotAgreed as question:
        return page(room_id, 409, retiring=question.consequences)
    except Refused as error:
        return page(room_id, 409, refused=refusals.said(error))
    return htmx.go(url_for(".index", property_id=property_id))


@bp.post("/<uuid:room_id>/restore")
@allowed("rooms.edit")
def restore(property_id: UUID, room_id: UUID) -> Any:
    room_types.restore_room(property_id, room_id)
    return htmx.go(url_for(".show", property_id=property_id, room_id=room_id))


def page(
    room_id: UUID,
    status: int = 200,
    *,
    facts: Form | None = None,
    block: Form | None = None,
    blocking: Consequences | None = None,
    retiring: Consequences | None = None,
    refused: str = "",
) -> Any:
    """One room, with the form that was not accepted or the consequences that were not agreed to yet."""
    hotel = g.property
    each = house.one(hotel, room_id)
    today = properties.today(hotel)
    html = render_template(
        "rooms/show.html", each=each, kind=room_types.find(hotel.id, each.room.room_type_id), today=today,
        blocks=blocks.listed(hotel.id, today, properties.horizon(hotel).last, room_id), one_night=ONE_NIGHT,
        facts=facts or Form(data={"number": each.room.number, "floor": each.room.floor}),
        block=block or Form(data={"starts": today, "last": today, "key": uuid4()}), reasons=list(BLOCK_REASONS.items()),
        blocking=blocking, retiring=retiring, refused=refused, type_names=type_names(hotel.id),
    )  # fmt: skip
    return make_response(html, status)


def type_names(property_id: UUID) -> dict[UUID, str]:
    """The names of the room types in use."""
    return {kind.id: kind.name for kind in room_types.listed(property_id)}
