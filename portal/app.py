"""create_app(): read this first."""

from __future__ import annotations

from flask import Flask

from portal.config import Settings
from portal.extensions import db, redis, runtime


def create_app(settings: Settings) -> Flask:
    """The portal, told everything by `settings`; nothing else reads the environment."""
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": settings.database_pool,
            "max_overflow": 0,
            "pool_timeout": 3,
            "pool_pre_ping": True,
            "connect_args": {"application_name": "roomwire", "connect_timeout": 3},
        },
    )
    app.extensions["roomwire_settings"] = settings
    runtime.bind(settings)
    db.init_app(app)
    redis.bind(settings.redis_url)
    return app
