"""Connecting one OTA: its page, what a person says and asks there. A worker does it; the page looks until then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, current_app, make_response, render_template, request, url_for
from flask_babel import gettext

from portal.domain import extranet, ota_products, suggestions
from portal.domain.channels import channel
from portal.schemas.channel_setup import AccountForm, AskForm, SwitchingForm, TickForm
from portal.services import (
    channel_checklist,
    channel_readback,
    channel_setups,
    channel_work,
    connections,
    magic_links,
)
from portal.services.errors import NotFound, Refused
from portal.web import extranet_words, htmx, refusals
from portal.web.forms import Form
from portal.web.guards import allowed

bp = Blueprint("channel_setup", __name__, url_prefix="/p/<uuid:property_id>/channels")


@dataclass(frozen=True)
class View:
    """One OTA's page: `setup` is None before anything was said."""

    code: str
    guide: extranet.Guide
    connection: Any
    setup: Any
    moment: Any
    there: Any = None  # the channel, where it was connected at the provider itself

    @property
    def name(self) -> str:
        return channel(self.code).name

    @property
    def state(self) -> str:
        if self.setup:
            return str(self.setup.state.value)
        return "connected" if self.there else ""

    @property
    def pending(self) -> bool:
        waiting = self.setup is not None and channel_setups.is_waiting_for_a_worker(self.setup, self.moment)
        return waiting and not self.held

    @property
    def held(self) -> bool:
        """Whether everything is chosen, and is switched on with the property's activation."""
        waits = self.connection is not None and channel_work.waits_for_activation(self.connection)
        return waits and self.state == "connecting"

    @property
    def slow(self) -> bool:
        """Nothing but the OTA can move it now: the page need not look every two seconds."""
        return self.state == "waiting" and not (self.setup and self.setup.wish)

    @property
    def link(self) -> str:
        return channel_setups.live_link(self.setup, self.moment) if self.setup else ""

    @property
    def look_sentence(self) -> str:
        setup = self.setup
        return extranet_words.look_sentence(setup.checked_at, setup.next_check_at, self.moment) if setup else ""

    @property
    def ticks(self) -> list[tuple[str, Any, Any, Any]]:
        """(item, its name, why, who and when) in order."""
        switching = bool(self.setup and self.setup.switching)
        done = channel_checklist.ticked(self.setup)
        return [(item, *extranet_words.TICKS[item], done.get(item)) for item in extranet.ticks_of(self.code, switching)]


@bp.get("/<code>/connect")
@allowed("connections.view")
def connect(property_id: UUID, code: str) -> Any:
    return _page(property_id, code)


@bp.get("/<code>/status")
@allowed("connections.view")
def status(property_id: UUID, code: str) -> Any:
    """What changes while somebody waits. When the state is another than the page was drawn with, it is drawn anew."""
    view = _view(property_id, code)
    if htmx.is_htmx() and view.state != request.args.get("was"):
        return htmx.go(_back(property_id, code))
    return htmx.part("channel_setup/_status.html", _back(property_id, code), view=view)


@bp.post("/<code>/account")
@allowed("connections.edit")
def account(property_id: UUID, code: str) -> Any:
    form = Form.read(AccountForm(), request.form)
    if form.errors:
        return _page(property_id, code, form, 422)
    setup = _begin(property_id, code)
    try:
        channel_setups.save_account(setup, form.data["account_id"], repair=request.form.get("repair") == "1")
    except Refused as error:
        return _page(property_id, code, form.refuse(error.field, error), 409)
    return htmx.go(_back(property_id, code))


@bp.post("/<code>/done")
@allowed("connections.edit")
def done(property_id: UUID, code: str) -> Any:
    channel_setups.did_it(_begin(property_id, code))
    return htmx.go(_back(property_id, code))


@bp.post("/<code>/tick")
@allowed("connections.edit")
def tick(property_id: UUID, code: str) -> Any:
    form = Form.read(TickForm(), request.form)
    if form.errors:
        abort(400)
    channel_checklist.tick(_begin(property_id, code), form.data["item"], form.data["done"])
    return htmx.go(_back(property_id, code, "checklist"))


@bp.post("/<code>/switching")
@allowed("connections.edit")
def switching(property_id: UUID, code: str) -> Any:
    form = Form.read(SwitchingForm(), request.form)
    if form.errors:
        abort(400)
    channel_checklist.set_switching(_begin(property_id, code), form.data["switching"])
    return htmx.go(_back(property_id, code, "switching"))


@bp.post("/<code>/choose")
@allowed("connections.edit")
def choose(property_id: UUID, code: str) -> Any:
    setup = _known(property_id, code)
    chosen = {name.removeprefix("product-"): value for name, value in request.form.items()
              if name.startswith("product-")}  # fmt: skip
    try:
        wrong = channel_setups.choose(setup, chosen)
    except Refused as error:
        return _page(property_id, code, status=409, refused=refusals.said(error))
    if wrong:
        return _page(property_id, code, status=422, wrong=wrong)
    return htmx.go(_back(property_id, code))


