"""Where to work: the front page, the choice of a property, light or dark."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request, url_for

from portal.schemas.accounts import SwitchForm, ThemeForm
from portal.services import access, sessions
from portal.services.errors import NotFound
from portal.web import htmx, identity, shell
from portal.web.forms import Form
from portal.web.guards import open_to_all, signed_in

bp = Blueprint("switch", __name__)


@bp.get("/")
@signed_in
def front() -> Any:
    """The property of the last visit, else the only one, else the choice."""
    who = identity.person()
    assert who is not None
    choices = access.choices(who.id)
    hotels = [hotel.id for _, found in choices for hotel in found]
    if who.session.property_id in hotels:
        return redirect(shell.property_url(who.session.property_id), 303)
    if who.is_platform_admin and not hotels:
        return redirect(url_for("admin.tenants"), 303)
    if len(hotels) == 1:
        return redirect(shell.property_url(hotels[0]), 303)
    offices = access.offices(who.id)
    if not hotels and len(offices) == 1:
        return redirect(url_for("onboarding.start", organization_id=offices[0].organization_id), 303)
    return redirect(url_for(".choose"), 303)


@bp.get("/switch")
@signed_in
def choose() -> Any:
    who = identity.person()
    assert who is not None
    words = request.args.get("q", "")[:100]
    choices = access.choices(who.id, words)
    template = "auth/_choices.html" if htmx.is_htmx() else "auth/choose.html"
    return render_template(template, choices=choices, words=words, offices=access.offices(who.id))


@bp.post("/switch")
@signed_in
def switch() -> Any:
    who = identity.person()
    assert who is not None
    form = Form.read(SwitchForm(), request.form)
    if form.errors:
        abort(400)
    for belonging, hotels in access.choices(who.id):
        if form.data["property_id"] in {hotel.id for hotel in hotels}:
            sessions.remember_place(who.session.id, belonging.organization_id, form.data["property_id"])
            return redirect(shell.property_url(form.data["property_id"]), 303)
    access.denied(who.id, access.belongings(who.id), "property", form.data["property_id"])
    raise NotFound("property")


@bp.post("/theme")
@open_to_all("Light or dark is also for who is not signed in.")
def theme() -> Any:
    form = Form.read(ThemeForm(), request.form)
    if form.errors:
        abort(400)
    answer = make_response(redirect(identity.safe_path(form.data["next"]) or "/", 303))
    secure = current_app.extensions["roomwire_settings"].in_production
    if form.data["theme"]:
        answer.set_cookie(
            shell.THEME_COOKIE, form.data["theme"], max_age=shell.LONG_YEAR, httponly=True, samesite="Lax",
            secure=secure,
        )  # fmt: skip
    else:
        answer.delete_cookie(shell.THEME_COOKIE, httponly=True, samesite="Lax", secure=secure)
    return answer
