"""What the application shares: made here, bound in `create_app`."""

from __future__ import annotations

from flask_babel import Babel
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from portal.config import Settings
from portal.crypto import Keyring


class Base(DeclarativeBase):
    """Constraint names are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# What a use case loaded stays readable after its commit; nothing is re-read behind a template.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()


class RedisHandle:
    """The one Redis client of this process; `client` is set by `create_app`.

    Redis is a doorbell: short timeouts, because nothing may wait for it.
    """

    client: Redis

    def bind(self, url: str, *, blocking: bool = False) -> None:
        """`blocking` is for a worker, which waits at its queues: RQ widens the time-out by itself."""
        # redis-py retries for seconds by itself; a web request has no seconds to give.
        retry = None if blocking else Retry(NoBackoff(), 1)
        self.client = Redis.from_url(
            url,
            socket_timeout=None if blocking else 2.0,
            socket_connect_timeout=1.0,
            health_check_interval=30,
            **({"retry": retry} if retry else {}),
        )


class Runtime:
    """What this process was told at its start: rooms that may not know Flask read it here."""

    settings: Settings
    keyring: Keyring

    def bind(self, settings: Settings) -> None:
        self.settings = settings
        self.keyring = Keyring(settings.master_keys)


redis = RedisHandle()
runtime = Runtime()
