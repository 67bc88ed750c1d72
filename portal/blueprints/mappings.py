"""The mapping page: both sides line by line, a draft beside the live mapping, review, apply, undo, replay."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, make_response, render_template, request, url_for
from flask_babel import gettext, ngettext

from portal.domain.mapping import Decision
from portal.services import (
    access,
    connections,
    held_bookings,
    mapping_apply,
    mapping_drafts,
    mapping_suggestions,
    remote_closings,
    remote_products,
)
from portal.services.errors import NotFound, Refused, StaleEdit
from portal.services.mapping_drafts import Faulty
from portal.web import htmx, mapping_page, mapping_words, refusals
from portal.web.guards import allowed
from portal.web.identity import person

bp = Blueprint("mappings", __name__, url_prefix="/p/<uuid:property_id>")
_ONE = "/connections/<uuid:connection_id>/mapping"


@bp.get("/mappings")
@bp.get(_ONE)
@allowed("connections.view")
def index(property_id: UUID, connection_id: UUID | None = None) -> Any:
    """The mapping of one connection. Without one: of the only one there is, or a list to choose from."""
    if connection_id is not None:
        return _page(connections.find(property_id, connection_id))
    found = connections.of_property(property_id)
    if len(found) == 1:
        return htmx.go(_back(found[0]))
    return render_template("mappings/choose.html", connections=found)


@bp.get(f"{_ONE}/list")
@allowed("connections.view")
def status(property_id: UUID, connection_id: UUID) -> Any:
    """How old the provider's list is, how far a replay came: asked for while a worker is at it, and no longer."""
    connection = connections.find(property_id, connection_id)
    found = mapping_page.status(connection, request.args.get("seen", ""))
    return htmx.part("mappings/_status.html", _back(connection), status=200, told=found, connection=connection)


@bp.post(f"{_ONE}/refresh")
@allowed("connections.edit")
def refresh(property_id: UUID, connection_id: UUID) -> Any:
    connection = connections.find(property_id, connection_id)
    try:
        remote_products.wish(connection)
    except Refused as error:
        return _page(connection, refused=_said(error), code=409)
    return htmx.go(_back(connection))


@bp.post(f"{_ONE}/save")
@allowed("connections.edit")
def save(property_id: UUID, connection_id: UUID) -> Any:
    """Keep the form as the draft; `accept` names a line whose proposal is taken in the same step."""
    connection = connections.find(property_id, connection_id)
    sent = mapping_page.Sent.read(request.form)
    if sent.accept:
        desk = mapping_drafts.read(connection)
        sent = sent.accepting(mapping_suggestions.propose(desk), desk.ours)
    return _kept(connection, sent)


@bp.get(f"{_ONE}/suggestions")
@allowed("connections.view")
def suggestions(property_id: UUID, connection_id: UUID) -> Any:
    """The list that one button would accept: what is surer than 90 %, or what a sister property has mapped."""
    connection = connections.find(property_id, connection_id)
    desk = mapping_drafts.read(connection)
    sister = _sister(connection) if request.args.get("from") else None
    if sister is not None:
        found = mapping_suggestions.copied(desk, sister)
    else:
        found = mapping_suggestions.sure(mapping_suggestions.propose(desk).values(), desk.ours)
    names = mapping_page.names(desk)
    return render_template(
        "mappings/suggestions.html", connection=connection, desk=desk, proposals=found, names=names,
        sister=sister, least=mapping_suggestions.SURE, said=mapping_words,
    )  # fmt: skip


@bp.post(f"{_ONE}/accept")
@allowed("connections.edit")
def accept(property_id: UUID, connection_id: UUID) -> Any:
    connection = connections.find(property_id, connection_id)
    return _kept(connection, mapping_page.Sent.listed(request.form))


@bp.get(f"{_ONE}/review")
@allowed("connections.view")
def review(property_id: UUID, connection_id: UUID) -> Any:
    return _review(connections.find(property_id, connection_id))


@bp.post(f"{_ONE}/apply")
@allowed("connections.edit")
def apply(property_id: UUID, connection_id: UUID) -> Any:
    connection = connections.find(property_id, connection_id)
    try:
        mapping_apply.apply(connection, _version())
    except Refused as error:
        return _review(connection, _said(error), 409)
    return htmx.go(url_for(".history", property_id=property_id, connection_id=connection_id))


