"""The security headers of every answer, errors and files included."""

from __future__ import annotations

from flask import Flask, Response, request

from portal.config import Settings

# Everything comes from our own origin; nothing inline, nothing evaluated. `data:` are the drawings that
# Bootstrap's style sheet carries inside itself.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": the check of a form's origin reads it on https.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
# Answers that differ for htmx must not be mixed up by the browser's back button.
_VARY = "HX-Request"


def install(app: Flask, settings: Settings) -> None:
    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.in_production:
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
        if request.endpoint not in ("static", "vendor.file"):
            # Pages show guests: no cache on the way, and none in the browser, keeps a copy.
            response.headers["Cache-Control"] = "no-store"
            response.vary.add(_VARY)
        response.headers.pop("Server", None)
        return response
