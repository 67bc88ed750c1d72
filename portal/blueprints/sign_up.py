"""Signing up: who founds an organization starts to work at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.schemas.accounts import SignUpForm
from portal.services import accounts, attempts, passwords, sign_up
from portal.services.errors import Refused
from portal.web import i18n, identity
from portal.web.forms import Form
from portal.web.guards import open_to_all
from portal.web.password_words import weakness, whence

bp = Blueprint("sign_up", __name__)
REASON = "Who signs up has no account yet."


@bp.get("/sign-up")
@open_to_all(REASON)
def start() -> Any:
    if not sign_up.is_open():
        abort(404)
    if identity.person():
        return redirect("/", 303)
    return _page(Form())


@bp.post("/sign-up")
@open_to_all(REASON)
def found() -> Any:
    if not sign_up.is_open():
        abort(404)
    form = Form.read(SignUpForm(), request.form)
    if form.errors:
        return _page(form, 422)
    wish = sign_up.Wish(form.data["name"], form.data["organization"], form.data["email"], form.data["new_password"],
                        i18n.chosen())  # fmt: skip
    try:
        token = sign_up.start(wish, **whence())
    except accounts.WeakPassword as error:
        return _page(form.refuse("new_password", weakness(error.weakness)), 422)
    except sign_up.KnownAlready:
        return redirect(url_for(".sent"), 303)
    except attempts.TooManyAttempts:
        raise
    except Refused:
        return _page(form.refuse(None, gettext("This could not be taken. Look at the name and the address.")), 422)
    # The front page leads an owner without a property to the set-up of one.
    return identity.give_cookie(redirect("/", 303), token)


@bp.get("/sign-up/sent")
@open_to_all(REASON)
def sent() -> Any:
    if not sign_up.is_open():
        abort(404)
    return render_template("sign_up/sent.html")


def _page(form: Form, status: int = 200) -> Any:
    return make_response(render_template("sign_up/start.html", form=form, shortest=passwords.SHORTEST), status)
