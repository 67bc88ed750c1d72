"""A second look at forms: where they were sent from. The form token is the first."""

from __future__ import annotations

from flask import Flask, g, request
from flask_wtf.csrf import CSRFError

from portal.config import Settings


def install(app: Flask, settings: Settings) -> None:
    """Must come after the CSRF extension: it looks at the requests whose token that one demanded."""

    @app.before_request
    def check() -> None:
        if not g.get("csrf_valid"):
            return
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin not in (settings.public_url.rstrip("/"), request.host_url.rstrip("/"))
        if foreign or request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            raise CSRFError("The form came from another site.")
