"""The sign-in cookie: flask-login asks us, we ask the session table."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, redirect, request, session, url_for
from flask_login import UserMixin, current_user
from werkzeug.wrappers import Response as AnyResponse

from portal.config import Settings
from portal.crypto import token_hash
from portal.extensions import login_manager
from portal.services import accounts, sessions
from portal.web import context, htmx

BOUND = "bound"
LONGEST_COOKIE = 128
PENDING_SECONDS = 600


class Person(UserMixin):  # type: ignore[misc]
    """`current_user` of a signed-in request."""

    def __init__(self, signed_in: sessions.SignedIn) -> None:
        self.user = signed_in.user
        self.session = signed_in.session
        self.id = signed_in.user.id
        self.name = signed_in.user.name
        self.email = signed_in.user.email
        self.locale = signed_in.user.locale
        self.is_platform_admin = signed_in.user.is_platform_admin
        self.is_verified = accounts.is_verified(signed_in.user)


def install(app: Flask) -> None:
    login_manager.session_protection = None  # there is nothing in flask's own session to protect
    login_manager.init_app(app, add_context_processor=True)
    login_manager.request_loader(load)
    login_manager.unauthorized_handler(ask_to_sign_in)
    app.before_request(bind_forms)


def load(asked: Request) -> Person | None:
    token = cookie(asked)
    if not token:
        return None
    found = sessions.find(token, by_a_person=not htmx.is_polling(asked))
    if found is None:
        return None
    context.act_as("platform" if found.user.is_platform_admin else "user", found.user.id, found.user.name)
    return Person(found)


def cookie_name(settings: Settings) -> str:
    """`__Host-`: the browser takes it from this very host only, over https, for all paths."""
    return "__Host-roomwire" if settings.in_production else "roomwire"


def cookie(asked: Request) -> str | None:
    token = asked.cookies.get(cookie_name(_settings()))
    return token if token and len(token) <= LONGEST_COOKIE and token.isascii() else None


def give_cookie(response: AnyResponse, token: str) -> AnyResponse:
    """Sign this browser in."""
    response.set_cookie(
        cookie_name(_settings()),
        token,
        max_age=_settings().session_days * 86400,
        secure=_settings().in_production,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def take_cookie(response: AnyResponse) -> AnyResponse:
    """Sign this browser out: its session has been closed already."""
    response.delete_cookie(
        cookie_name(_settings()), secure=_settings().in_production, httponly=True, samesite="Lax", path="/"
    )
    return response


def pending(asked: Request) -> str | None:
    """The token of a sign-in that waits for its code."""
    token = asked.cookies.get(_pending_name())
    return token if token and len(token) <= LONGEST_COOKIE and token.isascii() else None


def give_pending(response: AnyResponse, token: str) -> AnyResponse:
    """Remember in this browser that a code is asked for. How long is the token's own affair, in the table."""
    response.set_cookie(
        _pending_name(), token, max_age=PENDING_SECONDS, secure=_settings().in_production, httponly=True,
        samesite="Lax", path="/",
    )  # fmt: skip
    return response


def forget_pending(response: AnyResponse) -> AnyResponse:
    response.delete_cookie(_pending_name(), secure=_settings().in_production, httponly=True, samesite="Lax", path="/")
    return response


def rebind(token: str) -> None:
    """The session goes on under a new token; forms shown by this very answer stay good."""
    session[BOUND] = token_hash(token).hex()[:16]


def bind_forms() -> None:
    """Tie flask's cookie, which holds the form token, to the sign-in: another sign-in, another token."""
    token = cookie(request)
    bound = token_hash(token).hex()[:16] if token else ""
    if session.get(BOUND, "") != bound:
        session.clear()
        if bound:
            session[BOUND] = bound


def ask_to_sign_in() -> AnyResponse:
    """The way to the sign-in page. A fragment never gets that page into itself: the whole window goes there."""
    if htmx.is_htmx():
        seen = urlsplit(request.headers.get("HX-Current-URL", ""))
        here = safe_path(f"{seen.path}?{seen.query}" if seen.query else seen.path)
        answer = Response(status=401)
        answer.headers["HX-Redirect"] = url_for("auth.sign_in", next=here or None)
        return answer
    if request.method != "GET":
        return redirect(url_for("auth.sign_in"), 303)
    here = request.full_path.rstrip("?")
    return redirect(url_for("auth.sign_in", next=None if here == "/" else safe_path(here)), 303)


def safe_path(wanted: str | None) -> str | None:
    """`wanted` when it is a path of ours, else None: nobody is sent to another site after signing in."""
    if not wanted or len(wanted) > 2000 or not wanted.isprintable() or "\\" in wanted:
        return None
    if not wanted.startswith("/") or wanted.startswith("//"):
        return None
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else None


def person() -> Person | None:
    """Who is signed in, or None."""
    found: Any = current_user
    return found._get_current_object() if found.is_authenticated else None


def known() -> Person:
    """Who is signed in, in a view whose guard let nobody else in."""
    found = person()
    assert found is not None
    return found


def _pending_name() -> str:
    return f"{cookie_name(_settings())}-code"


def _settings() -> Settings:
    settings: Settings = current_app.extensions["roomwire_settings"]
    return settings
