"""What was done with the channel managers, newest first, and every word of it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, render_template, request, url_for
from flask_babel import gettext

from portal.schemas.history import HistoryFilters
from portal.services import connections, history, overview, redrive
from portal.services.run_facts import About, about
from portal.web import htmx, paging, run_words, troubles
from portal.web.filters import local_time
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("history", __name__, url_prefix="/p/<uuid:property_id>/history")

# A cell that begins like this is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """One run as the list shows it."""

    run: Any
    about: About
    sentence: str
    level: str
    prospect: str


@bp.get("")
@allowed("history.view")
def index(property_id: UUID) -> Any:
    form, filters = _filters()
    listing = history.page(property_id, filters, paging.after())
    providers = _providers(property_id)
    facts = about(listing.rows)
    rows = [_row(run, facts[run.id], providers) for run in listing.rows]
    page = paging.Page(rows, str(listing.next_after) if listing.next_after else None)
    template = "history/_rows.html" if htmx.is_htmx() and "after" in request.args else "history/index.html"
    return render_template(template, page=page, form=form, providers=providers, types=run_words.TYPES,
                           statuses=run_words.STATUSES, triggers=run_words.TRIGGERS)  # fmt: skip


@bp.get("/export")
@allowed("history.view")
def export(property_id: UUID) -> Response:
    """The filtered list as CSV, at most `history.LONGEST_EXPORT` rows, times of the property and of UTC."""
    _, filters = _filters()
    providers = _providers(property_id)
    zone = g.property.timezone
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow([gettext("Started (UTC)"), gettext("Started (%(zone)s)", zone=zone), gettext("What"),
                    gettext("State"), gettext("Sentence"), gettext("Done"), gettext("Failed"), gettext("Error"),
                    gettext("Run")])  # fmt: skip
    for run, facts in history.export(property_id, filters):
        row = _row(run, facts, providers)
        cells = [
            run.started_at.strftime("%Y-%m-%d %H:%M:%S"),
            local_time(run.started_at, zone),
            run_words.TYPES[run.type.value],
            run_words.STATUSES[run.status.value],
            row.sentence,
            run.processed,
            run.failed,
            run.error,
            run.id,
        ]
        sheet.writerow([neutral(str(cell)) for cell in cells])
    name = f"history-{g.property.id}.csv"
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/<uuid:run_id>")
@allowed("history.view")
def show(property_id: UUID, run_id: UUID) -> Any:
    found = history.detail(property_id, run_id)
    names = overview.subject_names(property_id) if found.incidents else {}
    provider = found.connection.provider
    problems = [troubles.incident(row, provider=provider, names=names) for row in found.incidents]
    refused = sum(redrive.refused_nights(sent.lane) for sent in found.sends)
    template = "history/_run.html" if htmx.is_htmx() else "history/show.html"
    return render_template(
        template, detail=found, run=found.run, row=_row(found.run, found.about, {found.connection.id: provider}),
        problems=problems, refused=refused, cell=run_words.cell, span=run_words.span, pretty=pretty,
        types=run_words.TYPES, statuses=run_words.STATUSES, triggers=run_words.TRIGGERS,
    )  # fmt: skip


@bp.post("/<uuid:run_id>/again")
@allowed("connections.edit")
def again(property_id: UUID, run_id: UUID) -> Any:
    """Send what is still refused once more."""
    redrive.run(property_id, run_id)
    return htmx.go(url_for(".index", property_id=property_id))


def neutral(cell: str) -> str:
    """The text with an apostrophe before it when a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.lstrip(" \n").startswith(FORMULA) or cell.startswith(FORMULA) else cell


def pretty(body: str | None) -> str:
    """JSON in lines; anything else as it is."""
    if not body:
        return ""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


def _filters() -> tuple[Form, history.Filters]:
    """What the URL asks for; a filter that is wrong is said so, and does not filter."""
    form = Form.read(HistoryFilters(), request.args)
    asked = {} if form.errors else form.data
    return form, history.Filters.of(asked, g.property.timezone)


def _row(run: Any, facts: About, providers: dict[UUID, str]) -> Row:
    provider = providers.get(run.connection_id, "")
    sentence, level = run_words.sentence(run, facts, provider), run_words.level(run, facts)
    return Row(run, facts, sentence, level, run_words.prospect(run, facts))


def _providers(property_id: UUID) -> dict[UUID, str]:
    return {each.id: each.provider for each in connections.of_property(property_id)}
