"""The account-wide booking feed of a provider: whose turn it is, when it is read next, and what it tells.

Reading it is one call for the whole installation, so it also finds out whether a provider is back.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db, runtime
from portal.models import Connection, ProviderFeed
from portal.models.base import new_id
from portal.services import connectors
from providers.errors import ProviderError

log = structlog.get_logger()

PROBE_EVERY = timedelta(seconds=20)  # while a provider is away
LONGEST_PROBE = 300.0


def claim(provider: str) -> int | None:
    """Take the feed and return how often in a row it failed before; None while another worker has it."""
    with unit_of_work():
        db.session.execute(
            insert(ProviderFeed).values(id=new_id(), provider=provider, attempts=0, error="").on_conflict_do_nothing()
        )
        row = db.session.execute(
            text(
                """
                update provider_feeds set leased_until = clock_timestamp() + make_interval(secs => :seconds)
                where provider = :provider and (leased_until is null or leased_until < clock_timestamp())
                returning attempts
                """
            ),
            {"provider": provider, "seconds": _lease_seconds()},
        ).first()
    return row.attempts if row else None


def hold(provider: str) -> None:
    """Another term after each page: a worker that dies in between is replaced within one."""
    with unit_of_work():
        db.session.execute(
            text(
                "update provider_feeds set leased_until = clock_timestamp() + make_interval(secs => :seconds) "
                "where provider = :provider"
            ),
            {"provider": provider, "seconds": _lease_seconds()},
        )


def _lease_seconds() -> float:
    """Enough for a page and its acknowledgements, each of which may take its whole deadline."""
    return 2 * runtime.settings.lease_seconds


def release(provider: str, error: ProviderError | None) -> None:
    pause = timedelta(minutes=runtime.settings.pull_minutes) if error is None else _probe_after(error)
    with unit_of_work():
        feed = db.session.scalar(select(ProviderFeed).where(ProviderFeed.provider == provider))
        if feed is None:
            return
        feed.leased_until = None
        feed.due_at = func.clock_timestamp() + pause
        feed.error = str(error)[:500] if error else ""
        feed.attempts = feed.attempts + 1 if error else 0
        if error is None:
            feed.finished_at = func.clock_timestamp()


def _probe_after(error: ProviderError) -> timedelta:
    """The breaker may allow a call earlier than our own pace, and a provider's own wish may come later."""
    wait = getattr(error, "retry_after", None)
    return PROBE_EVERY if wait is None else timedelta(seconds=min(max(wait, 1.0), LONGEST_PROBE))


def probe_soon(provider: str) -> None:
    """A call failed: find out soon whether the provider is away as a whole; a helper, inside a unit of work."""
    db.session.execute(
        text("update provider_feeds set due_at = least(due_at, clock_timestamp() + :pause) where provider = :provider"),
        {"provider": provider, "pause": PROBE_EVERY},
    )


_WAKE = text(
    """
    update duties set retry_at = clock_timestamp() from connections as c
    where duties.organization_id = :organization and duties.attempts > 0 and duties.retry_at > clock_timestamp()
      and c.organization_id = duties.organization_id and c.id = duties.connection_id
      and c.provider = :provider and c.state in ('setting_up', 'active')
    returning duties.connection_id
    """
)


def wake(provider: str) -> None:
    """The provider is back: what waits for its next slow try is due now, for every tenant."""
    organizations = list(db.session.execute(text("select organization_id from all_organizations()")).scalars())
    end_reading()
    for organization_id in organizations:
        with tenancy.of(organization_id):
            with unit_of_work():
                woken = set(db.session.scalars(_WAKE, {"organization": organization_id, "provider": provider}))
            if woken:
                for connection in db.session.scalars(select(Connection).where(Connection.id.in_(woken))):
                    connectors.trust_again(connection)
                end_reading()
    log.info("provider_is_back", provider=provider)


def due() -> list[str]:
    """The account-wide feeds whose time has come."""
    rows = db.session.scalars(
        select(ProviderFeed.provider).where(
            ProviderFeed.due_at <= func.clock_timestamp(),
            (ProviderFeed.leased_until.is_(None)) | (ProviderFeed.leased_until < func.clock_timestamp()),
        )
    ).all()
    return list(rows)
