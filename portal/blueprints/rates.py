"""Availability and prices: the grid of nights, and one of them with its trace and its form."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for
from flask_babel import ngettext

from portal.schemas.rates import SPANS, GridView, NightOf
from portal.services import grid, night_trace, properties, rate_cell
from portal.services.errors import Refused, StaleEdit
from portal.web import htmx, night_forms
from portal.web.forms import Form
from portal.web.guards import allowed
from portal.web.shell import may

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
    night = _night(property_id, request.args)
    if htmx.is_polling():
        return render_template("rates/_live.html", night=night)
    return _show(night, night_forms.fresh(night))


@bp.post("/night")
@allowed("rates.edit")
def save_night(property_id: UUID) -> Any:
    """Set the price and the restrictions of one night, or take off what was set for it."""
    night = _night(property_id, request.form)
    found = night.trace
    if not found.currency:
        abort(404)
    form = night_forms.read(request.form, found.currency)
    edit = night_forms.typed(night, form, request.form)
    if form.errors:
        return _show(night, edit, 422)
    back = "reset" in request.form
    values = dict.fromkeys(night_forms.NAMES) if back else night_forms.wanted(form)
    try:
        rate_cell.save(property_id, found.subject_id, found.night, values, form.data["shown"], form.data["sure"])
    except StaleEdit:
        if edit is not None:
            edit.stale, edit.by = True, next(iter(night.changes), None)
        return _show(night, edit, 422)
    except rate_cell.SecondLook as look:
        if edit is not None:
            edit.look = look
        return _show(night, edit, 422)
    except Refused as error:
        form.refuse(error.field, error)
        return _show(night, edit, 422)
    here = url_for(".trace", property_id=property_id, kind="rates", subject=found.subject_id, night=found.night)
    if not htmx.is_htmx():
        return redirect(here, 303)
    after = _night(property_id, request.form)
    return _show(after, night_forms.fresh(after), saved=True)


def _night(property_id: UUID, source: Any) -> night_trace.NightTrace:
    form = Form.read(NightOf(), source)
    if form.errors or form.data["night"] is None:
        abort(404)
    return night_trace.read(property_id, form.data["kind"], form.data["subject"], form.data["night"])


def _show(
    night: night_trace.NightTrace, edit: night_forms.NightEdit | None, status: int = 200, *, saved: bool = False
) -> Any:
    template = "rates/_trace.html" if htmx.is_htmx() else "rates/trace.html"
    edit = edit if may("rates.edit") else None
    return make_response(render_template(template, night=night, edit=edit, saved=saved), status)


def _spans(shown: int) -> list[tuple[int, str]]:
    """How many nights one may look at, with the number looked at now."""
    return [(many, ngettext("%(num)d night", "%(num)d nights", many)) for many in sorted({*SPANS, shown})]
