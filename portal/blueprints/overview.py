"""The property this morning."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, url_for

from portal.services import incidents, overview
from portal.web import htmx
from portal.web.guards import allowed

bp = Blueprint("overview", __name__)


@bp.get("/p/<uuid:property_id>/")
@allowed("reservations.view")
def index(property_id: UUID) -> Any:
    return render_template("overview/index.html", overview=overview.read(g.property))


@bp.post("/p/<uuid:property_id>/problems/<uuid:incident_id>/solved")
@allowed("reservations.edit")
def solve(property_id: UUID, incident_id: UUID) -> Any:
    """A person says that a problem is dealt with; should it come back, it opens again."""
    incidents.resolve(property_id, incident_id)
    return htmx.part("overview/_solved.html", otherwise=url_for(".index", property_id=property_id))
