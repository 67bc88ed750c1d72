"""Third-party browser files: from our own origin, out of the locked dependencies, and only those we use."""

from __future__ import annotations

from flask import Blueprint, Response, abort, send_from_directory

from portal.web import assets
from portal.web.guards import open_to_all

bp = Blueprint("vendor", __name__)


@bp.get("/vendor/<digest>/<name>")
@open_to_all("Public libraries hold no secrets.")
def file(digest: str, name: str) -> Response:
    path = assets.VENDOR.get(name)
    if path is None or digest != assets.digest(assets.NODE_MODULES / path):
        abort(404)
    return send_from_directory(assets.NODE_MODULES, path)
