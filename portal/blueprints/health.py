"""For machines: alive, ready, figures."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request

from portal import metrics
from portal.services import health, platform
from portal.web import identity
from portal.web.guards import open_to_all

bp = Blueprint("health", __name__)

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
LOOPBACK = ("127.0.0.1", "::1")


@bp.get("/health/live")
@open_to_all("Says only that the process runs.")
def live() -> Any:
    return jsonify(status="alive")


@bp.get("/health/ready")
@open_to_all("Says one word for each part, and no reason.")
def ready() -> Any:
    """503 without a fit PostgreSQL. Without Redis still 200, and `degraded`: pages, webhooks and workers go on."""
    found = health.ready()
    return jsonify(status=found.status, checks=found.checks), 200 if found.serves else 503


@bp.get("/metrics")
@open_to_all("Guarded by itself: the machine, a platform admin, or the scraper's token.")
def figures() -> Any:
    if not (_is_local() or _has_token() or _is_admin()):
        abort(404)
    settings = current_app.extensions["roomwire_settings"]
    text = metrics.exposition(platform.work_ages_or_none(), settings.prometheus_multiproc_dir)
    return Response(text, content_type=metrics.CONTENT_TYPE)


def _is_local() -> bool:
    """Straight from this machine. What a proxy on it passes on comes from loopback too, but says so."""
    return request.remote_addr in LOOPBACK and not any(name in request.headers for name in FORWARDED)


def _has_token() -> bool:
    expected = f"Bearer {metrics.scrape_token(current_app.config['SECRET_KEY'])}"
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _is_admin() -> bool:
    who = identity.person()
    return who is not None and who.is_platform_admin
