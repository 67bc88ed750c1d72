"""Codes from the phone: asked for at sign-in, switched on and off by the person."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.schemas.accounts import CodeForm, SwitchOffForm
from portal.services import accounts, second_steps
from portal.services.second_steps import WrongCode
from portal.services.tokens import DeadLink
from portal.web import identity, qr
from portal.web.forms import Form
from portal.web.guards import fresh, open_to_all, signed_in
from portal.web.password_words import whence

bp = Blueprint("second_step", __name__)
REASON = "Nobody is signed in before the second step."


@bp.get("/sign-in/code")
@open_to_all(REASON)
def ask() -> Any:
    if not identity.pending(request):
        return redirect(url_for("auth.sign_in"), 303)
    return _code_page(Form())


@bp.post("/sign-in/code")
@open_to_all(REASON)
def check() -> Any:
    form = Form.read(CodeForm(), request.form)
    if form.errors:
        return _code_page(form, 422)
    try:
        token = accounts.finish_sign_in(identity.pending(request) or "", form.data["code"], **whence())
    except DeadLink:  # it took too long, or it was finished in another window
        return identity.forget_pending(redirect(url_for("auth.sign_in"), 303))
    except WrongCode:
        return _code_page(form.refuse("code", _wrong()), 422)
    then = identity.safe_path(request.form.get("next")) or "/"
    return identity.forget_pending(identity.give_cookie(redirect(then, 303), token))


@bp.get("/me/second-step")
@signed_in
def index() -> Any:
    return _page(Form())


@bp.post("/me/second-step/start")
@signed_in
@fresh
def start() -> Any:
    if not second_steps.is_on(identity.known().id):
        second_steps.begin(identity.known().user)
    return redirect(url_for(".index"), 303)


@bp.post("/me/second-step/confirm")
@signed_in
def confirm() -> Any:
    return _with_code(second_steps.confirm)


@bp.post("/me/second-step/codes")
@signed_in
@fresh
def renew_codes() -> Any:
    return _with_code(second_steps.renew_codes)


@bp.post("/me/second-step/off")
@signed_in
def switch_off() -> Any:
    form = Form.read(SwitchOffForm(), request.form)
    if form.errors:
        return _page(form, 422)
    who = identity.known()
    try:
        second_steps.switch_off(
            who.user, form.data["password"], form.data["off_code"], address=request.remote_addr or ""
        )
    except WrongCode:
        return _page(form.refuse("off_code", gettext("The password or the code is not right.")), 422)
    return redirect(url_for(".index", done="off"), 303)


def _with_code(act: Any) -> Any:
    """Do what a code allows, and show the recovery codes it made: once."""
    form = Form.read(CodeForm(), request.form)
    if form.errors:
        return _page(form, 422)
    try:
        codes = act(identity.known().user, form.data["code"])
    except WrongCode:
        return _page(form.refuse("code", _wrong()), 422)
    return render_template("second_step/codes.html", codes=codes)


def _page(form: Form, status: int = 200) -> Any:
    user = identity.known().user
    state = second_steps.state(user.id)
    setup = second_steps.setup(user) if state.setting_up else None
    drawing = qr.drawing(setup.address) if setup else ""
    page = render_template(
        "second_step/index.html", form=form, state=state, setup=setup, drawing=drawing,
        done=request.args.get("done", ""),
    )  # fmt: skip
    return make_response(page, status)


def _code_page(form: Form, status: int = 200) -> Any:
    wanted = identity.safe_path(request.values.get("next"))
    return make_response(render_template("second_step/ask.html", form=form, next=wanted), status)


def _wrong() -> str:
    sentence: str = gettext("This code is not right, or was used before. Wait for the next one.")
    return sentence
