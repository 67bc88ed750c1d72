"""A forgotten password: asking for a link, and choosing a new one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for

from portal.schemas.accounts import AddressForm, NewPasswordForm
from portal.services import accounts, mails, passwords, recovery
from portal.services.tokens import DeadLink
from portal.web.forms import Form
from portal.web.guards import open_to_all
from portal.web.password_words import weakness

bp = Blueprint("recovery", __name__)
REASON = "Who forgot the password cannot sign in."


@bp.get("/forgotten")
@open_to_all(REASON)
def ask() -> Any:
    return _ask_page(Form())


@bp.post("/forgotten")
@open_to_all(REASON)
def send() -> Any:
    form = Form.read(AddressForm(), request.form)
    if form.errors:
        return _ask_page(form, 422)
    recovery.ask(form.data["email"], address=request.remote_addr or "")
    return redirect(url_for(".sent"), 303)


@bp.get("/forgotten/sent")
@open_to_all(REASON)
def sent() -> Any:
    """The same page whether or not there is such an account."""
    return render_template("recovery/sent.html")


@bp.get("/reset/<token>")
@open_to_all(REASON)
def choose(token: str) -> Any:
    try:
        recovery.look(token)
    except DeadLink:
        return _dead_page()
    return _choose_page(Form(), token)


@bp.post("/reset/<token>")
@open_to_all(REASON)
def change(token: str) -> Any:
    form = Form.read(NewPasswordForm(), request.form)
    try:
        if form.errors:
            recovery.look(token)
            return _choose_page(form, token, 422)
        recovery.choose(token, form.data["new_password"])
    except DeadLink:
        return _dead_page()
    except accounts.WeakPassword as error:
        return _choose_page(form.refuse("new_password", weakness(error.weakness)), token, 422)
    return redirect(url_for("auth.sign_in", changed=1), 303)


def _ask_page(form: Form, status: int = 200) -> Any:
    return make_response(render_template("recovery/ask.html", form=form, mails=mails.configured()), status)


def _choose_page(form: Form, token: str, status: int = 200) -> Any:
    page = render_template("recovery/choose.html", form=form, token=token, shortest=passwords.SHORTEST)
    return make_response(page, status)


def _dead_page() -> Any:
    return make_response(render_template("recovery/dead.html", mails=mails.configured()), 404)
