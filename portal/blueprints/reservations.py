"""Reservations: the list with its filters in the address, and one opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, render_template, request

from portal.domain.channels import CHANNELS, channel
from portal.domain.reservations import Status
from portal.schemas.reservations import ReservationFilter
from portal.services import booking_imports, properties, reservation_pushes, reservation_timeline, reservations
from portal.web import ota_steps, paging, words
from portal.web.forms import Form
from portal.web.guards import allowed
from portal.web.vocabulary import ACTIONS, OUTCOMES, STATUSES

bp = Blueprint("reservations", __name__, url_prefix="/p/<uuid:property_id>/reservations")


@dataclass(frozen=True)
class Told:
    """One step of the timeline in words, as the macro `page.timeline` wants it."""

    at: datetime
    actor_kind: str
    actor: str
    sentence: str
    step: reservation_timeline.Entry


@bp.get("")
@allowed("reservations.view")
def index(property_id: UUID) -> Any:
    form = Form.read(ReservationFilter(), request.args)
    page = paging.Page[reservations.Line]((), None)
    if not form.errors:
        found = reservations.list_page(property_id, _filters(form.data), paging.after(), paging.SIZE)
        page = paging.Page(found.lines, str(found.next) if found.next else None)
    narrowed = any(value for value in request.args.values())
    html = render_template(
        "reservations/index.html", form=form, page=page, narrowed=narrowed,
        older=paging.here(after=page.next_key), today=properties.today(g.property),
        channels=[(each.code, each.name) for each in CHANNELS.values()], statuses=list(STATUSES.items()),
    )  # fmt: skip
    return make_response(html, 422 if form.errors else 200)


@bp.get("/<uuid:reservation_id>")
@allowed("reservations.view")
def show(property_id: UUID, reservation_id: UUID) -> Any:
    return page_of(property_id, reservation_id)


def page_of(property_id: UUID, reservation_id: UUID, problem: str = "", status: int = 200) -> Any:
    """One reservation opened; `problem` is what was just refused."""
    detail = reservations.detail(property_id, reservation_id)
    timeline = reservation_timeline.read(detail, channel(detail.reservation.channel).name)
    told = [_tell(entry) for entry in timeline.entries]
    html = render_template(
        "reservations/show.html", detail=detail, timeline=told, names=timeline.names, problem=problem,
        today=properties.today(g.property), undoable=reservations.undoable(detail.history),
        foreign=ota_steps.of_an_ota(detail.reservation), no_show_steps=ota_steps.no_show(detail.reservation),
        sent=reservation_pushes.standing(detail.reservation),
        missing_data=booking_imports.missing(detail.reservation, detail.guest),
    )  # fmt: skip
    return make_response(html, status)


def _tell(entry: reservation_timeline.Entry) -> Told:
    known = OUTCOMES if entry.kind == "message" else ACTIONS
    return Told(entry.at, entry.actor_kind, entry.actor or "Roomwire", words.say(known, entry.action), entry)


def _filters(wanted: dict[str, Any]) -> reservations.Filters:
    today = properties.today(g.property)
    when = wanted["when"]
    return reservations.Filters(
        arriving=today if when == "arriving" else None,
        departing=today if when == "departing" else None,
        in_house=today if when == "in_house" else None,
        unplaced=when == "unplaced",
        first=wanted["first"],
        last=wanted["last"],
        channel=wanted["channel"] or None,
        status=Status(wanted["status"]) if wanted["status"] else None,
        q=wanted["q"],
    )