@bp.post("/<code>/ask")
@allowed("connections.edit")
def ask(property_id: UUID, code: str) -> Any:
    """Pause, resume, disconnect, or a link of the provider. An OTA connected at the provider itself is taken up."""
    form = Form.read(AskForm(), request.form)
    if form.errors:
        abort(400)
    setup = _begin(property_id, code)
    try:
        channel_setups.ask(setup, form.data["wish"])
    except Refused as error:
        return _page(property_id, code, status=409, refused=refusals.said(error))
    return htmx.go(_back(property_id, code))


@bp.post("/<code>/invite")
@allowed("connections.edit")
def invite(property_id: UUID, code: str) -> Any:
    """The link is shown on this one answer and never again."""
    token = magic_links.invite(_begin(property_id, code))
    return _page(property_id, code, invitation=url_for("guest.look", token=token, _external=True))


@bp.post("/<code>/revoke")
@allowed("connections.edit")
def revoke(property_id: UUID, code: str) -> Any:
    magic_links.revoke(_known(property_id, code))
    return htmx.go(_back(property_id, code, "colleague"))


def _page(
    property_id: UUID, code: str, form: Form | None = None, status: int = 200, *, refused: str = "",
    wrong: Mapping[str, str] | None = None, invitation: str = "",
) -> Any:  # fmt: skip
    view = _view(property_id, code)
    products, plans, hints = _products(view)
    page = render_template(
        "channel_setup/connect.html",
        view=view,
        steps=extranet_words.steps(code),
        say=extranet_words,
        form=form or Form(),
        refused=refused,
        wrong=wrong or {},
        products=products,
        plans=plans,
        hints=hints,
        clear=ota_products.is_clear(products, plans),
        links=magic_links.open_ones(view.setup) if view.setup else (),
        invitation=invitation,
        counting=channel_readback.counting(view.connection) if view.connection else (),
        urls=_urls(property_id, code),
    )
    return make_response(page, status)


def _products(view: View) -> tuple[Any, Any, dict[str, tuple[str, int]]]:
    """What the OTA sells, our plans, and for each product the plan it is probably: (plan id, confidence)."""
    if view.connection is None or view.setup is None or view.state not in ("choosing", "error"):
        return [], [], {}
    products, plans = channel_setups.products_of(view.setup), channel_setups.plans_of(view.connection.id)
    ours = [suggestions.Product(plan.id, f"{plan.room_name} {plan.name}", plan.occupancy) for plan in plans]
    theirs = [suggestions.Product(each.key, f"{each.room_name} {each.rate_name}", each.occupancy) for each in products]
    hints = {each.theirs: (each.ours, each.confidence) for each in suggestions.suggest(ours, theirs)}
    return products, plans, hints


def _view(property_id: UUID, code: str) -> View:
    guide = channel_setups.guide(code)
    connection = channel_setups.connection_of(property_id)
    setup = channel_setups.find(connection.id, code) if connection else None
    there = _there(connection.id, code) if connection and setup is None else None
    return View(code, guide, connection, setup, channel_setups.moment(), there)


def _there(connection_id: UUID, code: str) -> Any:
    """The channel of this OTA that is on at the provider, though nobody connected it here."""
    rows = connections.channels(connection_id)
    return next((row for row in rows if row.code == code and row.state in ("connected", "error")), None)


def _begin(property_id: UUID, code: str) -> Any:
    """The OTA's row, made now when there is none. Raises `NotFound` without a connection to a provider."""
    channel_setups.guide(code)
    connection = channel_setups.connection_of(property_id)
    if connection is None:
        raise NotFound("connection")
    known = channel_setups.find(connection.id, code)
    if known is not None:
        return known
    there = _there(connection.id, code)
    return channel_setups.start(connection, code, external_id=there.external_id if there else None)


def _known(property_id: UUID, code: str) -> Any:
    connection = channel_setups.connection_of(property_id)
    if connection is None:
        raise NotFound("connection")
    return channel_setups.required(connection.id, code)


def _urls(property_id: UUID, code: str) -> dict[str, str]:
    """Where the shared parts post: a guest's page has other addresses for the same parts."""
    here = {"property_id": property_id, "code": code}
    return {name: url_for(f".{name}", **here) for name in ("account", "done", "status", "connect")}


def _back(property_id: UUID, code: str, anchor: str = "") -> str:
    return url_for(".connect", property_id=property_id, code=code, _anchor=anchor or None)


@bp.app_context_processor
def _tabs() -> dict[str, Any]:
    return {"channel_tabs": channel_tabs, "extranet_words": extranet_words}


def channel_tabs(property_id: UUID) -> list[dict[str, Any]]:
    """The tabs over everything about channels; one whose page is not there is left out."""
    wanted = (
        ("connections.index", gettext("Connections")),
        ("mappings.index", gettext("Mappings")),
        ("channel_limits.index", gettext("Limits")),
        ("history.index", gettext("Sync history")),
        ("channel_settings.index", gettext("Settings")),
    )
    there = [(endpoint, label) for endpoint, label in wanted if endpoint in current_app.view_functions]
    connection = channel_setups.connection_of(property_id)
    only = {"history.index": {"connection": connection.id}} if connection else {}
    return [
        {
            "url": url_for(endpoint, property_id=property_id, **only.get(endpoint, {})),
            "label": label,
            "current": (request.endpoint or "").split(".")[0] == endpoint.split(".")[0],
        }
        for endpoint, label in there
    ]
