"""What one OTA sees less of than the others: set, watched until it is accepted, taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, g, make_response, render_template, request, url_for
from flask_babel import gettext

from portal.domain.channel_limits import EVERY_DAY, WAITING, LimitKind, days_of, mask
from portal.schemas.channel_limits import LimitForm
from portal.services import channel_limits, properties, room_types
from portal.services.errors import NotFound, Refused
from portal.web import htmx
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("channel_limits", __name__, url_prefix="/p/<uuid:property_id>/channel-limits")


@bp.get("")
@allowed("connections.view")
def index(property_id: UUID) -> Any:
    return _page(property_id)


@bp.get("/listed")
@allowed("connections.view")
def listed(property_id: UUID) -> Any:
    """The list alone: asked for while something waits for an answer."""
    return htmx.part("channel_limits/_list.html", url_for(".index", property_id=property_id), **_rows(property_id))


@bp.post("")
@allowed("rates.edit")
def set_limit(property_id: UUID) -> Any:
    form = Form.read(LimitForm(), request.form)
    if not form.errors:
        try:
            channel_limits.set_limit(property_id, form.data["key"], _wish(form.data))
        except NotFound:
            form.refuse("channel_id", gettext("This channel is not connected any more."))
        except Refused as error:
            form.refuse(error.field, error)
    if form.errors:
        return _page(property_id, form, 422)
    return htmx.go(url_for(".index", property_id=property_id))


@bp.post("/<uuid:limit_id>/end")
@allowed("rates.edit")
def end(property_id: UUID, limit_id: UUID) -> Any:
    channel_limits.end(channel_limits.find(property_id, limit_id))
    return htmx.go(url_for(".index", property_id=property_id))


@bp.post("/<uuid:limit_id>/again")
@allowed("rates.edit")
def again(property_id: UUID, limit_id: UUID) -> Any:
    channel_limits.send_again(channel_limits.find(property_id, limit_id))
    return htmx.go(url_for(".index", property_id=property_id))


def _wish(data: dict[str, Any]) -> channel_limits.Wish:
    return channel_limits.Wish(
        channel_id=data["channel_id"],
        kind=data["kind"],
        units=data["units"],
        first=data["first"],
        last=data["last"],
        weekdays=mask(data["weekdays"]),
        room_types=tuple(dict.fromkeys(data["room_types"])),
    )


def _rows(property_id: UUID) -> dict[str, Any]:
    limits = channel_limits.listed(property_id)
    return {
        "limits": limits,
        "pending": any(each.state in WAITING for each in limits),
        "channels": {each.id: each for each in channel_limits.channels_with_limits(property_id)},
        "type_names": {kind.id: kind.name for kind in room_types.listed(property_id)},
    }


def _page(property_id: UUID, form: Form | None = None, status: int = 200) -> Any:
    fresh = {"key": uuid4(), "kind": LimitKind.CLOSED, "first": properties.today(g.property), "units": ""}
    html = render_template(
        "channel_limits/index.html", kinds=list(LimitKind), form=form or Form(data=fresh),
        ticked={str(day) for day in (form.data.get("weekdays") or [] if form else days_of(EVERY_DAY))},
        chosen={str(each) for each in (form.data.get("room_types") or [] if form else [])}, **_rows(property_id),
    )  # fmt: skip
    return make_response(html, status)
