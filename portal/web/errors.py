"""Every error page, made in one place: a sentence, and the next click.

A page for people, a fragment for htmx, one JSON object for machines. A stranger's thing and a missing
one give the same bytes, so nothing of the request, and no id, stands on the 404 page.
"""

from __future__ import annotations

from typing import Any

import psycopg
import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask.globals import request_ctx
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from portal.extensions import db
from portal.services.attempts import TooManyAttempts
from portal.services.errors import NotFound, Refused
from portal.services.passwords import Busy
from portal.web import htmx, refusals

log = structlog.get_logger()

MACHINES = ("/api/", "/webhooks/", "/health/", "/metrics")
RETRY_SECONDS = 5


def install(app: Flask) -> None:
    app.register_error_handler(HTTPException, refused_request)
    app.register_error_handler(CSRFError, expired_form)
    app.register_error_handler(NotFound, lambda error: page(404))
    app.register_error_handler(TooManyAttempts, too_many)
    app.register_error_handler(Busy, lambda error: _retry(503, 2))
    app.register_error_handler(Refused, refused_act)
    for away in (OperationalError, PoolTimeout, psycopg.OperationalError):
        app.register_error_handler(away, database_away)
    app.register_error_handler(Exception, broken)


def refused_request(error: HTTPException) -> AnyResponse:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    answer = page(code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def expired_form(error: CSRFError) -> AnyResponse:
    log.info("form_refused", reason=str(error.description))
    return page(403, "form")


def refused_act(error: Refused) -> AnyResponse:
    """A rule of the trade that the view did not turn into a message at its field."""
    db.session.rollback()
    return page(409, sentence=refusals.said(error))


def too_many(error: TooManyAttempts) -> AnyResponse:
    return _retry(429, error.wait)


def database_away(error: Exception) -> AnyResponse:
    log.error("database_away", reason=type(error).__name__)
    _roll_back()
    return _retry(503, RETRY_SECONDS)


def broken(error: Exception) -> AnyResponse:
    """A mistake of ours. The number leads whoever reports it to the log line."""
    log.exception("broken", error=type(error).__name__)
    _roll_back()
    return page(500)


def page(code: int, kind: str = "", sentence: str = "") -> AnyResponse:
    title, words = _words(kind or str(code))
    values: dict[str, Any] = {
        "code": code,
        "title": title,
        "sentence": sentence or words,
        "reference": g.get("correlation_id", "") if code >= 500 else "",
    }
    if request.path.startswith(MACHINES):
        return make_response(jsonify(error=str(values["sentence"])), code)
    if request_ctx.url_adapter is None:  # the host is not ours, so no page with links can be made for it
        return Response(f"{title}\n", code, mimetype="text/plain")
    template = "errors/_part.html" if htmx.is_htmx() else "errors/page.html"
    return make_response(render_template(template, **values), code)


def _retry(code: int, seconds: int) -> AnyResponse:
    answer = page(code)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _roll_back() -> None:
    try:
        db.session.rollback()
    except (OperationalError, psycopg.OperationalError):
        db.session.remove()  # the connection is gone, and with it the transaction


def _words(kind: str) -> tuple[str, str]:
    known = {
        "400": (gettext("This request was not understood"), gettext("Go back and try again.")),
        "401": (gettext("You are signed out"), gettext("Sign in again to go on.")),
        "403": (
            gettext("You may not do this here"),
            gettext("Your role does not allow it. An owner of the organization can change that."),
        ),
        "404": (
            gettext("This page is not here"),
            gettext("It may have been moved or removed, or it belongs to somebody else."),
        ),
        "405": (gettext("This does not work that way"), gettext("Go back and use the buttons of the page.")),
        "409": (gettext("This was not done"), gettext("Something else changed meanwhile. Look again, then decide.")),
        "413": (gettext("This is too large"), gettext("Send less at once.")),
        "429": (
            gettext("Too many attempts"),
            gettext("Wait a few minutes, then try again. Nothing is lost meanwhile."),
        ),
        "503": (
            gettext("Roomwire is catching its breath"),
            gettext("The page cannot be shown at this moment. What was saved stays saved. Try again in a few seconds."),
        ),
        "form": (
            gettext("This form has expired"),
            gettext("You signed in or out since it was shown, or it came from another site. Nothing was changed. "
                    "Open the page again and repeat it."),
        ),
    }  # fmt: skip
    return known.get(
        kind,
        (
            gettext("Something went wrong here"),
            gettext("This is our mistake. What was saved before stays saved, and the channels are still served."),
        ),
    )
