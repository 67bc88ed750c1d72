"""Many nights at once: a draft of lines, its preview, applied, followed on its way to the channels, undone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, make_response, redirect, render_template, request, url_for

from portal.schemas.rate_edits import PageOf
from portal.services import rate_edit_progress, rate_edit_rows, rate_edits
from portal.services.errors import Refused, StaleEdit
from portal.web import htmx, rate_lines, refusals
from portal.web.forms import Form
from portal.web.guards import allowed
from portal.web.rate_lines import LineForm

bp = Blueprint("rate_edits", __name__, url_prefix="/p/<uuid:property_id>/rates/edits")
ROWS = 50


@bp.get("")
@allowed("rates.view")
def index(property_id: UUID) -> Any:
    now = datetime.now(UTC)
    edits = [(edit, rate_edits.lines(edit), rate_edits.may_undo(edit, now)) for edit in rate_edits.listed(property_id)]
    return render_template("rate_edits/index.html", edits=edits, names=rate_edit_rows.plan_names(property_id))


@bp.post("")
@allowed("rates.edit")
def create(property_id: UUID) -> Any:
    edit_id = rate_edits.create(property_id)
    return redirect(url_for(".show", property_id=property_id, edit_id=edit_id), 303)


@bp.post("/range")
@allowed("rates.edit")
def of_range(property_id: UUID) -> Any:
    """A change of the cells selected in the grid: straight to its preview."""
    typed = rate_lines.read(request.form, g.property.currency)
    try:
        edit_id = rate_edits.create(property_id, [typed.line] if typed.line else [])
    except Refused as error:
        typed.form.refuse(error.field, error)
        edit_id = rate_edits.create(property_id)
    if typed.errors:
        return _draft(property_id, edit_id, typed, 422)
    return redirect(url_for(".preview", property_id=property_id, edit_id=edit_id), 303)


@bp.get("/<uuid:edit_id>")
@allowed("rates.view")
def show(property_id: UUID, edit_id: UUID) -> Any:
    """The draft with the form of a line; after it was applied, how far it got."""
    edit = rate_edits.find(property_id, edit_id)
    if not edit.is_draft:
        return _done(property_id, edit_id)
    form = Form.read(PageOf(), request.args)
    number = None if form.errors else form.data["line"]
    wishes = rate_edits.lines(edit)
    if number is not None and number < len(wishes):
        return _draft(property_id, edit_id, rate_lines.of(wishes[number], number, g.property.currency))
    return _draft(property_id, edit_id, LineForm())


@bp.post("/<uuid:edit_id>/lines")
@allowed("rates.edit")
def put_line(property_id: UUID, edit_id: UUID) -> Any:
    """Keep a line; with `more`, only another range of nights is offered."""
    rate_edits.find(property_id, edit_id)
    typed = rate_lines.read(request.form, g.property.currency)
    if "more" in request.form:
        typed.form.errors = {}
        typed.spans = [*typed.spans, ("", "")][: rate_lines.MOST_SPANS]
        return _draft(property_id, edit_id, typed)
    if typed.line is not None:
        try:
            rate_edits.put_line(property_id, edit_id, typed.line, typed.number)
        except Refused as error:
            typed.form.refuse(error.field, error)
    if typed.errors:
        return _draft(property_id, edit_id, typed, 422)
    target = ".preview" if "done" in request.form else ".show"
    return redirect(url_for(target, property_id=property_id, edit_id=edit_id), 303)


@bp.post("/<uuid:edit_id>/lines/<int:number>/remove")
@allowed("rates.edit")
def remove_line(property_id: UUID, edit_id: UUID, number: int) -> Any:
    rate_edits.remove_line(property_id, edit_id, number)
    return redirect(url_for(".show", property_id=property_id, edit_id=edit_id), 303)


@bp.post("/<uuid:edit_id>/sentence")
@allowed("rates.edit")
def sentence(property_id: UUID, edit_id: UUID) -> Any:
    """What the draft would do together with the line that is being typed. Nothing is kept."""
    wishes = rate_edits.lines(rate_edits.find(property_id, edit_id))
    typed = rate_lines.read(request.form, g.property.currency)
    if typed.line is not None:
        here = len(wishes) if typed.number is None else typed.number
        wishes[here : here + 1] = [typed.line]
    return render_template("rate_edits/_sentence.html", **_sums(property_id, wishes), typed=typed)


@bp.get("/<uuid:edit_id>/preview")
@allowed("rates.edit")
def preview(property_id: UUID, edit_id: UUID) -> Any:
    edit = rate_edits.find(property_id, edit_id)
    if not edit.is_draft:
        return redirect(url_for(".show", property_id=property_id, edit_id=edit_id), 303)
    return _preview(property_id, edit_id)


@bp.post("/<uuid:edit_id>/apply")
@allowed("rates.edit")
def apply(property_id: UUID, edit_id: UUID) -> Any:
    shown, without = request.form.get("shown", ""), "without" in request.form
    try:
        rate_edits.apply(property_id, edit_id, shown, without_odd=without)
    except StaleEdit:
        return _preview(property_id, edit_id, stale=True)
    except Refused as error:
        return _preview(property_id, edit_id, refused=refusals.said(error))
    return redirect(url_for(".show", property_id=property_id, edit_id=edit_id), 303)


@bp.post("/<uuid:edit_id>/undo")
@allowed("rates.edit")
def undo(property_id: UUID, edit_id: UUID) -> Any:
    rate_edits.undo(property_id, edit_id)
    return redirect(url_for(".show", property_id=property_id, edit_id=edit_id), 303)


@bp.post("/<uuid:edit_id>/discard")
@allowed("rates.edit")
def discard(property_id: UUID, edit_id: UUID) -> Any:
    rate_edits.discard(property_id, edit_id)
    return redirect(url_for(".index", property_id=property_id), 303)


def _draft(property_id: UUID, edit_id: UUID, typed: LineForm, status: int = 200) -> Any:
    edit = rate_edits.find(property_id, edit_id)
    wishes = rate_edits.lines(edit)
    html = render_template(
        "rate_edits/show.html", edit=edit, lines=wishes, typed=typed, **_sums(property_id, wishes),
        names=rate_edit_rows.plan_names(property_id), plans=_plans(property_id),
    )  # fmt: skip
    return make_response(html, status)


def _plans(property_id: UUID) -> dict[str, list[rate_edit_rows.PlanName]]:
    """The plans one may choose, by room type."""
    found: dict[str, list[rate_edit_rows.PlanName]] = {}
    for plan in rate_edit_rows.plan_names(property_id, in_use=True).values():
        found.setdefault(plan.room_type, []).append(plan)
    return found


def _sums(property_id: UUID, wishes: list[Any]) -> dict[str, Any]:
    """The live sentence, or why there is none."""
    if not wishes:
        return {"sums": None, "trouble": ""}
    try:
        return {"sums": rate_edit_rows.sums(rate_edits.preview(property_id, wishes)), "trouble": ""}
    except Refused as error:
        return {"sums": None, "trouble": refusals.said(error)}


def _preview(property_id: UUID, edit_id: UUID, *, stale: bool = False, refused: str = "") -> Any:
    edit = rate_edits.find(property_id, edit_id)
    form = Form.read(PageOf(), request.args)
    if form.errors:
        abort(404)
    wishes = rate_edits.lines(edit)
    try:
        outcome = rate_edits.preview(property_id, wishes)
    except Refused as error:
        return _draft(property_id, edit_id, LineForm(form=Form().refuse(error.field, error)), 422)
    rows, page = rate_edit_rows.rows(outcome), form.data["page"]
    html = render_template(
        "rate_edits/preview.html", edit=edit, sums=rate_edit_rows.sums(outcome), stamp=outcome.stamp(), page=page,
        rows=rows[page * ROWS : (page + 1) * ROWS], odd=[row for row in rows if row.concerns][:ROWS], many=len(rows),
        pages=-(-len(rows) // ROWS), names=rate_edit_rows.plan_names(property_id), stale=stale, refused=refused,
    )  # fmt: skip
    return make_response(html, 422 if stale or refused else 200)


def _done(property_id: UUID, edit_id: UUID) -> Any:
    edit = rate_edits.find(property_id, edit_id)
    values = {
        "edit": edit,
        "lines": rate_edits.lines(edit),
        "names": rate_edit_rows.plan_names(property_id),
        "progress": rate_edit_progress.read(property_id, edit),
        "left": rate_edits.left(edit),
        "may_undo": rate_edits.may_undo(edit, datetime.now(UTC)),
        "undo_until": edit.applied_at and edit.applied_at + rate_edits.UNDO,
    }
    template = "rate_edits/_progress.html" if htmx.is_polling() else "rate_edits/done.html"
    return render_template(template, **values)
