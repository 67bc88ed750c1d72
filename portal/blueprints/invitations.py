"""The link of an invitation. Opening it changes nothing; a button or a form accepts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for

from portal.schemas.members import JoinForm
from portal.services import accounts, invitations, passwords
from portal.services.invitations import WrongAccount
from portal.services.tokens import DeadLink
from portal.web import identity
from portal.web.forms import Form
from portal.web.guards import open_to_all, signed_in
from portal.web.password_words import weakness, whence

bp = Blueprint("invitations", __name__)
REASON = "Who is invited may have no account yet."


@bp.get("/invitations/<token>")
@open_to_all(REASON)
def look(token: str) -> Any:
    return _page(token, Form())


@bp.post("/invitations/<token>/accept")
@signed_in
def accept(token: str) -> Any:
    """For who is signed in as the invited person."""
    try:
        invitations.accept(token, identity.known().user)
    except (DeadLink, WrongAccount):
        return _page(token, Form(), 422)
    return redirect("/", 303)


@bp.post("/invitations/<token>/join")
@open_to_all(REASON)
def join(token: str) -> Any:
    """For who has no account: a name and a password make one."""
    form = Form.read(JoinForm(), request.form)
    if form.errors or identity.person():
        return _page(token, form, 422)
    try:
        session = invitations.join(token, form.data["name"], form.data["new_password"], **whence())
    except accounts.WeakPassword as error:
        return _page(token, form.refuse("new_password", weakness(error.weakness)), 422)
    except (DeadLink, WrongAccount):
        return _page(token, Form(), 422)
    return identity.give_cookie(redirect("/", 303), session)


def _page(token: str, form: Form, status: int = 200) -> Any:
    try:
        offer = invitations.look(token)
    except DeadLink:
        return make_response(render_template("invitations/dead.html"), 404)
    who = identity.person()
    page = render_template(
        "invitations/look.html", form=form, token=token, offer=offer, who=who, shortest=passwords.SHORTEST,
        sign_in=url_for("auth.sign_in", next=url_for(".look", token=token)),
    )  # fmt: skip
    return make_response(page, status)
