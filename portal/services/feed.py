"""Reading what a provider holds for us: page one again until it is empty; store, commit, then acknowledge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy import select

from portal import queue, tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db
from portal.models import Connection, SyncStatus, SyncType
from portal.services import connectors, inbox, provider_feeds, sync_runs
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
            _settle(connection, line, [message.event_key for message in page.messages], pulled)
        else:
            log.error("feed_never_empties", connection_id=str(connection.id))
        # A worker that died between the provider's word and our note of it leaves these; so does the feed,
        # which drops what it showed for too long. Saying it again does no harm.
        left = inbox.unacknowledged(connection.id)
        end_reading()
        if left:
            _settle(connection, line, left, pulled)
    except ProviderError as error:
        pulled.error = error
    return pulled


def _settle(connection: Connection, line: Line, keys: Sequence[str], pulled: Pulled) -> None:
    """Acknowledge and note which were; raises the first error after that."""
    done, error = _acknowledge(line, keys)
    with unit_of_work():
        inbox.acknowledged(connection.id, done)
    pulled.acknowledged += len(done)
    if error is not None:
        raise error


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
    failed_before = provider_feeds.claim(provider)
    if failed_before is None:
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
            done, error = _acknowledge(line, [message.event_key for message in page.messages])
            pulled.acknowledged += len(done)
            _mark_acknowledged(routed, set(done))
            if error is not None:
                raise error
            provider_feeds.hold(provider)
    except ProviderError as error:
        pulled.error = error
        log.warning("feed_pull_failed", provider=provider, reason=str(error))
    provider_feeds.release(provider, pulled.error)
    if failed_before and pulled.error is None:
        provider_feeds.wake(provider)
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


def _acknowledge(line: Line, keys: Sequence[str]) -> tuple[list[str], ProviderError | None]:
    """Acknowledge each of these; return the keys that were, and the first error.

    A few at a time: the OTA's clock for its fallback e-mail runs until the last one is done.
    """

    def one(key: str) -> ProviderError | None:
        try:
            line.connector.acknowledge(key)
        except NotFound:
            return None  # gone from the feed already: as good as acknowledged
        except ProviderError as error:
            return error
        return None

    with ThreadPoolExecutor(ACK_THREADS) as threads:
        errors = list(threads.map(one, keys))
    done = [key for key, error in zip(keys, errors, strict=True) if error is None]
    return done, next((error for error in errors if error is not None), None)
