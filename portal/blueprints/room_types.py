"""Room types: what is sold, how many people it sleeps, and the rooms behind it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext

from portal.schemas.rooms import MOST_ROOMS, MoreRooms, NewType, TypeForm, numbers_of
from portal.services import room_types
from portal.services.errors import Refused
from portal.web import htmx
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("room_types", __name__, url_prefix="/p/<uuid:property_id>/rooms/types")
_FACTS = ("name", "max_adults", "max_children", "max_infants", "default_occupancy")


@bp.get("/new")
@allowed("rooms.edit")
def new(property_id: UUID) -> Any:
    usual = {"max_adults": 2, "max_children": 0, "max_infants": 0, "default_occupancy": 2, "key": uuid4()}
    return _page(Form(data=usual))


@bp.post("")
@allowed("rooms.edit")
def create(property_id: UUID) -> Any:
    form = Form.read(NewType(), request.form)
    numbers = _numbers(form)
    if not form.errors:
        facts = room_types.TypeFacts(**{name: form.data[name] for name in _FACTS})
        try:
            room_types.create(property_id, facts, numbers, room_type_id=form.data["key"])
        except Refused as error:
            form.refuse(error.field, error)
    return _page(form, 422) if form.errors else htmx.go(url_for("rooms.index", property_id=property_id))


@bp.get("/<uuid:room_type_id>")
@allowed("rooms.view")
def show(property_id: UUID, room_type_id: UUID) -> Any:
    kind = room_types.find(property_id, room_type_id)
    return _page(Form(data={name: getattr(kind, name) for name in _FACTS}), kind=kind)


@bp.post("/<uuid:room_type_id>")
@allowed("rooms.edit")
def change(property_id: UUID, room_type_id: UUID) -> Any:
    kind = room_types.find(property_id, room_type_id)
    form = Form.read(TypeForm(), request.form)
    if not form.errors:
        facts = room_types.TypeFacts(**{name: form.data[name] for name in _FACTS})
        try:
            room_types.change(property_id, room_type_id, facts)
        except Refused as error:
            form.refuse(error.field, error)
    if form.errors:
        return _page(form, 422, kind=kind)
    return htmx.go(url_for("rooms.index", property_id=property_id, _anchor=f"type-{room_type_id}"))


@bp.post("/<uuid:room_type_id>/rooms")
@allowed("rooms.edit")
def add_rooms(property_id: UUID, room_type_id: UUID) -> Any:
    kind = room_types.find(property_id, room_type_id)
    form = Form.read(MoreRooms(), request.form)
    numbers = _numbers(form)
    if not form.errors:
        said = form.data
        try:
            room_types.add_rooms(property_id, room_type_id, numbers, floor=said["floor"], request=said["key"])
        except Refused as error:
            form.refuse(error.field, error)
    if form.errors:
        facts = Form(data={name: getattr(kind, name) for name in _FACTS})
        return _page(facts, 422, kind=kind, more=form)
    return htmx.go(url_for("rooms.index", property_id=property_id, _anchor=f"type-{room_type_id}"))


def _numbers(form: Form) -> list[str]:
    if form.errors:
        return []
    try:
        return numbers_of(form.data["numbers"])
    except ValueError:
        form.refuse("numbers", gettext("Add at most %(most)d rooms at once.", most=MOST_ROOMS))
        return []


def _page(form: Form, status: int = 200, *, kind: Any = None, more: Form | None = None) -> Any:
    html = render_template("rooms/type.html", form=form, kind=kind, more=more or Form(data={"key": uuid4()}))
    return make_response(html, status)
