"""Where a reservation sold here stands at the channel manager, and sending it again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for

from portal.blueprints.reservations import bp, page_of
from portal.services import reservation_pushes, reservations
from portal.services.errors import Refused
from portal.web import htmx, refusals
from portal.web.guards import allowed


@bp.get("/<uuid:reservation_id>/sent")
@allowed("reservations.view")
def sent(property_id: UUID, reservation_id: UUID) -> Any:
    """How far it got; read again while it is on its way."""
    row = reservations.find(property_id, reservation_id)
    back = url_for(".show", property_id=property_id, reservation_id=reservation_id)
    return htmx.part(
        "reservations/_sent.html", back, row=row, sent=reservation_pushes.standing(row)
    )  # fmt: skip


@bp.post("/<uuid:reservation_id>/send")
@allowed("reservations.edit")
def send(property_id: UUID, reservation_id: UUID) -> Any:
    """Send it, or send it again."""
    try:
        reservation_pushes.send(property_id, reservation_id)
    except Refused as error:
        return page_of(property_id, reservation_id, refusals.said(error), 409)
    return htmx.go(url_for(".show", property_id=property_id, reservation_id=reservation_id))
