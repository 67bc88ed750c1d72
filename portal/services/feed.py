"""Reading what a provider holds for us: page one again until it is empty; store, commit, then acknowledge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from portal import queue, tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db, runtime
from portal.models import Connection, ProviderFeed, SyncStatus, SyncType
from portal.models.base import new_id
from portal.services import connectors, inbox, sync_runs
from portal.services.connectors import Line
from providers.errors import NotFound, ProviderError
from providers.types import Message

log = structlog.get_logger()

MOST_PAGES = 200  # a feed that never empties is an alarm, not a loop
ACK_THREADS = 4


@dataclass
class Pulled:
    """What one reading brought. `error` is set when it ended early; what was stored stays stored."""

    stored: int = 0
    acknowledged: int = 0
    pages: int = 0
    error: ProviderError | None = None
    connections: set[tuple[UUID, UUID]] = field(default_factory=set)


def pull_connection(connection: Connection, line: Line, origin: str) -> Pulled:
    """Read the feed of one property until it is empty. Nothing is applied here."""
    pulled = Pulled()
    try:
        for _ in range(MOST_PAGES):
            page = line.connector.fetch_messages(connection.external_property_id)
            if not page.messages:
                break
            pulled.pages += 1
            with unit_of_work():
                pulled.stored += inbox.store(connection.id, page.messages, origin)
            done, error = _acknowledge(line, page.messages)
            with unit_of_work():
                inbox.acknowledged(connection.id, done)
            pulled.acknowledged += len(done)
            if error is not None:
                raise error
        else:
            log.error("feed_never_empties", connection_id=str(connection.id))
    except ProviderError as error:
        pulled.error = error
    return pulled


def fetch_missing(connection: Connection, line: Line, revision_ids: Iterable[str]) -> int:
    """Fetch revisions a delivery named and the feed no longer shows; return how many were stored."""
    stored = 0
    for revision_id in revision_ids:
        message = line.connector.fetch_message(revision_id)
        if message.external_property_id not in (None, connection.external_property_id):
            log.warning("revision_of_another_property", connection_id=str(connection.id))
            continue
        with unit_of_work():
            stored += inbox.store(connection.id, [message], "webhook")
    return stored


def pull_account(provider: str) -> Pulled | None:
    """Read a provider's account-wide feed for every tenant. None when another worker is at it.

    Messages of properties nobody has are quarantined and acknowledged: left in the feed they would
    fill its first page for ever.
    """
    if not _claim(provider):
        return None
    line = connectors.open_line(provider, {}, "account")
    pulled = Pulled()
    try:
        for _ in range(MOST_PAGES):
            page = line.connector.fetch_messages(None)
            if not page.messages:
                break
            pulled.pages += 1
            routed = _route(provider, page.messages)
            pulled.stored += _store_routed(provider, routed, pulled)
            done, error = _acknowledge(line, page.messages)
            pulled.acknowledged += len(done)
            _mark_acknowledged(routed, set(done))
            if error is not None:
                raise error
    except ProviderError as error:
        pulled.error = error
        log.warning("feed_pull_failed", provider=provider, reason=str(error))
    _release(provider, pulled.error)
    for organization_id, connection_id in pulled.connections:
        queue.ring_now("drain", organization_id, connection_id)
    return pulled


Routed = dict[inbox.Route | None, list[Message]]


def _route(provider: str, messages: Sequence[Message]) -> Routed:
    routed: Routed = {}
    for message in messages:
        external = message.external_property_id
        routed.setdefault(inbox.route_property(provider, external) if external else None, []).append(message)
    return routed


def _store_routed(provider: str, routed: Routed, pulled: Pulled) -> int:
    stored = 0
    for route, messages in routed.items():
        if route is None:
            with unit_of_work():
                stored += inbox.quarantine(provider, messages)
            log.warning("messages_without_owner", provider=provider, count=len(messages))
            continue
        with tenancy.of(route.organization_id):
            with unit_of_work():
                new = inbox.store(route.connection_id, messages, "feed")
                if new:
                    pulled.connections.add((route.organization_id, route.connection_id))
                    _note_missed(route, new)
            stored += new
    return stored


def _note_missed(route: inbox.Route, count: int) -> None:
    """A message the schedule found is one no webhook announced: people watch that number."""
    connection = db.session.scalar(select(Connection).where(Connection.id == route.connection_id))
    if connection is not None:
        run = sync_runs.begin(connection, SyncType.RESERVATION_PULL, "schedule", status=SyncStatus.IN_PROGRESS)
        sync_runs.finish(run, SyncStatus.COMPLETED, processed=count, summary={"messages": count, "missed": count})


def _mark_acknowledged(routed: Routed, done: set[str]) -> None:
    for route, messages in routed.items():
        if route is None:
            continue
        with tenancy.of(route.organization_id), unit_of_work():
            inbox.acknowledged(route.connection_id, [m.event_key for m in messages if m.event_key in done])


def _acknowledge(line: Line, messages: Sequence[Message]) -> tuple[list[str], ProviderError | None]:
    """Acknowledge each message; return the keys that were, and the first error.

    A few at a time: the OTA's clock for its fallback e-mail runs until the last one is done.
    """

    def one(message: Message) -> ProviderError | None:
        try:
            line.connector.acknowledge(message.event_key)
        except NotFound:
            return None  # gone from the feed already: as good as acknowledged
        except ProviderError as error:
            return error
        return None

    with ThreadPoolExecutor(ACK_THREADS) as threads:
        errors = list(threads.map(one, messages))
    done = [message.event_key for message, error in zip(messages, errors, strict=True) if error is None]
    return done, next((error for error in errors if error is not None), None)


def _claim(provider: str) -> bool:
    with unit_of_work():
        db.session.execute(
            insert(ProviderFeed).values(id=new_id(), provider=provider, attempts=0, error="").on_conflict_do_nothing()
        )
        row = db.session.execute(
            text(
                """
                update provider_feeds set leased_until = clock_timestamp() + interval '2 minutes'
                where provider = :provider and (leased_until is null or leased_until < clock_timestamp())
                returning provider
                """
            ),
            {"provider": provider},
        ).first()
    end_reading()
    return row is not None


def _release(provider: str, error: ProviderError | None) -> None:
    minutes = runtime.settings.pull_minutes if error is None else 1
    with unit_of_work():
        feed = db.session.scalar(select(ProviderFeed).where(ProviderFeed.provider == provider))
        if feed is None:
            return
        feed.leased_until = None
        feed.due_at = func.clock_timestamp() + timedelta(minutes=minutes)
        feed.error = str(error)[:500] if error else ""
        feed.attempts = feed.attempts + 1 if error else 0
        if error is None:
            feed.finished_at = func.clock_timestamp()


def account_feeds_due() -> list[str]:
    """The account-wide feeds whose time has come."""
    rows = db.session.scalars(
        select(ProviderFeed.provider).where(
            ProviderFeed.due_at <= func.clock_timestamp(),
            (ProviderFeed.leased_until.is_(None)) | (ProviderFeed.leased_until < func.clock_timestamp()),
        )
    ).all()
    return list(rows)
