"""What is bound at the start of every request and let go at its end, whatever happens between."""

from __future__ import annotations

from contextlib import ExitStack
from time import monotonic

import structlog
from flask import Flask, Response, g, request

from portal import logs, metrics, tenancy
from portal.extensions import db
from portal.services import audit

log = structlog.get_logger()

# Kept on `g` by us and by the extensions. A context that outlives a request (tests, the shell) must not
# carry one person's answers into the next one's request.
_OF_ONE_REQUEST = (
    "_login_user", "csrf_token", "csrf_valid", "place", "office", "organization", "membership", "property", "works_for",
    "signed_in", "choices", "sandbox", "onboarding_way",
)  # fmt: skip
# Asked every few seconds by machines; a line for each would bury the rest.
_QUIET = {"health.live", "health.ready", "health.figures", "static", "vendor.file"}


def install(app: Flask) -> None:
    app.before_request(begin)
    app.after_request(note)
    app.teardown_request(end)


def begin() -> None:
    for name in _OF_ONE_REQUEST:
        g.pop(name, None)
    g.started = monotonic()
    g.stack = ExitStack()
    g.correlation_id = logs.begin(method=request.method, endpoint=request.endpoint or "none")
    g.stack.callback(logs.end)
    act_as("system")


def act_as(kind: str, user_id: object = None, name: str = "") -> None:
    """From here on, to the end of the request, what is done is done by this one."""
    actor = audit.Actor(
        kind=kind,
        id=user_id,  # type: ignore[arg-type]
        name=name,
        address=request.remote_addr or "",
        correlation_id=g.correlation_id,
    )
    g.stack.enter_context(audit.acting(actor))


def work_for(organization_id: object) -> None:
    """From here on, to the end of the request, the tenant is this organization."""
    g.stack.enter_context(tenancy.of(organization_id))  # type: ignore[arg-type]
    logs.bind(organization=str(organization_id))


def note(response: Response) -> Response:
    """One line and two figures for each answer."""
    seconds = monotonic() - g.started if "started" in g else 0.0
    endpoint = request.endpoint or "none"
    method = request.method if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} else "other"
    metrics.HTTP_REQUESTS.labels(endpoint, method, str(response.status_code)).inc()
    metrics.HTTP_SECONDS.labels(endpoint).observe(seconds)
    if endpoint not in _QUIET or response.status_code >= 500:
        log.info("answered", status=response.status_code, milliseconds=round(seconds * 1000))
    return response


def end(error: BaseException | None = None) -> None:
    """Leave no transaction, tenant, actor or log field behind for the thread's next request."""
    stack = g.pop("stack", None)
    if stack is None:
        return
    if error is not None or db.session.new or db.session.dirty or db.session.deleted:
        db.session.rollback()
    stack.close()
