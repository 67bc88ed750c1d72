"""Addresses of our own and of third-party browser files; the content is in the address, so both cache for a year."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request, url_for

from portal.extensions import runtime

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"
STATIC = Path(__file__).resolve().parents[2] / "static"
# The only third-party files that are served, by the name our templates use.
VENDOR = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "bootstrap.css": "bootstrap/dist/css/bootstrap.min.css",
    "uplot.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
}
_YEAR = "public, max-age=31536000, immutable"


def install(app: Flask) -> None:
    app.jinja_env.globals.update(asset=asset, vendor=vendor)

    @app.after_request
    def cache(response: Response) -> Response:
        if request.endpoint in ("static", "vendor.file"):
            exact = "v" in request.args or request.endpoint == "vendor.file"
            response.headers["Cache-Control"] = _YEAR if exact and response.status_code == 200 else "no-cache"
        return response


def asset(name: str) -> str:
    """The address of a file of ours under static/."""
    return url_for("static", filename=name, v=digest(STATIC / name))


def vendor(name: str) -> str:
    """The address of a third-party file of the list above."""
    return url_for("vendor.file", digest=digest(NODE_MODULES / VENDOR[name]), name=name)


def digest(path: Path) -> str:
    """Twelve hex digits of the file's content; looked at again when the file changes, in production never."""
    if runtime.settings.in_production:
        return _digest(path, 0)
    return _digest(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=256)
def _digest(path: Path, changed: int) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12] if path.exists() else "missing"
