"""What channel managers posted to us: received, recognised, and what it did."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext

from portal.schemas.history import DeliveryFilters
from portal.services import connections, deliveries, overview
from portal.web import htmx, paging
from portal.web import vocabulary_deliveries as said
from portal.web.forms import Form
from portal.web.guards import allowed
from portal.web.words import say

bp = Blueprint("webhook_events", __name__, url_prefix="/p/<uuid:property_id>/webhooks")


@bp.get("")
@allowed("webhooks.view")
def index(property_id: UUID) -> Any:
    form = Form.read(DeliveryFilters(), request.args)
    asked = {} if form.errors else form.data
    listing = deliveries.page(property_id, deliveries.Filters.of(asked), paging.after())
    page = paging.Page(listing.rows, str(listing.next_after) if listing.next_after else None)
    providers = {each.id: each.provider for each in connections.of_property(property_id)}
    return render_template("webhook_events/index.html", page=page, form=form, providers=providers, did=did, say=say,
                           codes=deliveries.codes(listing.rows),
                           said=said)  # fmt: skip


@bp.get("/<uuid:event_id>")
@allowed("webhooks.view")
def show(property_id: UUID, event_id: UUID) -> Any:
    found = deliveries.detail(property_id, event_id)
    message = found.message
    masked = not g.place.may("reservations.edit")
    effect = (message.effect if message else None) or {}
    body = deliveries.readable(found.event, masked=masked)
    template = "webhook_events/_event.html" if htmx.is_htmx() else "webhook_events/show.html"
    return render_template(
        template, codes=deliveries.codes([found.event]), detail=found, event=found.event, message=message, body=body,
        masked=masked, effect={} if masked else effect,
        names=overview.subject_names(property_id) if effect.get("changes") else {},
        plan=plan(found), did=did, say=say, said=said,
    )  # fmt: skip


@bp.post("/<uuid:event_id>/replay")
@allowed("webhooks.replay")
def replay(property_id: UUID, event_id: UUID) -> Any:
    """Read the delivery again as if it came now."""
    deliveries.replay(property_id, event_id)
    return _again(property_id, event_id)


@bp.post("/<uuid:event_id>/apply")
@allowed("webhooks.replay")
def apply(property_id: UUID, event_id: UUID) -> Any:
    """Put the booking message it led to back in line."""
    deliveries.apply_again(property_id, event_id)
    return _again(property_id, event_id)


def did(event: Any) -> str:
    """What a delivery made us do, in one sentence."""
    if event.state == "received":
        return str(gettext("Waits to be read"))
    if event.state == "failed":
        return str(gettext("Could not be understood"))
    if event.repeat_of:
        return str(gettext("Repeats an earlier delivery"))
    return say(said.DID, (event.did or {}).get("did")) or str(gettext("Nothing"))


def plan(found: deliveries.Detail) -> str:
    """What reading the delivery again will do, before anybody asks for it."""
    event, message = found.event, found.message
    if event.state == "received":
        return str(gettext("It waits already, and will be read within seconds."))
    if event.kind == "ari":
        return str(gettext("The nights it names are sent to the channel manager again."))
    if event.kind == "channel":
        return str(gettext("The channel manager is asked again how the OTAs are."))
    if event.kind in ("sync_error", "removal_warning"):
        return str(gettext("The problem it speaks of is opened again, if it is closed."))
    if event.state == "failed":
        return str(gettext("It is read again. If it still cannot be understood, it ends here again."))
    if message is not None and message.state in ("applied", "history"):
        return str(gettext("Nothing will change: its booking message was applied already, and is not applied twice."))
    return str(
        gettext("The channel manager is asked for the booking again. What is known already is not applied twice.")
    )


def _again(property_id: UUID, event_id: UUID) -> Any:
    return htmx.go(url_for(".show", property_id=property_id, event_id=event_id))
