"""Where channel managers post: stored, committed, answered, in that order.

Three addresses: `/webhooks/<key>` for one connection; `/api/webhooks/<provider>` for a provider's whole account
with the installation's secret; `/api/integrations/<provider>/webhook` with each connection's own. The last two are
routed by the property the body names. Unknown address and wrong secret get the same 401.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from portal.metrics import WEBHOOK_ANSWERS
from portal.services import inbox
from portal.services.errors import NotStored
from portal.web.guards import open_to_all
from providers.errors import Malformed, NotSupported
from providers.registry import CONNECTORS, connector_class
from providers.types import Message

bp = Blueprint("webhooks", __name__)

# Compared with when there is nothing to compare with, so that an unknown address takes as long.
NO_SECRET = "roomwire-no-such-secret"


@bp.get("/api/webhooks/<provider>")
@open_to_all("a provider's health check")
def health(provider: str) -> tuple[dict[str, str], int]:
    return {"status": "ok"}, 200


@bp.get("/webhooks/<key>")
@open_to_all("a provider's health check; says the same for every key")
def connection_health(key: str) -> tuple[dict[str, str], int]:
    return {"status": "ok"}, 200


@bp.post("/api/webhooks/<provider>")
@open_to_all("authenticated by the installation's webhook secret")
def receive_global(provider: str) -> Response:
    return _answered(provider if inbox.account_secret(provider) else "unknown", lambda: _receive_global(provider))


@bp.post("/api/integrations/<provider>/webhook")
@open_to_all("authenticated by the secret of the connection whose property the body names")
def receive_integration(provider: str) -> Response:
    return _answered("integration", lambda: _receive_integration(provider))


@bp.post("/webhooks/<key>")
@open_to_all("authenticated by the connection's webhook secret")
def receive(key: str) -> Response:
    return _answered("connection", lambda: _receive(key))


def _receive_global(provider: str) -> Response:
    body = _body()
    if not _proves(provider, body, inbox.account_secret(provider) or NO_SECRET):
        return _answer(401, "unauthorized")
    if not inbox.takes_webhooks(provider):
        return _answer(503, "paused", retry_after=300)
    external = _property_named(provider, body)
    route = inbox.route_property(provider, external) if external else None
    if route is None:
        inbox.keep_unrouted(provider, Message(inbox.body_key(body), external, None, body))
        return _answer(200, "kept")
    inbox.accept(route, _delivery(body, "global"))
    return _answer(200, "accepted")


def _receive(key: str) -> Response:
    body = _body()
    route = inbox.route_key(key)
    provider = route.provider if route else next(iter(CONNECTORS))
    return _accepted(route, provider, body, "connection")


def _receive_integration(provider: str) -> Response:
    """Routed by the property the body names, and proved by the secret of that very connection."""
    if inbox.account_secret(provider):
        return _receive_global(provider)
    body = _body()
    external = _property_named(provider, body)
    return _accepted(inbox.route_own(provider, external) if external else None, provider, body, "global")


def _accepted(route: inbox.Route | None, provider: str, body: bytes, way: str) -> Response:
    signed = inbox.signature_secret(provider)
    known = _proves(provider, body, signed or (route.secret if route else None) or NO_SECRET, signed=bool(signed))
    if route is None or not known:
        return _answer(401, "unauthorized")
    if not inbox.takes_webhooks(provider):
        return _answer(503, "paused", retry_after=300)
    inbox.accept(route, _delivery(body, way))
    return _answer(200, "accepted")


def _answered(provider: str, receive: Callable[[], Response]) -> Response:
    """Answer in any case; what is not stored is never a 2xx."""
    try:
        response = receive()
    except RequestEntityTooLarge:
        response = _answer(413, "too_large")
    except NotStored:
        response = _answer(503, "unavailable", retry_after=5)
    WEBHOOK_ANSWERS.labels(provider, str(response.status_code)).inc()
    return response


def _body() -> bytes:
    """The raw bytes, before anything parses them; capped also when the sender names no length."""
    request.max_content_length = inbox.body_limit()
    return request.get_data(cache=False)


def _proves(provider: str, body: bytes, secret: str, *, signed: bool = False) -> bool:
    try:
        connector = connector_class(provider)
    except NotSupported:
        return False
    return connector.verify_webhook(dict(request.headers), body, secret, signed=signed) and secret != NO_SECRET


def _property_named(provider: str, body: bytes) -> str | None:
    try:
        return connector_class(provider).parse_webhook(body).external_property_id
    except (Malformed, NotSupported):
        return None


def _delivery(body: bytes, route: str) -> inbox.Delivery:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return inbox.Delivery(body, headers, (request.remote_addr or "")[:64], route)


def _answer(status: int, word: str, *, retry_after: int | None = None) -> Response:
    response = Response(f'{{"status":"{word}"}}\n', status=status, mimetype="application/json")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
