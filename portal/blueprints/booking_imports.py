"""Before the bookings of a channel manager are taken over: what is there, what would be made, what is in doubt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template, url_for

from portal.services import booking_imports, connections
from portal.services.errors import Refused
from portal.web import htmx, refusals
from portal.web.guards import allowed

bp = Blueprint("booking_imports", __name__, url_prefix="/p/<uuid:property_id>/connections/<uuid:connection_id>/import")


@bp.get("")
@allowed("connections.view")
def index(property_id: UUID, connection_id: UUID) -> Any:
    return _page(property_id, connection_id)


@bp.get("/state")
@allowed("connections.view")
def state(property_id: UUID, connection_id: UUID) -> Any:
    """How far it is: asked for while something is under way."""
    connection = connections.find(property_id, connection_id)
    here = url_for(".index", property_id=property_id, connection_id=connection_id)
    preview = booking_imports.preview(connection)
    return htmx.part("booking_imports/_state.html", here, connection=connection, preview=preview)


@bp.post("/look")
@allowed("connections.edit")
def look(property_id: UUID, connection_id: UUID) -> Any:
    return _asked(property_id, connection_id, booking_imports.ask)


@bp.post("/start")
@allowed("connections.edit")
def start(property_id: UUID, connection_id: UUID) -> Any:
    return _asked(property_id, connection_id, booking_imports.start)


def _asked(property_id: UUID, connection_id: UUID, wish: Any) -> Any:
    try:
        wish(connections.find(property_id, connection_id))
    except Refused as error:
        return _page(property_id, connection_id, refusals.said(error), 409)
    return htmx.go(url_for(".index", property_id=property_id, connection_id=connection_id))


def _page(property_id: UUID, connection_id: UUID, problem: str = "", status: int = 200) -> Any:
    connection = connections.find(property_id, connection_id)
    preview = booking_imports.preview(connection)
    html = render_template("booking_imports/index.html", connection=connection, preview=preview, problem=problem)
    return make_response(html, status)
