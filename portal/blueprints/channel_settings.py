"""Settings of the channels of a property: switches, webhook, who counts, and what holds for the whole installation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for

from portal.schemas.channel_setup import WebhookForm
from portal.services import channel_readback, channel_setups, connections, switches, webhook_setup
from portal.services.errors import NotFound
from portal.web import htmx
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("channel_settings", __name__, url_prefix="/p/<uuid:property_id>/channels/settings")


@bp.get("")
@allowed("connections.view")
def index(property_id: UUID) -> Any:
    found = [
        {
            "connection": connection,
            "webhook": channel_readback.webhook(connection),
            "counting": channel_readback.counting(connection),
            "address": webhook_setup.address(connection),
            "master": switches.standing(connection.provider),
        }
        for connection in connections.of_property(property_id)
    ]
    return render_template("channel_settings/index.html", cards=found)


@bp.post("/<uuid:connection_id>/webhook")
@allowed("connections.edit")
def webhook(property_id: UUID, connection_id: UUID) -> Any:
    form = Form.read(WebhookForm(), request.form)
    connection = connections.find(property_id, connection_id)
    if form.errors:
        abort(400)
    channel_readback.webhook_wish(connection, register=form.data["register"])
    return htmx.go(url_for(".index", property_id=property_id))


@bp.post("/counting")
@allowed("connections.edit")
def counting(property_id: UUID) -> Any:
    """Have the provider leave counting to us."""
    connection = channel_setups.connection_of(property_id)
    if connection is None:
        raise NotFound("connection")
    channel_readback.leave_counting_to_us(connection)
    back = request.form.get("code", "")
    if back:
        return htmx.go(url_for("channel_setup.connect", property_id=property_id, code=back))
    return htmx.go(url_for(".index", property_id=property_id))
