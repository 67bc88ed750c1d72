"""Whether this process may serve: the role, the schema, Redis, the keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog
from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal import tenancy
from portal.config import ConfigError, check_database_role, check_redis_policy
from portal.crypto import CryptoError
from portal.extensions import db, redis
from portal.models.keys import DATA, forget_keys, key_for

log = structlog.get_logger()

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


@dataclass(frozen=True)
class Readiness:
    """`status`: ready, degraded (works, but without the doorbell), unready. `checks`: one word each."""

    status: str
    checks: dict[str, str]

    @property
    def serves(self) -> bool:
        return self.status != "unready"


@cache
def newest_revision() -> str:
    """The schema this code was written for."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head() or ""


def ready() -> Readiness:
    """Look at what a request needs. Pages and webhooks work without Redis: workers then find work by sweeping."""
    checks = {"postgresql": _word(_check_database), "redis": _word(_check_redis)}
    if checks["postgresql"] != "ok":
        return Readiness("unready", checks)
    return Readiness("ready" if checks["redis"] == "ok" else "degraded", checks)


def refuse_unsafe_start() -> None:
    """Raise `ConfigError` when serving would be unsafe. A server that is away is no such reason: it may come back."""
    problems: list[str] = []
    for check in (check_role, check_schema, check_keys, check_policy):
        try:
            check()
        except ConfigError as error:
            problems += error.problems
        except (SQLAlchemyError, RedisError) as error:
            log.warning("start_check_skipped", check=check.__name__, reason=type(error).__name__)
            db.session.rollback()
    db.session.rollback()
    if problems:
        raise ConfigError(problems)


def check_role() -> None:
    query = text("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
    check_database_role(*db.session.execute(query).one())


def check_schema() -> None:
    """The code must know the schema. A schema ahead of the code is a deployment in progress, and fine."""
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    exists = db.session.execute(text("select to_regclass('alembic_version')")).scalar_one()
    found = db.session.execute(text("select version_num from alembic_version")).scalar() if exists else None
    if found is None:
        raise ConfigError(["The database has no tables yet. Run: alembic upgrade head"])
    if found in known and found != newest_revision():
        raise ConfigError(
            [f"The database is at revision {found}, this code needs {newest_revision()}. Run: alembic upgrade head"]
        )
    if found not in known:
        log.warning("schema_ahead", found=found, known=newest_revision())


def check_keys() -> None:
    """A wrong master key must be noticed before something is sealed with it."""
    organization_id = db.session.execute(text("select organization_id from all_organizations() limit 1")).scalar()
    if organization_id is None:
        return
    forget_keys()
    try:
        with tenancy.of(organization_id):
            key_for(organization_id, DATA)
    except CryptoError as error:
        raise ConfigError([f"ROOMWIRE_MASTER_KEYS does not open what is stored: {error}."]) from None


def check_policy() -> None:
    policy = redis.client.config_get("maxmemory-policy")
    check_redis_policy(str(policy.get("maxmemory-policy", "noeviction")))


def _check_database() -> None:
    check_role()
    check_schema()


def _check_redis() -> None:
    redis.client.ping()


def _word(check: Callable[[], None]) -> str:
    """`ok`, `away` or `unfit`; the reason goes to the log, not to whoever asks."""
    try:
        check()
        return "ok"
    except ConfigError as error:
        log.error("unfit", check=check.__name__, problems=error.problems)
        return "unfit"
    except (SQLAlchemyError, RedisError) as error:
        log.warning("away", check=check.__name__, reason=type(error).__name__)
        return "away"
    finally:
        db.session.rollback()
