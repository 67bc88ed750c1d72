"""Showing once more who one is before what matters most: `@fresh`, below a guard.

    @bp.post("/o/<uuid:organization_id>/invitations")
    @allowed_in_organization("members.edit")
    @fresh
    def invite(organization_id: UUID): ...

Asked is a password, and a code where codes are on, when the last proof is older than ten minutes. What was typed
into the form stays in it; a form with files is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from portal.services import accounts, second_steps, sessions
from portal.web import htmx, identity
from portal.web.forms import Form

View = TypeVar("View", bound=Callable[..., Any])

PASSWORD, CODE = "proof_password", "proof_code"
_OURS = (PASSWORD, CODE, "csrf_token")


def fresh(view: View) -> View:
    """Ask who it is, then do what was asked for."""

    @wraps(view)
    def asked(**arguments: Any) -> Any:
        who = identity.known()
        if sessions.proved_recently(who.session.id):
            return view(**arguments)
        if htmx.is_htmx():
            return htmx.go(url_for("proof.ask", next=_seen(request.headers.get("HX-Current-URL", ""))))
        if request.method == "GET":
            return redirect(url_for("proof.ask", next=identity.safe_path(request.full_path.rstrip("?"))), 303)
        if request.files:
            return redirect(url_for("proof.ask", next=_seen(request.referrer or "")), 303)
        form = Form()
        token = check(form) if PASSWORD in request.form else None
        if token is None:
            return page(form, request.path, kept=_kept())
        identity.rebind(token)
        return identity.give_cookie(make_response(view(**arguments)), token)

    return asked  # type: ignore[return-value]


def check(form: Form) -> str | None:
    """The session's new token when the proof of the request is right; else None, and the form says why."""
    who = identity.known()
    try:
        return accounts.prove(
            who.user, who.session.id, request.form.get(PASSWORD, "")[:200], request.form.get(CODE, "")[:40],
            address=request.remote_addr or "",
        )  # fmt: skip
    except accounts.WrongSignIn:
        form.refuse(PASSWORD, gettext("This is not your password."))
    except second_steps.WrongCode:
        form.refuse(CODE, gettext("This code is not right, or was used before. Wait for the next one."))
    return None


def page(form: Form, action: str, *, kept: list[tuple[str, str]] | None = None, then: str = "") -> Any:
    """The page that asks; `kept` is what was typed before, sent along with the proof."""
    code = second_steps.is_on(identity.known().id)
    words = render_template("proof/ask.html", form=form, action=action, kept=kept or [], next=then, code=code)
    return make_response(words, 422 if form.errors else 403 if request.method == "POST" else 200)


def _kept() -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.form.lists() if name not in _OURS for value in values]


def _seen(url: str) -> str | None:
    """The path of the page the person looks at."""
    parts = urlsplit(url)
    return identity.safe_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)
