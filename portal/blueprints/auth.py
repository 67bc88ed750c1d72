"""Signing in and out, and the person's own page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.schemas.accounts import PasswordForm, SignInForm
from portal.services import accounts, passwords, second_steps, sessions, sign_up
from portal.services.errors import NotFound
from portal.web import devices, htmx, identity
from portal.web.forms import Form
from portal.web.guards import open_to_all, signed_in
from portal.web.password_words import weakness, whence

bp = Blueprint("auth", __name__)


@bp.get("/sign-in")
@open_to_all("Nobody is signed in before signing in.")
def sign_in() -> Any:
    if identity.person():
        return redirect(identity.safe_path(request.args.get("next")) or "/", 303)
    return _sign_in_page(Form())


@bp.post("/sign-in")
@open_to_all("Nobody is signed in before signing in.")
def check_sign_in() -> Any:
    form = Form.read(SignInForm(), request.form)
    if form.errors:
        return _sign_in_page(form, 422)
    try:
        token = accounts.sign_in(
            form.data["email"],
            form.data["password"],
            **whence(),
            previous=identity.cookie(request),
        )
    except accounts.WrongSignIn:
        form.refuse(None, gettext("The e-mail address or the password is wrong."))
        return _sign_in_page(form, 422)
    except accounts.CodeNeeded as needed:
        wanted = identity.safe_path(request.form.get("next"))
        return identity.give_pending(redirect(url_for("second_step.ask", next=wanted), 303), needed.pending)
    # A new page load with the new cookie: the form token of the visitor before is worth nothing from here on.
    return identity.give_cookie(redirect(identity.safe_path(request.form.get("next")) or "/", 303), token)


@bp.post("/sign-out")
@signed_in
def sign_out() -> Any:
    who = identity.person()
    if who:
        sessions.close(who.session.id)
    return identity.take_cookie(htmx.go(url_for(".sign_in")))


@bp.get("/me")
@signed_in
def me() -> Any:
    return _my_page(Form())


@bp.post("/me/password")
@signed_in
def change_password() -> Any:
    who = identity.known()
    form = Form.read(PasswordForm(), request.form)
    if form.errors:
        return _my_page(form, 422)
    try:
        token = accounts.change_password(
            who.user,
            form.data["password"],
            form.data["new_password"],
            **whence(),
        )
    except accounts.WeakPassword as error:
        return _my_page(form.refuse("new_password", weakness(error.weakness)), 422)
    except accounts.WrongSignIn:
        return _my_page(form.refuse("password", gettext("This is not your password.")), 422)
    return identity.give_cookie(redirect(url_for(".me", changed=1), 303), token)


@bp.post("/me/sessions/<uuid:session_id>/close")
@signed_in
def close_session(session_id: UUID) -> Any:
    if session_id not in {each.id for each in sessions.of_user(identity.known().id)}:
        raise NotFound("session")
    sessions.close(session_id)
    return redirect(url_for(".me"), 303)


@bp.post("/me/sessions/close-others")
@signed_in
def close_other_sessions() -> Any:
    who = identity.known()
    sessions.close_others(who.id, who.session.id)
    return redirect(url_for(".me"), 303)


def _sign_in_page(form: Form, status: int = 200) -> Any:
    wanted = identity.safe_path(request.values.get("next"))
    changed = request.args.get("changed") == "1"
    page = render_template("auth/sign_in.html", form=form, next=wanted, changed=changed, sign_up=sign_up.is_open())
    return make_response(page, status)


def _my_page(form: Form, status: int = 200) -> Any:
    who = identity.known()
    page = render_template(
        "auth/me.html", form=form, sessions=sessions.of_user(who.id), this_session=who.session.id,
        changed=request.args.get("changed") == "1", mailed=request.args.get("mailed") == "1",
        shortest=passwords.SHORTEST, device=devices.device, second_step=second_steps.is_on(who.id),
    )  # fmt: skip
    return make_response(page, status)
