"""Confirming an e-mail address by the link in a mail. Opening the link asks; only the button confirms: mail
programs open links by themselves."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for

from portal.services import verification
from portal.services.tokens import DeadLink
from portal.web import identity
from portal.web.guards import open_to_all, signed_in

bp = Blueprint("verification", __name__)
REASON = "The link proves the mailbox, in whatever browser it is opened."


@bp.get("/verify/<token>")
@open_to_all(REASON)
def look(token: str) -> Any:
    try:
        verification.look(token)
    except DeadLink:
        return _dead_page()
    return render_template("verification/look.html", token=token)


@bp.post("/verify/<token>")
@open_to_all(REASON)
def confirm(token: str) -> Any:
    try:
        verification.confirm(token)
    except DeadLink:
        return _dead_page()
    return redirect(url_for(".done"), 303)


@bp.get("/verified")
@open_to_all(REASON)
def done() -> Any:
    return render_template("verification/done.html", signed_in=identity.person() is not None)


@bp.post("/me/verification")
@signed_in
def send() -> Any:
    """Send the mail once more, and back to where the button was."""
    who = identity.known()
    if not who.is_verified:
        verification.ask(who.user, address=request.remote_addr or "")
    return redirect(url_for("auth.me", mailed=1), 303)


def _dead_page() -> Any:
    return make_response(render_template("verification/dead.html", signed_in=identity.person() is not None), 404)
