"""Availability and prices: the grid of nights, and the trace of one of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, make_response, render_template, request
from flask_babel import ngettext

from portal.schemas.rates import SPANS, GridView, NightOf
from portal.services import grid, night_trace, properties
from portal.web import htmx
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("rates", __name__, url_prefix="/p/<uuid:property_id>/rates")
USUAL_NIGHTS = 30
FIRST_DAY, LAST_DAY = date(1901, 1, 1), date(2998, 1, 1)  # so that a step to either side is still a date of ours


@bp.get("")
@allowed("rates.view")
def index(property_id: UUID) -> Any:
    form = Form.read(GridView(), request.args)
    today = properties.today(g.property)
    first, nights = today, USUAL_NIGHTS
    if not form.errors:
        first = max(FIRST_DAY, min(form.data["first"] or today, LAST_DAY))
        nights = form.data["nights"]
    found = grid.read(property_id, first, nights)
    html = render_template(
        "rates/index.html", form=form, grid=found, first=first, nights=nights,
        counts={state.value: found.count(state) for state in grid.CellState},
        last=first + timedelta(days=nights - 1), today=today, spans=_spans(nights), step=timedelta(days=nights),
    )  # fmt: skip
    return make_response(html, 422 if form.errors else 200)


@bp.get("/trace")
@allowed("rates.view")
def trace(property_id: UUID) -> Any:
    """One night: a fragment for the panel of the grid, a page of its own for anybody else."""
    form = Form.read(NightOf(), request.args)
    if form.errors or form.data["night"] is None:
        abort(404)
    found = night_trace.read(property_id, form.data["kind"], form.data["subject"], form.data["night"])
    return render_template("rates/_trace.html" if htmx.is_htmx() else "rates/trace.html", night=found)


def _spans(shown: int) -> list[tuple[int, str]]:
    """How many nights one may look at, with the number looked at now."""
    return [(many, ngettext("%(num)d night", "%(num)d nights", many)) for many in sorted({*SPANS, shown})]
