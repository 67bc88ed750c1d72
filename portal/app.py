"""create_app(): read this first."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import blueprints, cli
from portal.config import Settings
from portal.extensions import csrf, db, redis, runtime
from portal.web import (
    assets,
    cells,
    context,
    errors,
    filters,
    guards,
    headers,
    htmx,
    i18n,
    identity,
    onboarding_words,
    origin,
    rate_edit_words,
    shell,
    troubles,
    words,
)

# The largest form; the webhook route has a smaller limit of its own (WEBHOOK_BODY_LIMIT_BYTES).
LARGEST_BODY = 4 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def create_app(settings: Settings) -> Flask:
    """The portal, told everything by `settings`; nothing else reads the environment."""
    app = Flask("portal", root_path=str(assets.STATIC.parent / "portal"), template_folder="../templates",
                static_folder="../static")  # fmt: skip
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.config.update(configuration(settings))
    app.extensions["roomwire_settings"] = settings
    runtime.bind(settings)
    db.init_app(app)
    redis.bind(settings.redis_url)
    _install_web(app, settings)
    blueprints.register(app)
    cli.register(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def configuration(settings: Settings) -> dict[str, object]:
    """Flask's own settings."""
    secure = settings.in_production
    return {
        "SECRET_KEY": settings.secret_key,
        "DEBUG": settings.debug,
        "SQLALCHEMY_DATABASE_URI": settings.sqlalchemy_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": settings.database_pool,
            "max_overflow": 0,
            "pool_timeout": 3,
            "pool_pre_ping": True,
            "connect_args": {"application_name": "roomwire", "connect_timeout": 3},
        },
        "MAX_CONTENT_LENGTH": max(LARGEST_BODY, settings.webhook_body_limit_bytes),
        # A Host header of the sender's choice must not find its way into anything. Probes come by loopback.
        "TRUSTED_HOSTS": [urlsplit(settings.public_url).hostname or "", *LOOPBACK] if secure else None,
        # Flask's own cookie holds the form token and nothing else; who is signed in is in the session table.
        "SESSION_COOKIE_NAME": "__Host-roomwire-form" if secure else "roomwire-form",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=settings.session_days),
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session it is bound to
    }


def _install_web(app: Flask, settings: Settings) -> None:
    """The order matters: what is asked first before a request, and (backwards) what is said last after it."""
    headers.install(app, settings)
    assets.install(app)
    context.install(app)
    htmx.install(app)
    identity.install(app)
    i18n.install(app)
    csrf.init_app(app)
    origin.install(app, settings)
    errors.install(app)
    filters.install(app)
    shell.install(app)
    words.install(app)
    onboarding_words.install(app)
    troubles.install(app)
    cells.install(app)
    rate_edit_words.install(app)
    guards.open_to_all("Style sheets and scripts hold no secrets.")(app.view_functions["static"])
