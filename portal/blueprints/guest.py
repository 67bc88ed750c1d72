"""The page of a colleague without an account: one step for one OTA, opened by a magic link, and nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for

from portal.domain.channels import channel
from portal.schemas.channel_setup import AccountForm
from portal.services import channel_setups, magic_links
from portal.services.errors import NotFound, Refused
from portal.services.magic_links import Visit
from portal.web import context, extranet_words, htmx
from portal.web.forms import Form
from portal.web.guards import open_to_all

bp = Blueprint("guest", __name__, url_prefix="/guest")

LONGEST_TOKEN = 128
WHY = "A colleague without an account proves who they are by the link, once, and by the cookie it gave."


@bp.get("/link/<token>")
@open_to_all(WHY)
def look(token: str) -> Any:
    """What the link is for. Looking does not use it up: mail programs look at links too."""
    if _here() is not None:
        return redirect(url_for(".index"), 303)
    try:
        _, name = magic_links.look(token[:LONGEST_TOKEN])
    except NotFound:
        return _ended()
    return render_template("guest/open.html", name=name, token=token)


@bp.post("/link/<token>")
@open_to_all(WHY)
def accept(token: str) -> Any:
    """Bind the link to this browser."""
    try:
        browser = magic_links.accept(token[:LONGEST_TOKEN])
    except NotFound:
        return _ended()
    answer = redirect(url_for(".index"), 303)
    secure = current_app.extensions["roomwire_settings"].in_production
    answer.set_cookie(
        _cookie_name(), browser, max_age=int(magic_links.LIVES.total_seconds()), secure=secure, httponly=True,
        samesite="Lax", path="/",
    )  # fmt: skip
    return answer


@bp.get("")
@open_to_all(WHY)
def index() -> Any:
    visit = _here()
    return _page(visit) if visit else _ended()


@bp.get("/status")
@open_to_all(WHY)
def status() -> Any:
    visit = _here()
    if visit is None:
        return htmx.go(url_for(".index"))
    if htmx.is_htmx() and visit.setup.state.value != request.args.get("was"):
        return htmx.go(url_for(".index"))
    return htmx.part("guest/_status.html", url_for(".index"), **_facts(visit))


@bp.post("/account")
@open_to_all(WHY)
def account() -> Any:
    visit = _here()
    if visit is None:
        return _ended()
    form = Form.read(AccountForm(), request.form)
    if form.errors:
        return _page(visit, form, 422)
    try:
        channel_setups.save_account(visit.setup, form.data["account_id"])
    except Refused as error:
        return _page(visit, form.refuse(error.field, error), 409)
    return htmx.go(url_for(".index"))


@bp.post("/done")
@open_to_all(WHY)
def done() -> Any:
    visit = _here()
    if visit is None:
        return _ended()
    channel_setups.did_it(visit.setup)
    return htmx.go(url_for(".index"))


@bp.post("/consent")
@open_to_all(WHY)
def consent() -> Any:
    """Ask for the link of an OTA that is connected by a consent."""
    visit = _here()
    if visit is None:
        return _ended()
    if channel_setups.guide(visit.setup.code).way == "consent":
        channel_setups.ask(visit.setup, "consent")
    return htmx.go(url_for(".index"))


@bp.get("/back/<uuid:place>/<code>")
@open_to_all("Whoever consented at Airbnb is sent back here: a guest to the step, others to a page behind the sign-in.")
def back(place: UUID, code: str) -> Any:
    if _here() is not None:
        return redirect(url_for(".index"), 303)
    return redirect(url_for("channel_setup.connect", property_id=place, code=code), 303)


def _page(visit: Visit, form: Form | None = None, status: int = 200) -> Any:
    return make_response(render_template("guest/index.html", form=form or Form(), **_facts(visit)), status)


def _facts(visit: Visit) -> dict[str, Any]:
    """What a guest sees: the steps, the hotel id, how far it is. Nothing else of the hotel."""
    setup, moment = visit.setup, channel_setups.moment()
    return {
        "setup": setup,
        "name": channel(setup.code).name,
        "hotel": visit.property.name,
        "zone": visit.property.timezone,
        "invited_by": visit.link.invited_by,
        "ends_at": visit.link.expires_at,
        "steps": extranet_words.steps(setup.code),
        "say": extranet_words,
        "link": channel_setups.live_link(setup, moment, only="consent"),
        "pending": channel_setups.is_waiting_for_a_worker(setup, moment),
        "look_sentence": extranet_words.look_sentence(setup.checked_at, setup.next_check_at, moment),
        "urls": {name: url_for(f".{name}") for name in ("account", "done", "status", "consent")},
    }


def _here() -> Visit | None:
    """The visit of this browser; the rest of the request works for its tenant, as the guest."""
    browser = request.cookies.get(_cookie_name(), "")[:LONGEST_TOKEN]
    if not browser:
        return None
    try:
        context.work_for(magic_links.organization_of(browser))
        visit = magic_links.visit(browser)
    except NotFound:
        return None
    context.act_as("guest", visit.link.id, magic_links.guest_name(visit.link.invited_by))
    return visit


def _ended() -> Any:
    return make_response(render_template("guest/ended.html"), 404)


def _cookie_name() -> str:
    return "__Host-roomwire-guest" if current_app.extensions["roomwire_settings"].in_production else "roomwire-guest"
