"""What every job runs in: the application, a tenant, a name in the log; all of it gone afterwards."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from flask import Flask
from sqlalchemy.exc import InterfaceError, OperationalError

from portal import logs, tenancy
from portal.extensions import db
from portal.metrics import JOBS
from portal.services import audit

log = structlog.get_logger()

_app: Flask | None = None


def bind(app: Flask) -> None:
    """Called once by the worker's entry point, before any job."""
    global _app
    _app = app


def application() -> Flask:
    if _app is None:
        raise RuntimeError("jobs run in `python -m workers`, which loads the application first")
    return _app


def job(function: Callable[..., None]) -> Callable[..., None]:
    """Run a job in a fresh application context without a tenant.

    A database that is away is not an error of the job: its rows are due, and the sweep rings again.
    """

    @functools.wraps(function)
    def run(*arguments: Any) -> None:
        correlation_id = secrets.token_hex(8)
        logs.resume(correlation_id, job=function.__name__)
        with application().app_context(), audit.acting(audit.Actor(correlation_id=correlation_id)):
            outcome = "failed"
            try:
                function(*arguments)
                outcome = "done"
            except (OperationalError, InterfaceError) as error:
                outcome = "database_away"
                log.warning("database_away", reason=type(error.orig).__name__)
            finally:
                JOBS.labels(function.__name__, outcome).inc()
                tenancy.leave()
                db.session.remove()
                logs.end()

    return run


def for_tenant(function: Callable[..., None]) -> Callable[..., None]:
    """A job for one organization, named by its first argument and checked by PostgreSQL."""

    @job
    @functools.wraps(function)
    def run(organization_id: str, *arguments: Any) -> None:
        logs.bind(organization=organization_id)
        with tenancy.of(UUID(organization_id)):
            function(*arguments)

    return run
