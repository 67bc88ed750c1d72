"""Connecting a property to a channel manager where it exists already: code, account, property, rooms, start.

Nothing here calls the provider: each step is written down, a worker does it, the page looks until it is done.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, g, make_response, render_template, request, url_for

from portal.schemas.sign_in_codes import CodeForm, NewCodeForm, PaceForm, PropertyForm
from portal.services import connections, login_standing
from portal.services.errors import NotFound, Refused
from portal.services.login_standing import Standing
from portal.web import htmx
from portal.web.forms import Form
from portal.web.guards import allowed, fresh

bp = Blueprint("sign_in_codes", __name__, url_prefix="/p/<uuid:property_id>/connect/<provider>")


@bp.get("")
@allowed("connections.edit")
def index(property_id: UUID, provider: str) -> Any:
    return _page(property_id, provider)


@bp.get("/state")
@allowed("connections.edit")
def state(property_id: UUID, provider: str) -> Any:
    """How far the worker is: asked for while it is at it, and no longer. When the step is done the page is new."""
    standing = _standing(property_id, provider)
    if htmx.is_htmx() and standing.step != request.args.get("was"):
        return htmx.go(_here(property_id, provider))
    return htmx.part("sign_in_codes/_state.html", _here(property_id, provider), standing=standing, provider=provider)


@bp.post("")
@allowed("connections.edit")
@fresh
def connect(property_id: UUID, provider: str) -> Any:
    standing = _standing(property_id, provider)
    form = Form.read(CodeForm(), request.form)
    if form.errors:
        return _page(property_id, provider, form, 422)
    code, login_id = form.data["code"], form.data["login_id"]
    try:
        if standing.connection is not None and standing.step == "code" and code:
            _enter_again(standing, code)
        else:
            connections.create(g.property, provider, code=code, login_id=None if code else login_id)
    except Refused as error:
        return _page(property_id, provider, form.refuse(error.field, error), 409)
    return htmx.go(_here(property_id, provider))


def _enter_again(standing: Standing, code: str) -> None:
    """The first code was refused, or the connection was ended: another begins it anew."""
    connection = standing.connection
    if connection is None:
        raise NotFound("connection")
    if connection.state == "disconnected":
        connections.create(g.property, connection.provider, code=code)
    else:
        connections.sign_in_again(connection, code)


@bp.post("/code")
@allowed("connections.edit")
@fresh
def code(property_id: UUID, provider: str) -> Any:
    """A new code for the account of a connection that works, or did."""
    connection = _connection(property_id, provider)
    form = Form.read(NewCodeForm(), request.form)
    if form.errors:
        return _page(property_id, provider, form, 422)
    connections.sign_in_again(connection, form.data["code"])
    return htmx.go(_here(property_id, provider))


@bp.post("/property")
@allowed("connections.edit")
def choose(property_id: UUID, provider: str) -> Any:
    connection = _connection(property_id, provider)
    form = Form.read(PropertyForm(), request.form)
    if form.errors:
        return _page(property_id, provider, form, 422)
    try:
        connections.choose_property(connection, form.data["external_property_id"])
    except Refused as error:
        return _page(property_id, provider, form.refuse(error.field, error), 409)
    return htmx.go(_here(property_id, provider))


@bp.post("/start")
@allowed("connections.edit")
def start(property_id: UUID, provider: str) -> Any:
    try:
        connections.start(_connection(property_id, provider))
    except Refused as error:
        return _page(property_id, provider, Form().refuse(None, error), 409)
    return htmx.go(_here(property_id, provider))


@bp.post("/pace")
@allowed("connections.edit")
def pace(property_id: UUID, provider: str) -> Any:
    connection = _connection(property_id, provider)
    form = Form.read(PaceForm(), request.form)
    if form.errors:
        return _page(property_id, provider, form, 422)
    try:
        connections.read_every(connection, form.data["minutes"])
    except Refused as error:
        return _page(property_id, provider, form.refuse(error.field, error), 409)
    return htmx.go(_here(property_id, provider))


def _page(property_id: UUID, provider: str, form: Form | None = None, status: int = 200) -> Any:
    standing = _standing(property_id, provider)
    page = render_template(
        "sign_in_codes/index.html",
        standing=standing,
        provider=provider,
        form=form or Form(),
        accounts=login_standing.accounts(provider) if standing.step == "code" else (),
    )
    return make_response(page, status)


def _standing(property_id: UUID, provider: str) -> Standing:
    return login_standing.of_provider(connections.of_property(property_id), provider)


def _connection(property_id: UUID, provider: str) -> Any:
    connection = _standing(property_id, provider).connection
    if connection is None:
        raise NotFound("connection")
    return connection


def _here(property_id: UUID, provider: str) -> str:
    return url_for(".index", property_id=property_id, provider=provider)