@bp.post(f"{_ONE}/discard")
@allowed("connections.edit")
def discard(property_id: UUID, connection_id: UUID) -> Any:
    connection = connections.find(property_id, connection_id)
    try:
        mapping_drafts.discard(connection, _version())
    except StaleEdit as error:
        return _page(connection, refused=_said(error), code=409)
    return htmx.go(_back(connection))


@bp.get(f"{_ONE}/history")
@allowed("connections.view")
def history(property_id: UUID, connection_id: UUID) -> Any:
    return _history(connections.find(property_id, connection_id))


@bp.post(f"{_ONE}/history/<uuid:change_id>/undo")
@allowed("connections.edit")
def undo(property_id: UUID, connection_id: UUID, change_id: UUID) -> Any:
    connection = connections.find(property_id, connection_id)
    try:
        mapping_apply.undo(connection, change_id)
    except Refused as error:
        return _history(connection, refusals.said(error), 409)
    return htmx.go(url_for(".history", property_id=property_id, connection_id=connection_id))


@bp.post(f"{_ONE}/replay")
@allowed("connections.edit")
def replay(property_id: UUID, connection_id: UUID) -> Any:
    connection = connections.find(property_id, connection_id)
    try:
        held_bookings.wish(connection)
    except Refused as error:
        return _page(connection, refused=refusals.said(error), code=409)
    return htmx.go(_back(connection))


def _kept(connection: Any, sent: mapping_page.Sent) -> Any:
    """Save what was sent; the page again with every word that was typed when it cannot be."""
    try:
        mapping_drafts.save(connection, sent.version, sent.pairs, sent.decisions)
    except Faulty as error:
        return _page(connection, sent=sent, faults=error.faults, code=422)
    except StaleEdit as error:
        return _page(connection, sent=sent, refused=_said(error), code=409)
    return htmx.go(_back(connection))


def _page(
    connection: Any, *, sent: mapping_page.Sent | None = None, faults: Any = (), refused: str = "", code: int = 200
) -> Any:
    desk = mapping_drafts.read(connection)
    page = mapping_page.build(desk, mapping_suggestions.propose(desk), sent, faults)
    title = ("", "")
    if desk.is_read:
        many = len(desk.undecided)
        title = (
            (
                ngettext("%(num)d product there is undecided.", "%(num)d products there are undecided.", many),
                "needs_you",
            )
            if many
            else (gettext("Every product there is mapped or deliberately left out."), "fine")
        )
    html = render_template(
        "mappings/index.html", connection=connection, desk=desk, page=page, title=title, refused=refused,
        told=mapping_page.status(connection), closings=remote_closings.listed(connection), sisters=_sisters(connection),
        decisions=Decision, said=mapping_words,
    )  # fmt: skip
    return make_response(html, code)


def _review(connection: Any, refused: str = "", code: int = 200) -> Any:
    found = mapping_apply.review(connection)
    html = render_template(
        "mappings/review.html", connection=connection, review=found, desk=found.desk, refused=refused,
        names=mapping_page.names(found.desk), said=mapping_words,
    )  # fmt: skip
    return make_response(html, code)


def _history(connection: Any, refused: str = "", code: int = 200) -> Any:
    rows = mapping_apply.history(connection)
    html = render_template(
        "mappings/history.html", connection=connection, refused=refused, said=mapping_words,
        changes=[mapping_page.told(row, number == 0) for number, row in enumerate(rows)],
    )  # fmt: skip
    return make_response(html, code)


def _sisters(connection: Any) -> list[tuple[Any, Any]]:
    """(property, connection) of the same provider at the other properties this person may see."""
    who = person()
    listed = access.properties(who.id, g.place.belonging) if who else []
    return [
        (hotel, other)
        for hotel in listed
        if hotel.id != connection.property_id
        for other in connections.of_property(hotel.id)
        if other.provider == connection.provider
    ]


def _sister(connection: Any) -> Any:
    """The sister's connection that the address names. A stranger's is not there."""
    found = next((each for _, each in _sisters(connection) if str(each.id) == request.args["from"]), None)
    if found is None:
        raise NotFound("sister connection")
    return found


def _version() -> int:
    sent = request.form.get("version", "")
    if not sent.isascii() or not sent.isdigit() or len(sent) > 9:
        abort(400)
    return int(sent)


def _said(error: Refused) -> str:
    if isinstance(error, StaleEdit):
        return gettext(
            "%(reason)s What you chose is kept below and not saved yet: compare, then save again.",
            reason=refusals.said(error),
        )
    return refusals.said(error)


def _back(connection: Any) -> str:
    return url_for(".index", property_id=connection.property_id, connection_id=connection.id)
