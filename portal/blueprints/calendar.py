"""The tape chart: rooms × nights with every stay in it, a day as a list, and moving a stay to another room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from portal.domain.channels import CHANNELS, channel
from portal.domain.reservations import Status
from portal.schemas.calendar import SHOWN, SPANS, USUAL_NIGHTS, MoveForm, TapeView
from portal.services import reservations, room_types, rooms, tape
from portal.services.errors import Refused
from portal.web import htmx, refusals
from portal.web.filters import nights as nights_in_words
from portal.web.forms import Form
from portal.web.guards import allowed
from portal.web.vocabulary import STATUSES
from portal.web.words import say

bp = Blueprint("calendar", __name__, url_prefix="/p/<uuid:property_id>/calendar")
FIRST_DAY, LAST_DAY = date(1901, 1, 1), date(2998, 1, 1)  # so that a step to either side is still a date of ours


@dataclass(frozen=True)
class Result:
    """What became of a move, to be said above the chart; the bar it was about gets the focus back."""

    stay_id: UUID
    sentence: str
    level: str


@bp.get("")
@allowed("reservations.view")
def index(property_id: UUID) -> Any:
    form = Form.read(TapeView(), request.args)
    result = _told(property_id, request.args.get("moved", "")) if not form.errors else None
    return make_response(render_template("calendar/index.html", **_chart(form, result)), 422 if form.errors else 200)


@bp.get("/stays/<uuid:stay_id>/move")
@allowed("reservations.edit")
def choose(property_id: UUID, stay_id: UUID) -> Any:
    """Where a stay may go: a plain form with a list, for a thumb and for a browser without scripts."""
    return _choose(stay_id, Form.read(TapeView(), request.args))


@bp.post("/move")
@allowed("reservations.edit")
def move(property_id: UUID) -> Any:
    wish, view = Form.read(MoveForm(), request.form), Form.read(TapeView(), request.form)
    if wish.errors or view.errors:
        abort(400)
    stay = tape.stay(property_id, wish.data["stay"])
    room = rooms.find(property_id, wish.data["room"])
    number = room.number
    try:
        # A second click: it is there already, and the first click's answer never arrived.
        if stay.room_id != room.id:
            reservations.move_room(property_id, stay.reservation_id, stay.id, room.id, version=wish.data["version"])
    except Refused as error:
        sentence = gettext("%(guest)s was not moved. %(reason)s", guest=stay.guest, reason=refusals.said(error))
        if not wish.data["chart"]:
            return _choose(stay.id, view, sentence)
        return _drawn(view, Result(stay.id, sentence, "needs_you"), 422)
    if not htmx.is_htmx():
        return redirect(url_for(".index", property_id=property_id, moved=stay.id, **_address(view)), 303)
    sentence = gettext("%(guest)s is in room %(number)s now.", guest=stay.guest, number=number)
    return _drawn(view, Result(stay.id, sentence, "fine"))


def _drawn(view: Form, result: Result, status: int = 200) -> Any:
    template = "calendar/_tape.html" if htmx.is_htmx() else "calendar/index.html"
    return make_response(render_template(template, **_chart(view, result)), status)


def _told(property_id: UUID, moved: str) -> Result | None:
    """What a browser without scripts reads after a move: where the stay is now."""
    try:
        stay = tape.stay(property_id, UUID(moved))
    except ValueError:
        return None
    number = rooms.find(property_id, stay.room_id).number if stay.room_id else ""
    return Result(stay.id, gettext("%(guest)s is in room %(number)s now.", guest=stay.guest, number=number), "fine")


def _choose(stay_id: UUID, view: Form, refused: str = "") -> Any:
    stay = tape.stay(g.property.id, stay_id)
    room, kind = tape.stay_names(g.property, stay)
    html = render_template(
        "calendar/move.html", stay=stay, room=room, kind=kind, refused=refused,
        choices=tape.choices(g.property.id, stay), view={} if view.errors else _address(view),
    )  # fmt: skip
    return make_response(html, 409 if refused else 200)


def _chart(form: Form, result: Result | None) -> dict[str, Any]:
    """Everything the chart is drawn from; a filter that cannot be read shows the usual nights."""
    hotel, today = g.property, tape.today(g.property)
    said = TapeView().load({}) if form.errors else form.data
    first = max(FIRST_DAY, min(said["first"] or today, LAST_DAY))
    wanted = tape.Filters(
        room_type_id=said["room_type"],
        channel=said["channel"] or None,
        status=Status(said["status"]) if said["status"] else None,
        unplaced=said["unplaced"],
    )
    nights = said["nights"]
    return {
        "form": form, "view": {} if form.errors else _address(form), "result": result, "first": first, "today": today,
        "nights": nights, "chart": tape.read(hotel, first, nights, wanted), "step": timedelta(days=nights),
        "spans": _spans(nights), "kinds": [(kind.id, kind.name) for kind in room_types.listed(hotel.id)],
        "channels": [(each.code, each.name) for each in CHANNELS.values()],
        "statuses": [(status, STATUSES[status]) for status in SHOWN], "stay_words": stay_words,
        "narrowed": any(said[name] for name in ("room_type", "channel", "status", "unplaced")),
    }  # fmt: skip


def stay_words(stay: tape.Stay) -> str:
    """A bar in one sentence, for who cannot see where it stands."""
    return ", ".join(
        (
            stay.guest,
            channel(stay.channel).name,
            say(STATUSES, stay.status),
            nights_in_words(stay.check_in, stay.check_out),
        )
    )


def _address(view: Form) -> dict[str, Any]:
    """The view as it stands in an address; what is usual is left out."""
    said = view.data
    found = {"first": said["first"], "nights": said["nights"] if said["nights"] != USUAL_NIGHTS else None,
             "room_type": said["room_type"], "channel": said["channel"], "status": said["status"],
             "unplaced": "1" if said["unplaced"] else ""}  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _spans(shown: int) -> list[tuple[int, str]]:
    """How many nights one may look at, with the number looked at now."""
    named = {1: gettext("Day"), 7: gettext("Week"), 14: gettext("Two weeks"), 30: gettext("Month")}
    return [
        (many, named.get(many) or ngettext("%(num)d night", "%(num)d nights", many)) for many in sorted({*SPANS, shown})
    ]
